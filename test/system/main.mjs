// A whole system in QEMU: main.mjs MACHINE. Its answers are compared with those of the program for Linux.
import assert from 'node:assert/strict';
import { CERTS, Gateway, Suite, Upstream, model, sleep, until } from '../e2e/harness.mjs';
import { CHAT, Wire, chat, chatBody, isError, once, plain, request } from '../e2e/wire.mjs';
import { HOST, MACHINES, Machine } from './machine.mjs';

const IDLE_KIB = process.argv[2] === 'raspi3b' ? 2048 : 1536; // its bounds are larger, and so is its code
const BUSY_KIB = 3072;
const STREAMS = 8;
const BOOT_MS = 120000;
const BOOTS = 3; // the quickest counts: this machine may be busy with other work
const ID = { id: 'gpt-4.1-mini' };

const name = process.argv[2];
const { bar_ms: bar, no_clock: noClock, fast_bytes: fast, board } = MACHINES[name];
const suite = new Suite();
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const mib = (kib) => `${(kib / 1024).toFixed(2)} MiB`;

function bytesOf({ status, headers, text }) {
  const { date, 'x-request-id': id, ...others } = headers;
  assert.ok(date && id, JSON.stringify(headers));
  return { status, headers: others, text: plain(text) };
}

function configuration(upstream, wrong) {
  const there = ({ port }) => ({ endpoint: `https://${HOST}:${port}/api/v1/stream/chat` });
  return `[gateway]
bind_address = "0.0.0.0:3000"
allow_anonymous = true
state_dir = "/tmp/state"
[gateway.upstream]
ca_file = "/etc/ca.pem"
${model('m', there(upstream), ID)}${model('wrong', there(wrong), ID)}`;
}

// ---- the start ----

// Where there is a bar, the machine is started again when it was missed.
async function boot(ini) {
  const tries = [];
  for (;;) {
    const machine = await Machine.start(name, ini, `${CERTS}/ca.pem`);
    await machine.ready(BOOT_MS);
    const answer = await chat(machine.port, 'm', 'hi', {}, { ms: 20000 });
    machine.first = { answer, ms: machine.since() };
    tries.push(machine.first.ms);
    if (bar === undefined || machine.first.ms < bar || tries.length === BOOTS) {
      machine.tries = tries;
      return machine;
    }
    await machine.end();
  }
}

// ---- a clock that is not set ----

async function untilTheTimeIsKnown(machine, upstream) {
  await suite.test('its clock is not set', async () => {
    const now = Number(await machine.tell('now'));
    assert.ok(now < 365 * 86400, `${now}`);
    return new Date(now * 1000).toISOString().slice(0, 10);
  });
  await suite.test('/health answers all the same', async () => {
    assert.equal((await once(machine.port, 'GET', '/health')).json().gateway, 'ok');
  });
  await suite.test('chats get 503, which names the clock, whole and streamed', async () => {
    const answers = [machine.first.answer, await chat(machine.port, 'm', 'hi', { stream: true })];
    return answers.map((answer) => isError(answer, 503, { message: /know the time/ }).message)[0];
  });
  await suite.test('the log says so too', async () => {
    assert.match(machine.text, /know the time/);
  });
  await suite.test('and nothing was sent to the service', async () => {
    const { requests } = await upstream.stats();
    assert.deepEqual([requests.chat, requests.models], [0, 0]);
  });
  await suite.test('when the time is known chats are answered, without a restart', async () => {
    await machine.tell(`date ${Math.floor(Date.now() / 1000)}`);
    const start = Date.now();
    await until('a chat', async () => (await chat(machine.port, 'm', 'hi')).status === 200, 20000, 100);
    return `after ${seconds(Date.now() - start)}`;
  });
}

// ---- chats ----

async function same(machine, linux) {
  for (const [what, more] of [['a whole chat', {}], ['a streamed chat', { stream: true }]]) {
    await suite.test(`${what}: the same bytes as from the program for Linux`, async () => {
      const [here, there] = await Promise.all([machine.port, linux.port].map((port) =>
        chat(port, 'm', 'grüß dich ✓', more)));
      assert.equal(here.said.text, 'You said: grüß dich ✓');
      assert.deepEqual(bytesOf(here), bytesOf(there));
      return `${here.body.length} bytes`;
    });
  }
  await suite.test('a body of 15 KiB goes and comes back whole', async () => {
    const text = Array.from({ length: 1024 }, (_, i) => `${1000000000 + i}`.padEnd(14, 'x')).join(' ');
    const { said } = await chat(machine.port, 'm', text, { stream: true });
    assert.equal(said.text, `You said: ${text}`);
  });
  await suite.test('502 for a certificate of another name', async () => {
    isError(await chat(machine.port, 'wrong', 'hi'), 502, { message: /^Request failed: .*certificate/i });
  });
}

// ---- memory ----

