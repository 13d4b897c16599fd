// The firmware in QEMU: what only a board without an operating system can be asked.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { gunzipSync } from 'node:zlib';
import small from '../e2e/small.test.mjs';
import { CERTS, Gateway, MOONGATE, Suite, Upstream, freePort, freshFolder, model, sleep, until } from '../e2e/harness.mjs';
import { CHAT, Wire, chat, chatBody, isError, once, read, request } from '../e2e/wire.mjs';
import { readFileSync, writeFileSync } from 'node:fs';

const KIB = 1024;
const FLASH_BYTES = 272 * KIB;
const PAGE_BYTES = 40 * KIB; // may come on top
const PAGE_MS = 1000;
const RAM_BYTES = 256 * KIB;
const STACK_MARGIN_BYTES = KIB;
const SEGMENT_BLOCKS = 6;
const ARENA_MARGIN_BYTES = 2 * KIB;
const BOOT_MS = 2000;
const CHATS = process.env.MOONGATE_ALL === '1' ? 10000 : 300;
const CLOSE_EVERY = 10;
const CONNECTION_BYTES = 24 * KIB;
const ID = { id: 'gpt-4.1-mini' };

// ---- programs of their own ----

function emulate(firmware, word) {
  const words = word === undefined ? '' : `,arg=fw,arg=${word}`;
  const args = ['-M', 'mps2-an385', '-display', 'none', '-monitor', 'none', '-serial', 'none',
    '-semihosting-config', `enable=on,target=native${words}`, '-kernel', firmware];
  const { status, stderr } = spawnSync('qemu-system-arm', args, { encoding: 'utf8', timeout: 60000 });
  return { status, text: stderr };
}

const FAULTS = [
  ['null-read', 'a read through NULL'],
  ['null-write', 'a write through NULL'],
  ['code-write', 'a write to the flash'],
  ['stack', 'a stack that is too deep'],
  ['run-data', 'data that is run'],
];

async function programs(suite) {
  await suite.test('the unit tests of base, json and http on a Cortex-M3', async () => {
    const { status, text } = emulate(process.env.UNIT_BARE);
    const [, passed, failed] = /(\d+) passed, (\d+) failed/.exec(text) ?? assert.fail(text);
    assert.deepEqual([status, failed, Number(passed) > 0], [0, '0', true], text);
    return `${passed} tests`;
  });
  await suite.table(FAULTS, ([, what]) => `${what} is reported, and ends it with status 98`, async ([word]) => {
    const { status, text } = emulate(process.env.UNIT_BARE, word);
    assert.equal(status, 98, text);
    assert.match(text, /moongate: fault status [0-9a-f]{8}/);
  });
  await suite.test('a bad configuration is refused with status 2 and a line', async () => {
    const file = `${freshFolder('bare')}/bad.ini`;
    writeFileSync(file, '[gateway]\nbind_address = "127.0.0.1:3999"\nnonsense = 1\n');
    const { status, stderr } = spawnSync(MOONGATE, ['-c', file], { encoding: 'utf8', timeout: 10000 });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /:\d+: .*nonsense/);
  });
}

// ---- memory ----

// {name: [used, most, all]} as the firmware tells it.
async function memory(gateway) {
  const count = () => gateway.log().split(' INFO memory ').length;
  const before = count();
  gateway.child.kill('SIGUSR1');
  await until('the memory line', () => count() > before && gateway.log().endsWith('\n'));
  const line = gateway.log().split(' INFO memory ').at(-1).split('\n')[0];
  return Object.fromEntries(line.split(' ').map((pair) => {
    const [name, values] = pair.split('=');
    return [name, values.split('/').map(Number)];
  }));
}

