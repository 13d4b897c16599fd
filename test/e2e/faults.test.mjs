// A service that is down, slow, cut, or speaks nonsense: a clear error, in time, and never a false success.
import assert from 'node:assert/strict';
import net from 'node:net';
import { Gateway, Upstream, freePort, model, sleep } from './harness.mjs';
import { chat, isError } from './wire.mjs';

const TIMEOUTS = 'connect_ms = 500\ntls_ms = 500\nfirst_byte_ms = 600\nidle_ms = 700\ntotal_ms = 3000\n'
  + 'ping_ms = 0\n';
const LONG = 'a b c d e f g h';

// [directives, status, message]: it fails before any content, so both kinds of client get a status.
const BEFORE = [
  ['@@close', 502, /closed/i],
  ['@@rst', 502, /reset|closed/i],
  ['@@cut0', 502, /cut|closed|end/i],
  ['@@nothing', 502, /empty answer/],
  ['@@empty', 502, /empty answer/],
  ['@@empty @@nofinish', 502, /empty answer/],
  ['@@error0', 502, /told to fail/],
  ['@@html', 502, /html|content.type/i],
  ['@@badhead', 502, /HTTP/],
  ['@@twolengths', 502, /length/i],
  ['@@bighead=100000', 502, /head/i],
  ['@@endlesshead', 502, /head/i],
  ['@@gzip-unasked', 502, /gzip|encoding/i],
  ['@@status=500', 502, /500/],
  ['@@status=501', 502, /501/],
  ['@@status=502', 502, /502/],
  ['@@status=503', 503, /503/],
  ['@@status=529', 503, /529/],
  ['@@status=504', 504, /504/],
  ['@@status=400', 400, /told to answer 400/],
  ['@@status=404', 404, /told to answer 404/],
  ['@@status=409', 409, /told to answer 409/],
  ['@@status=413', 413, /told to answer 413/],
  ['@@status=422', 422, /told to answer 422/],
  ['@@event=1200000', 502, /event|line|long|large/i],
];

// [directives, message]: it fails behind the first content.
const BEHIND = [
  ['@@cut', /Request failed/],
  ['@@cut=1', /Request failed/],
  ['@@rst=3', /Request failed/],
  ['@@badchunk', /Request failed/],
  ['@@error', /told to fail/],
  ['@@stall', /idle|total/],
  ['@@reasoning @@empty', /empty answer/],
];

async function before(suite, port) {
  await suite.table(BEFORE, ([how, status]) => `${status} for ${how}`, async ([how, status, message]) => {
    for (const stream of [false, true]) {
      const answer = await chat(port, 'mini', `${how} ${LONG}`, { stream });
      const error = isError(answer, status, {});
      assert.match(error.message, message);
      assert.ok(status < 500 || /^Request failed: /.test(error.message), error.message);
    }
  });
}

async function behind(suite, port) {
  await suite.table(BEHIND, ([how]) => `${how}: 502 or 504 to a client that waits for the whole`,
    async ([how, message]) => {
      const answer = await chat(port, 'mini', `${how} ${LONG}`);
      isError(answer, how === '@@stall' ? 504 : 502, { message });
    });
  await suite.table(BEHIND, ([how]) => `${how}: an error event and no [DONE] in a stream`,
    async ([how, message]) => {
      const { said, status, text } = await chat(port, 'mini', `${how} ${LONG}`, { stream: true });
      assert.equal(status, 200);
      assert.match(said.text + said.reasoning, /^(You|thought)/, 'what had come was passed on');
      assert.match(said.error.message, message);
      assert.equal(said.done, false);
      assert.equal(said.finish, null);
      assert.equal(text.includes('[DONE]'), false);
    });
}

// [directives, phase, ms]: too slow in each phase.
const SLOW = [
  ['@@stall0', 'first byte', 600],
  ['@@delay=5000', 'first byte', 600],
  ['@@words=100 @@gap=200', 'total', 3000],
];

async function slow(suite, port) {
  await suite.table(SLOW, ([how, phase]) => `504 naming the ${phase}: ${how}`, async ([how, phase, ms]) => {
    const start = Date.now();
    const { said, status } = await chat(port, 'mini', how, { stream: true });
    const took = Date.now() - start;
    assert.ok(status === 504 || (phase === 'total' && status === 200), `status ${status}`);
    assert.match(said.error.message, new RegExp(phase.replace(' ', '[ _-]'), 'i'));
    assert.equal(said.done, false);
    assert.ok(took >= ms - 50 && took < ms + 1500, `after ${took} ms`);
  });
  await suite.test('504 naming the total for a client that waits for the whole', async () => {
    isError(await chat(port, 'mini', '@@stall0'), 504, { message: /total/ });
  });
}