async function memory(machine, upstream) {
  await suite.test(`resident set idle, at most ${mib(IDLE_KIB)}`, async () => {
    await sleep(3000); // quiet, so that it gives back what it touched
    const kib = await machine.rss();
    assert.ok(kib > 0 && kib <= IDLE_KIB, `${mib(kib)}: ${await machine.tell('parts')}`);
    return `${mib(kib)}, ${mib(Number(await machine.tell('free')))} free in the machine`;
  });
  await suite.test(`resident set with ${STREAMS} TLS streams, at most ${mib(BUSY_KIB)}`, async () => {
    await upstream.reset();
    const wires = await Promise.all(Array.from({ length: STREAMS }, () => Wire.open(machine.port)));
    const body = chatBody('m', '@@words=4000 @@gap=20', { stream: true });
    wires.forEach((wire) => wire.send(request('POST', CHAT, { body })));
    await until('all streams', async () => (await upstream.stats()).chat.open === STREAMS, 20000);
    await until('first words', () => wires.every(({ buffer }) => buffer.includes('" w1"')), 20000);
    let most = 0;
    for (let i = 0; i < 10; i++) {
      most = Math.max(most, await machine.rss());
      await sleep(100);
    }
    assert.equal((await upstream.stats()).chat.open, STREAMS, 'streams under way at the end');
    assert.ok(wires.every(({ ended }) => !ended));
    wires.forEach((wire) => wire.end());
    await until('their end', async () => (await upstream.stats()).chat.open === 0, 10000);
    assert.ok(most <= BUSY_KIB, `${mib(most)}: ${await machine.tell('parts')}`);
    return mib(most);
  });
  await suite.test(`the most it ever was, with ${STREAMS} times ${fast / 1024} KiB at full speed too`, async () => {
    const all = await Promise.all(Array.from({ length: STREAMS }, () =>
      chat(machine.port, 'm', `@@bytes=${fast}`, { stream: true }, { ms: 50000 })));
    all.forEach(({ said }) => assert.deepEqual([said.text.length, said.done], [fast, true]));
    const most = Number(await machine.tell('peak'));
    assert.ok(most > 0 && most <= BUSY_KIB, mib(most));
    return mib(most);
  });
  await suite.test('and idle again afterwards', async () => {
    await sleep(3000);
    const kib = await machine.rss();
    assert.ok(kib > 0 && kib <= IDLE_KIB, `${mib(kib)}: ${await machine.tell('parts')}`);
    return mib(kib);
  });
}

// ---- a network that comes late ----

async function lateNetwork(ini) {
  const machine = await Machine.start(name, ini, `${CERTS}/ca.pem`, true);
  await suite.test('started before the network is up, it answers /health', async () => {
    await machine.said('started', BOOT_MS);
    return until('/health', async () => {
      const said = await machine.tell('health');
      return said.includes('"gateway":"ok"') && said;
    });
  });
  await suite.test('and chats get 503 at once', async () => {
    const said = await machine.tell('chat');
    assert.match(said, /HTTP\/1.1 503/);
    assert.ok(parseInt(said, 10) < 1000, said);
    return said;
  });
  await suite.test('when the network comes up chats are answered, without a restart', async () => {
    await machine.tell('network');
    const start = Date.now();
    await machine.healthy();
    await until('a chat', async () => (await chat(machine.port, 'm', 'hi')).status === 200, 20000, 100);
    return `after ${seconds(Date.now() - start)}`;
  });
  await machine.end();
}

// ---- all of it ----

async function all() {
  const upstream = await Upstream.start({ cert: 'othername' });
  const wrong = await Upstream.start();
  const known = await Upstream.start();
  const linux = await Gateway.start(model('m', known, ID));
  const first = bar === undefined ? 'first answer' : `first chat's answer, under ${seconds(bar)}`;
  const ini = configuration(upstream, wrong);
  let machine;
  await suite.test(`from power to the ${first}`, async () => {
    machine = await boot(ini);
    assert.equal(machine.first.answer.status, noClock ? 503 : 200, machine.first.answer.text);
    assert.ok(bar === undefined || machine.first.ms < bar, machine.tries.map(seconds).join(', '));
    const started = seconds(machine.uptime_s * 1000);
    return `${seconds(machine.first.ms)}; the daemon was started at ${started} of the machine's own time`;
  }, BOOTS * BOOT_MS);
  if (machine === undefined) {
    return;
  }
  if (noClock) {
    await untilTheTimeIsKnown(machine, upstream);
  }
  await same(machine, linux);
  await memory(machine, upstream);
  await suite.test('it stops in order', async () => {
    const start = Date.now();
    assert.equal(await machine.tell('stop'), '0', machine.text.slice(-1000));
    return seconds(Date.now() - start);
  });
  await machine.end();
  await linux.stop();
  if (bar !== undefined) {
    await lateNetwork(ini);
  }
}

console.log(`${name} (${board}):`);
await suite.file(name, all);
console.log(`${suite.passed} passed, ${suite.failed} failed`);
process.exit(suite.failed === 0 && suite.passed > 0 ? 0 : 1);
