// What every board must do, within the bounds of the smallest: run unchanged against the program for Linux,
// those for other processors, and the firmware (board/qemu-mps2/run.sh).
import assert from 'node:assert/strict';
import net from 'node:net';
import { Gateway, Upstream, model, sleep, until } from './harness.mjs';
import { CHAT, Wire, chat, chatBody, isError, once, plain, read, request } from './wire.mjs';

const ID = { id: 'gpt-4.1-mini' };
const LIMITS = '[gateway.limits]\nmax_body_bytes = 16384\nmax_clients = 4\nmax_active_requests = 2\n';
const KIB = 1024;

// ---- the same bytes everywhere ----

const HEAD = '"id":"chatcmpl-ID","object":"chat.completion';
const WHOLE = `{${HEAD}","created":TIME,"model":"m","choices":[{"index":0,"message":{"role":"assistant",`
  + '"content":"You said: grüß dich ✓","refusal":null},"logprobs":null,"finish_reason":"stop"}],'
  + '"moongate":{"thread_id":"THREAD"}}';
const chunk = (delta, finish, more = '') => `data: {${HEAD}.chunk","created":TIME,"model":"m","choices":[{"index":0,`
  + `"delta":{${delta}},"logprobs":null,"finish_reason":${finish}}]${more}}\n\n`;
const STREAM = chunk('"role":"assistant","content":"You"', 'null')
  + ['" said:"', '" grüß"', '" dich"', '" ✓"'].map((word) => chunk(`"content":${word}`, 'null')).join('')
  + chunk('', '"stop"', ',"moongate":{"thread_id":"THREAD"}') + 'data: [DONE]\n\n';

async function answers(suite, port) {
  await suite.test('/health answers', async () => {
    assert.equal((await once(port, 'GET', '/health')).json().gateway, 'ok');
  });
  await suite.test('a chat over verified TLS: the same bytes on every board', async () => {
    assert.equal(plain((await chat(port, 'm', 'grüß dich ✓')).text), WHOLE);
  });
  await suite.test('and as a stream', async () => {
    assert.equal(plain((await chat(port, 'm', 'grüß dich ✓', { stream: true })).text), STREAM);
  });
  await suite.test('20 chats on one connection', async () => {
    const wire = await Wire.open(port);
    for (let i = 0; i < 20; i++) {
      wire.send(request('POST', CHAT, { body: chatBody('m', `number ${i}`) }));
      assert.equal(read(await wire.answer(), false).said.text, `You said: number ${i}`);
    }
    wire.end();
  });
  await suite.test('a body of 15 KiB goes and comes back whole', async () => {
    const text = Array.from({ length: 1024 }, (_, i) => `${1000000000 + i}`.padEnd(14, 'x')).join(' ');
    const { said } = await chat(port, 'm', text, { stream: true });
    assert.equal(said.text, `You said: ${text}`);
  });
  await suite.test('a body larger than max_body_bytes is refused with 413', async () => {
    isError(await chat(port, 'm', 'x'.repeat(17 * KIB)), 413, {});
  });
  await suite.test('the models are told', async () => {
    const { data } = (await once(port, 'GET', '/v1/models')).json();
    assert.ok(data.some(({ id }) => id === 'm'));
  });
}

// ---- TLS ----

const VERSIONS = [
  ['TLS 1.3', 'server', ['--tls-min', '1.3']],
  ['TLS 1.2', 'server', ['--tls-max', '1.2']],
  ['TLS 1.3 with an RSA certificate', 'server-rsa', ['--tls-min', '1.3']],
  ['TLS 1.2 with an RSA certificate', 'server-rsa', ['--tls-max', '1.2']],
];
const BAD = [
  ['expired', /expired/i],
  ['notyet', /not (yet )?valid|future/i],
  ['othername', /name|host/i],
  ['selfsigned', /self-signed|not trusted|unknown|authority|CA\b/i],
  ['unknownca', /not trusted|unknown|authority|CA\b/i],
];

async function tls(suite) {
  await suite.table(VERSIONS, ([what]) => `${what}, and sessions are resumed`, async ([, cert, args]) => {
    const upstream = await Upstream.start({ cert, args });
    const gateway = await Gateway.start(LIMITS + model('m', upstream, ID));
    for (let i = 0; i < 6; i++) {
      assert.equal((await chat(gateway.port, 'm', '@@close-after hi')).said.text, 'You said: hi');
    }
    const { handshakes } = await upstream.stats();
    assert.ok(handshakes.resumed >= 4, JSON.stringify(handshakes));
    await gateway.stop();
    await upstream.stop();
  });
  await suite.table(BAD, ([cert]) => `502 for the certificate ${cert}, and nothing is sent`, async ([cert, reason]) => {
    const upstream = await Upstream.start({ cert });
    const gateway = await Gateway.start(LIMITS + model('m', upstream, ID));
    for (const stream of [false, true]) {
      const answer = await chat(gateway.port, 'm', 'hi', { stream });
      assert.match(isError(answer, 502, { message: /^Request failed: .*certificate/i }).message, reason);
    }
    const { requests } = await upstream.stats();
    assert.deepEqual([requests.chat, requests.models], [0, 0]);
    await gateway.stop();
    await upstream.stop();
  });
}

// ---- several at once ----