async function sizes(suite) {
  const upstream = await Upstream.start();
  const start = Date.now();
  const gateway = await Gateway.start(model('m', upstream, ID));
  await suite.test(`boot to the first chat's answer in ${BOOT_MS} ms`, async () => {
    assert.equal((await chat(gateway.port, 'm', 'hi')).said.text, 'You said: hi');
    const took = Date.now() - start;
    assert.ok(took < BOOT_MS, `${took} ms`);
    return `${took} ms with QEMU's own start, discovery and a full handshake`;
  });
  const { flash, ram } = await memory(gateway);
  let page = 0;
  await suite.test(`the page comes within ${PAGE_MS} ms`, async () => {
    const before = Date.now();
    const { status, headers, body } = await once(gateway.port, 'GET', '/', { fields: { 'accept-encoding': 'gzip' } });
    const took = Date.now() - before;
    assert.equal(status, 200);
    page = Number(headers['content-length']);
    assert.ok(gunzipSync(body).toString().includes('</html>'));
    assert.ok(page <= PAGE_BYTES, `${page} bytes`);
    assert.ok(took <= PAGE_MS, `${took} ms`);
    return `${page} bytes in ${took} ms`;
  });
  await suite.test(`flash: ${FLASH_BYTES} bytes at the most, besides the page`, async () => {
    assert.ok(flash[0] - page <= FLASH_BYTES, `${flash[0]}, of which ${page} are the page`);
    return `${flash[0]} bytes`;
  });
  await suite.test(`RAM: ${RAM_BYTES} bytes at the most, stack and all`, async () => {
    assert.ok(ram[0] <= RAM_BYTES, `${ram[0]}`);
    return `${ram[0]} bytes`;
  });
  await gateway.stop();
  await upstream.stop();
}

// Each a chat on a connection of its own; now and then the service closes, so that the next one shakes hands.
async function some(port, count) {
  for (let i = 0; i < count; i++) {
    const how = i % CLOSE_EVERY === 0 ? '@@close-after ' : '';
    const { said, status, text } = await chat(port, 'm', `${how}hello ${i}`, { stream: i % 2 === 0 });
    assert.equal(said.text, `You said: hello ${i}`, `${i}: ${status} ${text}`);
  }
}

async function endurance(suite, args, version) {
  const upstream = await Upstream.start({ args });
  const gateway = await Gateway.start(model('m', upstream, ID), { gateway: 'log_level = "warn"' });
  await suite.test(`${CHATS} chats in a row over TLS ${version}, with flat memory`, async () => {
    const looks = [];
    const look = async () => {
      looks.push(await memory(gateway));
      return looks.at(-1);
    };
    await Promise.all([0, 1].map(() => chat(gateway.port, 'm', '@@words=100 @@gap=20')));
    await some(gateway.port, 2 * CLOSE_EVERY);
    await look();
    const start = Date.now();
    await some(gateway.port, CHATS / 2);
    await look();
    await some(gateway.port, CHATS / 2);
    const took = Date.now() - start;
    const end = await look();
    const told = looks.map(({ tls, records }) => `${tls[0]} (${records[0]} connections), ${tls[1]} at the most`).join('; ');
    for (const { tls, records } of looks) { // one or two connections are kept, as it happens
      assert.ok(tls[0] <= records[0] * CONNECTION_BYTES, told);
      assert.equal(tls[1], looks[0].tls[1], told);
    }
    assert.equal(end.refused[0], 0, 'the arena was never used up');
    assert.ok(end.stack[1] <= end.stack[2] - STACK_MARGIN_BYTES, `stack ${end.stack[1]} of ${end.stack[2]}`);
    const { handshakes } = await upstream.stats();
    assert.ok(handshakes.full <= 2 && handshakes.resumed >= CHATS / CLOSE_EVERY, JSON.stringify(handshakes));
    return `${Math.round(CHATS / (took / 1000))} a second; of the arena's ${end.tls[2]}: ${told}; `
      + `stack ${end.stack[1]} of ${end.stack[2]}; lwIP heap ${end.lwip_heap[1]} of ${end.lwip_heap[2]}, `
      + `blocks ${end.blocks[1]} of ${end.blocks[2]}; ${handshakes.full} full handshakes, ${handshakes.resumed} resumed`;
  }, 600000);
  assert.equal((await gateway.stop()).code, 0);
  await upstream.stop();
}

