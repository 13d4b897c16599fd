// What lies outside goes wrong: names that nobody answers or that come back as nonsense, a network that is late,
// a disk that is full. In namespaces of its own, where port 53, /etc/resolv.conf and a small disk are the test's.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { begin, ended, line, look, results, sdk } from './batch.mjs';
import { Gateway, Upstream, freshFolder, model, sleep, until } from './harness.mjs';
import { chat, once } from './wire.mjs';

const ID = { id: 'gpt-4.1-mini' };
const NAME = 'elsewhere.example'; // of the certificate `othername`
const CONNECT_MS = 1000;
const AT_ONCE_MS = 500;

// ---- a name server on port 53 ----

// The question comes back with the answer: an address (127.0.0.1) for type A, none for AAAA.
function goodAnswer(question) {
  const end = question.indexOf(0, 12) + 5;
  const isA = question.readUInt16BE(end - 4) === 1;
  const head = Buffer.concat([question.subarray(0, 2), Buffer.from([0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0])]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([head, question.subarray(12, end), isA ? record : Buffer.alloc(0)]);
}

function changed(answer, at, value) {
  const copy = Buffer.from(answer);
  copy[at] = value;
  return copy;
}

const NONSENSE = {
  'nothing at all': () => null,
  'random bytes': () => Buffer.from(Array.from({ length: 100 }, (_, i) => (i * 151 + 7) % 256)),
  'an answer to another question': (question) => changed(goodAnswer(question), 0, question[0] ^ 0x55),
  'an answer cut short': (question) => goodAnswer(question).subarray(0, 20),
  'an answer that points to itself': (question) => changed(goodAnswer(question), 12, 0xc0),
  'that the server failed': (question) => changed(goodAnswer(question), 3, 0x82),
  'that there is no such name': (question) => changed(goodAnswer(question), 3, 0x83),
};

async function nameServer() {
  const socket = dgram.createSocket('udp4');
  const server = { answer: goodAnswer, close: () => new Promise((done) => socket.close(done)) };
  socket.on('message', (question, from) => {
    const answer = server.answer(question);
    if (answer !== null) {
      socket.send(answer, from.port, from.address);
    }
  });
  await new Promise((done) => socket.bind(53, '127.0.0.1', done));
  return server;
}

// The model list is asked for from the start, so by now it is known that nobody answers.
async function refused(gateway) {
  await sleep(CONNECT_MS + 200);
  const start = Date.now();
  const { status, said } = await chat(gateway.port, 'm', 'hi', {}, { ms: 20000 });
  assert.ok(status === 503 || status === 502, `${status}`);
  assert.match(said.error.message, new RegExp(NAME));
  assert.equal((await once(gateway.port, 'GET', '/health')).status, 200);
  return { status, ms: Date.now() - start, remark: `${status}: ${said.error.message}` };
}

async function heals(gateway) {
  const start = Date.now();
  await until('a good answer', async () => (await chat(gateway.port, 'm', 'hi')).status === 200, 15000, 100);
  return `after ${Date.now() - start} ms`;
}

async function names(suite, upstream) {
  const away = { endpoint: `https://${NAME}:${upstream.port}/api/v1/stream/chat` };
  const start = () => Gateway.start(model('m', away, ID), { timeouts: `connect_ms = ${CONNECT_MS}\n` });
  for (const [what, answer] of Object.entries(NONSENSE)) {
    const server = await nameServer();
    server.answer = answer;
    const gateway = await start();
    await suite.test(`the name server says ${what}: an error at once, /health answers`, async () => {
      const { ms, remark } = await refused(gateway);
      assert.ok(ms <= AT_ONCE_MS, `${ms} ms`);
      return `${ms} ms, ${remark}`;
    });
    await suite.test('and good answers heal it, without a restart', async () => {
      server.answer = goodAnswer;
      return heals(gateway);
    });
    await suite.test('what was good is kept while the server talks nonsense again', async () => {
      server.answer = answer;
      for (let i = 0; i < 3; i++) {
        assert.equal((await chat(gateway.port, 'm', '@@close-after hi')).said.text, 'You said: hi');
      }
    });
    await gateway.stop();
    await server.close();
  }
}

// ---- no network yet ----

async function late(suite, upstream) {
  const away = { endpoint: `https://${NAME}:${upstream.port}/api/v1/stream/chat` };
  writeFileSync('/etc/resolv.conf', '');
  const gateway = await Gateway.start(model('m', away, ID), { timeouts: `connect_ms = ${CONNECT_MS}\n` });
  await suite.test('started before there is a name server: 503 at once, /health answers', async () => {
    const { ms, remark } = await refused(gateway);
    assert.ok(ms <= AT_ONCE_MS, `${ms} ms`);
    return `${ms} ms, ${remark}`;
  });
  await suite.test('when an address and a name server come (DHCP) it heals, without a restart', async () => {
    const server = await nameServer();
    writeFileSync('/etc/resolv.conf', 'nameserver 127.0.0.1\n');
    const remark = await heals(gateway);
    await server.close();
    return remark;
  });
  await gateway.stop();
}

// ---- a full disk ----

const CLOCK_MS = 20; // the kernel's stamps lag behind that much at the most
const full = /no room on the disk: not saved/;

function disk(size = '64k') {
  const folder = freshFolder('disk');
  mkdirSync(`${folder}/state`);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', `${folder}/state`]);
  assert.equal(status, 0, `${stderr}`);
  return folder;
}

function fill(folder) {
  spawnSync('dd', ['if=/dev/zero', `of=${folder}/state/filler`, 'bs=4k']);
}

async function disks(suite, upstream) {
  for (const before of [true, false]) {
    const folder = disk();
    if (before) {
      fill(folder);
    }
    const options = { folder, gateway: 'state_flush_s = 1\n' };
    const gateway = await Gateway.start(model('m', upstream, { ...ID, more: 'models_ttl_s = 1\n' }), options);
    if (!before) {
      await chat(gateway.port, 'm', 'hi');
      fill(folder);
    }
    await suite.test(`the disk is full ${before ? 'at the start' : 'later'}: chats go on, and it says so`, async () => {
      assert.equal((await chat(gateway.port, 'm', 'hi')).said.text, 'You said: hi');
      await until('the log line', () => full.test(gateway.log()), 10000, 50);
      assert.equal((await once(gateway.port, 'GET', '/health')).status, 200);
      assert.equal((await chat(gateway.port, 'm', 'hi', { stream: true })).said.text, 'You said: hi');
    });
    await suite.test('when there is room again it stops in order, and has saved', async () => {
      rmSync(`${folder}/state/filler`);
      const room = Date.now() - CLOCK_MS;
      await sleep(1500);
      assert.equal((await gateway.stop()).code, 0);
      const files = readdirSync(`${folder}/state`).map((name) => ({ name, ...statSync(`${folder}/state/${name}`) }));
      const said = files.map(({ name, size, mtimeMs }) => `${name}: ${size} bytes, ${Math.round(mtimeMs - room)} ms`).join('; ');
      assert.ok(files.some(({ name, size }) => name === 'identity' && size > 0), said);
      // The list is a second old by now, so it is fetched and saved again.
      assert.ok(files.some(({ name, size, mtimeMs }) => /^models-/.test(name) && size > 0 && mtimeMs >= room), said);
      return said;
    });
  }
}

const LINES = 60;

async function fullForABatch(suite, upstream) {
  const folder = disk('1m');
  const gateway = await Gateway.start(model('m', upstream, ID), { folder, gateway: '[gateway.observability]\nenabled = false\n' });
  const client = sdk(gateway);
  await suite.test('the disk is full in the middle of a batch: it waits, says so, and loses no line', async () => {
    const batch = await begin(client, Array.from({ length: LINES }, (_, i) => line(`c${i}`, 'm', `@@words=200 @@gap=1 number ${i}`)));
    await until('some answers', async () => (await look(client, batch)).request_counts.completed > 3, 20000);
    fill(folder);
    const waiting = await until('it to wait', async () => {
      const now = await look(client, batch);
      return now.moongate?.waiting_for === 'room on the disk' && now;
    }, 20000);
    assert.ok(waiting.request_counts.completed < LINES);
    assert.match(gateway.log(), /WARN a batch waits batch=batch_\w+ for="room on the disk"/);
    assert.equal((await chat(gateway.port, 'm', 'hi')).said.text, 'You said: hi');
    rmSync(`${folder}/state/filler`);
    const end = await ended(client, batch, 40000);
    assert.deepEqual([end.status, end.request_counts], ['completed', { total: LINES, completed: LINES, failed: 0 }]);
    const ids = (await results(client, end.output_file_id)).map((one) => one.custom_id);
    assert.equal(ids.length, LINES);
    assert.equal(new Set(ids).size, LINES);
    return `after ${waiting.request_counts.completed} of ${LINES} lines`;
  }, 90000);
  await gateway.stop();
}

// ---- namespaces ----

// The same file once more, as root of namespaces of its own; its tests count here.
async function inside(suite) {
  const words = ['-Urmn', 'sh', '-c', 'ip link set lo up && exec node test/e2e/main.mjs outside'];
  if (spawnSync('unshare', ['-Urmn', 'sh', '-c', 'ip link set lo up && mount -t tmpfs none /mnt']).status !== 0) {
    suite.skip('outside', 'no namespaces are to be had here');
    return;
  }
  const env = { ...process.env, MOONGATE_INSIDE: '1' };
  // Other test files go on meanwhile, in this very process.
  const stdout = await new Promise((done) => {
    execFile('unshare', words, { encoding: 'utf8', env, timeout: 300000 }, (error, said) => done(said));
  });
  const lines = stdout.trim().split('\n');
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(lines.at(-1)) ?? [0, 0, 1];
  console.log(lines.slice(1, -1).join('\n'));
  suite.passed += Number(passed);
  suite.failed += Number(failed);
}

export default async function outside(suite) {
  if (process.env.MOONGATE_INSIDE !== '1') {
    await inside(suite);
    return;
  }
  const file = `${freshFolder('outside')}/resolv.conf`;
  writeFileSync(file, 'nameserver 127.0.0.1\n');
  assert.equal(spawnSync('mount', ['--bind', file, '/etc/resolv.conf']).status, 0);
  const upstream = await Upstream.start({ cert: 'othername' });
  const here = await Upstream.start();
  await late(suite, upstream);
  await names(suite, upstream);
  await disks(suite, here);
  await fullForABatch(suite, here);
  await upstream.stop();
  await here.stop();
}