async function together(suite, port, upstream) {
  const words = (count) => Array.from({ length: count }, (_, i) => `w${i}`).join(' ');
  await suite.test('two streams at once, each whole', async () => {
    await upstream.reset();
    const both = await Promise.all([100, 101].map((count) =>
      chat(port, 'm', `@@words=${count} @@gap=20`, { stream: true })));
    both.forEach(({ said }, i) => assert.deepEqual([said.text, said.done], [words(100 + i), true]));
    assert.equal((await upstream.stats()).chat.peak, 2);
  });
  await suite.test('four clients at once: all are answered, two at a time', async () => {
    await upstream.reset();
    const four = await Promise.all([10, 11, 12, 13].map((count) =>
      chat(port, 'm', `@@words=${count} @@gap=20`, { stream: count % 2 === 0 })));
    four.forEach(({ said, status, text }, i) => assert.equal(said.text, words(10 + i), `${status} ${text}`));
    assert.equal((await upstream.stats()).chat.peak, 2);
  });
  await suite.test('/health answers while two stream', async () => {
    const both = [0, 1].map(() => chat(port, 'm', '@@words=20 @@gap=40', { stream: true }));
    await until('both', async () => (await upstream.stats()).chat.open === 2);
    assert.equal((await once(port, 'GET', '/health')).status, 200);
    (await Promise.all(both)).forEach(({ said }) => assert.equal(said.text, words(20)));
  });
}

// ---- slow clients ----

// Reads a stream of numbered pieces on a socket that is paused at first.
function slowReader(port, body) {
  const seen = { text: '', socket: net.connect({ port, host: '127.0.0.1', highWaterMark: 2048 }) };
  seen.socket.write(request('POST', CHAT, { body, fields: { connection: 'close' } }));
  seen.socket.pause();
  seen.ended = new Promise((done, fail) => {
    seen.socket.on('data', (data) => { seen.text += data.toString('latin1'); });
    seen.socket.on('end', done).on('error', fail);
  });
  return seen;
}

async function pressure(suite, port, upstream) {
  const sent = async () => (await upstream.stats()).chat.bytes_sent;
  await suite.test('a client that does not read stops the service, others go on, and it loses nothing', async () => {
    await upstream.reset();
    const bytes = 16 * 1024 * KIB;
    const slow = slowReader(port, chatBody('m', `@@bytes=${bytes}`, { stream: true }));
    let last = -1;
    await until('the service to stop', async () => {
      const now = await sent();
      const still = now === last && now > 0;
      last = now;
      return still;
    }, 20000, 500);
    assert.ok(last < bytes * 0.9, `${last} bytes were taken`);
    assert.equal((await chat(port, 'm', 'hi', { stream: true })).said.text, 'You said: hi');
    slow.socket.resume();
    await slow.ended;
    const numbers = [...slow.text.matchAll(/\[(\d{8})\]/g)].map(([, number]) => Number(number));
    assert.deepEqual(numbers, Array.from({ length: bytes / KIB }, (_, i) => i));
    assert.ok(slow.text.includes('data: [DONE]'));
    return `${(last / KIB).toFixed(0)} KiB in buffers on the way`;
  }, 120000);
  await suite.test('a client that leaves ends its request', async () => {
    await upstream.reset();
    const wire = await Wire.open(port);
    wire.send(request('POST', CHAT, { body: chatBody('m', '@@stall=1 a b', { stream: true }) }));
    await until('the chat', async () => (await upstream.stats()).chat.open === 1);
    await sleep(100);
    wire.end();
    await until('its end', async () => (await upstream.stats()).chat.open === 0, 3000);
  });
}

// ---- trouble ----

async function trouble(suite, port) {
  await suite.test('an upstream that is cut: an error and no [DONE] in a stream', async () => {
    const { said, text } = await chat(port, 'm', '@@cut a b c d e f', { stream: true });
    assert.match(said.text, /^You/);
    assert.match(said.error.message, /^Request failed/);
    assert.equal(text.includes('[DONE]'), false);
  });
  await suite.test('and 502 to a client that waits for the whole', async () => {
    isError(await chat(port, 'm', '@@cut a b c d e f'), 502, { message: /^Request failed/ });
  });
  const rows = [['@@rst', 502], ['@@status=500', 502], ['@@html', 502], ['@@event=7000', 200], ['@@badchunk a b c d', 502]];
  await suite.table(rows, ([how, status]) => `${status} for ${how}`, async ([how, status]) => {
    const answer = await chat(port, 'm', how);
    assert.equal(answer.status, status, answer.text.slice(0, 300));
  });
  await suite.test('502 where nobody listens', async () => {
    isError(await chat(port, 'nobody', 'hi'), 502, { message: /refuse/ });
  });
  await suite.test('after all this a chat is answered', async () => {
    assert.equal((await chat(port, 'm', 'hi')).said.text, 'You said: hi');
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gone = await Upstream.start();
  await gone.stop();
  const gateway = await Gateway.start(LIMITS + model('m', upstream, ID) + model('nobody', gone, ID));
  await answers(suite, gateway.port);
  await together(suite, gateway.port, upstream);
  await pressure(suite, gateway.port, upstream);
  await trouble(suite, gateway.port);
  await suite.test('it stops in order', async () => {
    assert.equal((await gateway.stop()).code, 0, gateway.log());
  });
  await tls(suite);
  await upstream.stop();
}