// ---- trouble of a small box ----

// Two clients that send half of their bodies have the two slots there are; two more wait with theirs, unread.
async function unread(suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(model('m', upstream, ID));
  const words = (name) => `${name} `.repeat(2000).trim();
  await suite.test('a client that waits with its body holds one segment of the stack', async () => {
    const slow = await Promise.all([0, 1].map(() => Wire.open(gateway.port)));
    const whole = request('POST', CHAT, { body: chatBody('m', words('slow'), { stream: true }) });
    slow.forEach((wire) => wire.send(whole.slice(0, whole.length / 2)));
    await sleep(500);
    const waiting = ['three', 'four'].map((name) => chat(gateway.port, 'm', words(name), { stream: true }, { ms: 30000 }));
    await sleep(1000);
    const { blocks } = await memory(gateway);
    slow.forEach((wire) => wire.send(whole.slice(whole.length / 2)));
    for (const wire of slow) {
      const { said, status, text } = read(await wire.answer(), true);
      assert.equal(said.text, `You said: ${words('slow')}`, `${status} ${text.slice(0, 300)}`);
      wire.end();
    }
    assert.equal((await waiting[1]).said.text, `You said: ${words('four')}`);
    assert.equal((await waiting[0]).said.text, `You said: ${words('three')}`);
    assert.ok(blocks[0] > 0 && blocks[0] <= 2 * SEGMENT_BLOCKS, `${blocks[0]} blocks`);
    return `two of them: ${blocks[0]} blocks of 256 bytes`;
  });
  await gateway.stop();
  await upstream.stop();
}

async function refresh(suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(model('m', upstream, { ...ID, more: 'models_ttl_s = 1\n' }));
  await suite.test('two chats at once while the model list is fetched again: the list waits', async () => {
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200);
    await upstream.control({ models_faults: '@@delay=9000' });
    await sleep(2500);
    const both = await Promise.all([0, 1].map(() => chat(gateway.port, 'm', '@@words=10 @@gap=50')));
    assert.deepEqual(both.map(({ status }) => status), [200, 200], both[1].text);
    assert.match(gateway.log(), /the model list cannot be had.*a chat needed the connection/);
  });
  await gateway.stop();
  await upstream.stop();
}

// An SNTP server (RFC 4330) on this machine, or null where the port is not ours to take.
function timeServer() {
  const server = dgram.createSocket('udp4');
  server.on('message', (question, from) => {
    const answer = Buffer.alloc(48);
    answer.set([0x24, 1]);
    question.copy(answer, 24, 40, 48);
    for (const at of [32, 40]) {
      answer.writeUInt32BE(Math.floor(Date.now() / 1000) + 2208988800, at);
    }
    server.send(answer, from.port, from.address);
  });
  return new Promise((done) => {
    server.on('error', () => done(null));
    server.bind(123, '127.0.0.1', () => done(server));
  });
}

async function clock(suite) {
  const upstream = await Upstream.start();
  const words = { MOONGATE_WORDS: 'clock=none time=10.0.2.2' };
  const gateway = await Gateway.start(model('m', upstream, ID), { env: words });
  await suite.test('without a clock it says so: 503, and /health answers', async () => {
    assert.equal((await once(gateway.port, 'GET', '/health')).status, 200);
    const answer = await chat(gateway.port, 'm', 'hi');
    isError(answer, 503, { message: /does not know the time/ });
    assert.ok(answer.headers['retry-after']);
    assert.equal((await upstream.stats()).requests.chat, 0);
  });
  const server = await timeServer();
  if (server !== null) {
    await suite.test('a time server heals it', async () => {
      await until('a good answer', async () => (await chat(gateway.port, 'm', 'hi')).status === 200, 50000, 500);
    }, 60000);
    server.close();
  } else {
    suite.skip('a time server heals it', 'port 123 is not to be had');
  }
  await gateway.stop();
  await upstream.stop();
}