// Statuses that bench a provider need one each: [model, directive, status, message]
const BENCHED = [
  ['b401', '@@status=401', 502, /401/],
  ['b402', '@@status=402', 502, /402/],
  ['b403', '@@status=403', 502, /403/],
  ['b302', '@@redirect', 502, /302|redirect/i],
  ['b429', '@@status=429', 429, /429/],
  ['b408', '@@status=408', 502, /408/],
];

async function benched(suite, port) {
  await suite.table(BENCHED, ([, how, status]) => `${status} for ${how}`, async ([name, how, status, message]) => {
    isError(await chat(port, name, how), status, { message });
  });
  await suite.test('Retry-After of the service is passed on', async () => {
    const answer = await chat(port, 'b429r', '@@status=429 @@retry-after=30');
    isError(answer, 429, {});
    assert.ok(Number(answer.headers['retry-after']) >= 29);
  });
}

async function again(suite, upstream, port) {
  await suite.test('a try that failed before any content is repeated', async () => {
    // Closed before any byte, a kept connection is taken for one that died: no try of its own.
    for (const [how, attempts] of [['@@close', '1'], ['@@status=500', '2'], ['@@error0', '2'], ['@@cut0', '2']]) {
      await upstream.control({ chat: [how] });
      const answer = await chat(port, 'again', 'hi', { stream: true });
      assert.equal(answer.said.text, 'You said: hi', `${how}: ${answer.text}`);
      assert.equal(answer.headers['x-moongate-attempts'], attempts, how);
    }
  });
  await suite.test('one that failed behind it is not', async () => {
    const seen = (await upstream.stats()).requests.chat;
    const { said } = await chat(port, 'again', `@@cut ${LONG}`, { stream: true });
    assert.notEqual(said.error, null);
    assert.equal((await upstream.stats()).requests.chat, seen + 1);
  });
  await suite.test('a kept-alive connection that died is replaced silently', async () => {
    for (const ms of [0, 20, 50]) {
      await chat(port, 'mini', '@@dead=20 hi');
      await sleep(ms);
      const answer = await chat(port, 'mini', 'hi');
      assert.equal(answer.said.text, 'You said: hi', `${ms} ms later: ${answer.text}`);
    }
  });
}

async function down(suite) {
  const silent = net.createServer(() => {});
  await new Promise((done) => silent.listen(0, '127.0.0.1', done));
  const nobody = { endpoint: `https://localhost:${await freePort()}/api/v1/stream/chat` };
  const mute = { endpoint: `https://localhost:${silent.address().port}/api/v1/stream/chat` };
  const lost = { endpoint: 'https://no-such-host.invalid/api/v1/stream/chat' };
  const text = model('nobody', nobody) + model('mute', mute) + model('lost', lost);
  const gateway = await Gateway.start(text, { timeouts: TIMEOUTS });
  await suite.test('502 where nobody listens', async () => {
    isError(await chat(gateway.port, 'nobody', 'hi'), 502, { message: /^Request failed: .*refused/ });
  });
  await suite.test('502 or 503 where there is no such host', async () => {
    const answer = await chat(gateway.port, 'lost', 'hi');
    isError(answer, answer.status === 503 ? 503 : 502, { message: /^Request failed: .*no-such-host/ });
  });
  await suite.test('504 where TLS is never spoken', async () => {
    isError(await chat(gateway.port, 'mute', 'hi'), 504, { message: /tls|connect/i });
  });
  await gateway.stop();
  silent.close();
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const names = [...BENCHED.map(([name]) => name), 'b429r', 'mini'];
  const gateway = await Gateway.start([
    ...names.map((name) => model(name, upstream, { id: 'gpt-4.1-mini' })),
    model('again', upstream, { id: 'gpt-4.1-mini', retries: 1 }),
  ].join(''), { timeouts: TIMEOUTS });
  await again(suite, upstream, gateway.port);
  await before(suite, gateway.port);
  await behind(suite, gateway.port);
  await slow(suite, gateway.port);
  await benched(suite, gateway.port);
  await down(suite);
  await suite.test('after all this a chat is answered', async () => {
    assert.equal((await chat(gateway.port, 'mini', 'hi')).said.text, 'You said: hi');
  });
  await suite.test('and nothing is left open at the service', async () => {
    assert.equal((await upstream.stats()).chat.open, 0);
  });
  await gateway.stop();
  await upstream.stop();
}