async function lost(suite) {
  const upstream = await Upstream.start();
  const nowhere = { endpoint: 'https://no-such-host.invalid/api/v1/stream/chat' };
  const text = model('m', upstream, ID) + model('lost', nowhere, ID);
  const gateway = await Gateway.start(text, { timeouts: 'connect_ms = 2000\n' });
  await suite.test('a name that nobody knows: 502 to 504 in time, others go on', async () => {
    const start = Date.now();
    const asking = chat(gateway.port, 'lost', 'hi');
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200);
    const { status, said } = await asking;
    assert.ok(status >= 502 && status <= 504, `${status}`);
    assert.match(said.error.message, /no-such-host/);
    return `${status} after ${Date.now() - start} ms`;
  });
  await gateway.stop();
  await upstream.stop();
  await suite.test('an upstream that does not answer at all: 502 to 504 in time, /health answers', async () => {
    const silent = { MOONGATE_HOST: 'localhost=10.0.2.77' };
    const alone = await Gateway.start(model('m', upstream, ID), { timeouts: 'connect_ms = 1000\n', env: silent });
    const asking = chat(alone.port, 'm', 'hi');
    await sleep(100);
    assert.equal((await once(alone.port, 'GET', '/health')).status, 200);
    const { status } = await asking;
    assert.ok(status >= 502 && status <= 504, `${status}`);
    await alone.stop();
    return `${status}`;
  });
}

async function flood(suite) {
  const upstream = await Upstream.start();
  const port = await freePort();
  const net = { MOONGATE_NET: `,hostfwd=udp:127.0.0.1:${port}-:9` };
  const gateway = await Gateway.start(model('m', upstream, ID), { env: net });
  const socket = dgram.createSocket('udp4');
  await suite.test('a flood of datagrams that fills the blocks: chats go on', async () => {
    const datagram = Buffer.alloc(1400, 'x');
    const flooding = setInterval(() => {
      for (let i = 0; i < 50; i++) {
        socket.send(datagram, port, '127.0.0.1');
      }
    }, 20);
    try {
      for (let i = 0; i < 5; i++) {
        const { said, status, text } = await chat(gateway.port, 'm', '@@close-after hi', {}, { ms: 30000 });
        assert.equal(said.text, 'You said: hi', `${status} ${text}`);
      }
    } finally {
      clearInterval(flooding);
    }
    await sleep(500);
    const { blocks, dropped } = await memory(gateway);
    assert.ok(dropped[0] > 0, 'some were dropped');
    assert.equal(blocks[0], 0);
    return `${dropped[0]} dropped, at most ${blocks[1]} of ${blocks[2]} blocks`;
  }, 120000);
  socket.close();
  await gateway.stop();
  await upstream.stop();
}

// A certificate with so many names that reading it takes more memory than there is.
function hugeCertificate() {
  const folder = freshFolder('huge');
  const names = Array.from({ length: 1800 }, (_, i) => `DNS:${i.toString(36)}`).join(',');
  writeFileSync(`${folder}/ext`, `basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost,${names}\n`);
  const openssl = (...args) => assert.equal(spawnSync('openssl', args).status, 0, args.join(' '));
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=huge',
    '-keyout', `${folder}/key`, '-out', `${folder}/csr`);
  openssl('x509', '-req', '-in', `${folder}/csr`, '-CA', `${CERTS}/ca.pem`, '-CAkey', `${CERTS}/ca.key`,
    '-days', '2', '-extfile', `${folder}/ext`, '-out', `${folder}/cert`);
  return ['--cert', `${folder}/cert`, '--key', `${folder}/key`];
}

// A chain of three certificates, each with an RSA key of 4,096 bits (one for all: a key takes a second to find).
function heavyChain() {
  const folder = freshFolder('heavy');
  const openssl = (...args) => assert.equal(spawnSync('openssl', args).status, 0, args.join(' '));
  writeFileSync(`${folder}/ca.ext`, 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n');
  writeFileSync(`${folder}/leaf.ext`, 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost\n');
  openssl('genrsa', '-out', `${folder}/key`, '4096');
  let [issuer, issuerKey, chain] = [`${CERTS}/ca.pem`, `${CERTS}/ca.key`, ''];
  for (const name of ['upper', 'lower', 'leaf']) {
    openssl('req', '-new', '-key', `${folder}/key`, '-subj', `/CN=${name}`, '-out', `${folder}/csr`);
    openssl('x509', '-req', '-in', `${folder}/csr`, '-CA', issuer, '-CAkey', issuerKey, '-days', '2',
      '-extfile', `${folder}/${name === 'leaf' ? 'leaf' : 'ca'}.ext`, '-out', `${folder}/${name}.pem`);
    [issuer, issuerKey] = [`${folder}/${name}.pem`, `${folder}/key`];
    chain = readFileSync(issuer, 'utf8') + chain;
  }
  writeFileSync(`${folder}/cert`, chain);
  return ['--cert', `${folder}/cert`, '--key', `${folder}/key`];
}

async function heavy(suite) {
  const certs = heavyChain();
  for (const [version, args] of [['1.3', []], ['1.2', ['--tls-max', '1.2']]]) {
    const upstream = await Upstream.start({ args: [...certs, ...args] });
    const gateway = await Gateway.start(model('m', upstream, ID));
    await suite.test(`two connections with three RSA-4096 certificates each, TLS ${version}: there is room left`, async () => {
      const both = await Promise.all([0, 1].map(() => chat(gateway.port, 'm', '@@words=50 @@gap=20', {}, { ms: 30000 })));
      assert.deepEqual(both.map(({ status }) => status), [200, 200]);
      const { tls, records, stack, refused } = await memory(gateway);
      assert.deepEqual([records[1], refused[0]], [2, 0]);
      assert.ok(tls[1] <= tls[2] - ARENA_MARGIN_BYTES, `arena ${tls[1]} of ${tls[2]}`);
      assert.ok(stack[1] <= stack[2] - STACK_MARGIN_BYTES, `stack ${stack[1]} of ${stack[2]}`);
      return `arena ${tls[1]} of ${tls[2]}, stack ${stack[1]} of ${stack[2]}`;
    }, 60000);
    await gateway.stop();
    await upstream.stop();
  }
}

async function shortage(suite) {
  const upstream = await Upstream.start();
  const huge = await Upstream.start({ args: hugeCertificate() });
  const gateway = await Gateway.start(model('m', upstream, ID) + model('huge', huge, ID));
  await suite.test('a chain that the arena cannot hold: 503 with Retry-After, nothing leaks, others go on', async () => {
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200);
    for (let i = 0; i < 5; i++) {
      const answer = await chat(gateway.port, 'huge', 'hi');
      isError(answer, 503, { message: /memory/ });
      assert.ok(answer.headers['retry-after']);
      assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200);
    }
    const after = await memory(gateway);
    assert.ok(after.refused[0] > 0);
    assert.ok(after.tls[0] <= after.records[0] * CONNECTION_BYTES, `${after.tls[0]}`);
    return `${after.tls[1]} of ${after.tls[2]} bytes at the most`;
  });
  await gateway.stop();
  await upstream.stop();
  await huge.stop();
}

const suite = new Suite();
const only = process.argv.slice(2);
const parts = {
  programs, sizes, lost, clock, shortage, heavy, unread, refresh, flood, small,
  'TLS 1.3': (all) => endurance(all, [], '1.3'),
  'TLS 1.2': (all) => endurance(all, ['--tls-max', '1.2'], '1.2'),
};
for (const [name, part] of Object.entries(parts)) {
  if (only.length === 0 || only.includes(name)) {
    await suite.file(name, part);
  }
}
console.log(`${suite.passed} passed, ${suite.failed} failed`);
process.exit(suite.failed === 0 ? 0 : 1);
