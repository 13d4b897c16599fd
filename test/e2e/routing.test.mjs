// Two services and one model: who is asked, what a client notices of a failure, and what it is told.
import assert from 'node:assert/strict';
import { Gateway, Upstream, freePort, sleep, until } from './harness.mjs';
import { chat, isError, once } from './wire.mjs';

const TIMEOUTS = 'connect_ms = 1000\nfirst_byte_ms = 600\nidle_ms = 700\nping_ms = 200\n';

// [models.NAME] with a provider for each service, named as it is here.
function model(name, providers, { retries = 0, id = 'gpt-4.1-mini', more = {} } = {}) {
  const sections = Object.entries(providers).map(([provider, { endpoint }]) => `[models.${name}.providers.${provider}]
type = "rust-proxy"
model_name = "${more[provider]?.id ?? id}"
device_id = "device-of-tests"
session_id = "session-of-tests"
api_endpoint = "${endpoint}"
${more[provider]?.lines ?? ''}
`);
  return `[models.${name}]\nretries = ${retries}\n${sections.join('')}`;
}

// [directives for the first service]: it fails before its first word, and nobody notices.
const UNNOTICED = ['@@close', '@@rst', '@@cut0', '@@nothing', '@@empty', '@@error0', '@@html', '@@badhead', '@@twolengths',
  '@@gzip-unasked', '@@status=500', '@@status=503', '@@status=408', '@@status=429', '@@stall0', '@@pause=5000'];

async function unnoticed(suite, a, b) {
  for (const stream of [true, false]) {
    await suite.table(UNNOTICED.filter((how) => stream || !/stall0|pause/.test(how)),
      (how) => `${how}: the next one answers, ${stream ? 'streamed' : 'whole'}`, async (how) => {
        const gateway = await Gateway.start(model('m', { a, b }), { timeouts: TIMEOUTS });
        // A kept connection that ends at once is replaced silently, so the new one is ended too.
        const tries = /close|rst/.test(how) ? [how, how] : [how];
        await a.reset({ chat: tries });
        await b.reset();
        const answer = await chat(gateway.port, 'm', 'hi', { stream });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.said.text, 'You said: hi');
        assert.equal(answer.said.error, null);
        assert.equal(answer.said.done, stream);
        assert.ok((await a.stats()).requests.chat <= tries.length);
        assert.equal((await b.stats()).requests.chat, 1);
        if (!/stall0|pause/.test(how)) {
          assert.equal(answer.headers['x-moongate-provider'], 'b');
          assert.equal(answer.headers['x-moongate-attempts'], '2');
        }
        await gateway.stop();
      });
  }
  await suite.test('behind its first word the answer breaks off, and nobody else is asked', async () => {
    const gateway = await Gateway.start(model('m', { a, b }), { timeouts: TIMEOUTS });
    await a.reset({ chat: ['@@cut'] });
    await b.reset();
    const { said } = await chat(gateway.port, 'm', 'a b c d e f', { stream: true });
    assert.match(said.text, /^You/);
    assert.match(said.error.message, /^Request failed/);
    assert.equal(said.done, false);
    assert.equal((await b.stats()).requests.chat, 0);
    await gateway.stop();
  });
}

async function told(suite, a, b) {
  const nobody = { endpoint: `https://localhost:${await freePort()}/api/v1/stream/chat` };
  const gateway = await Gateway.start(
    model('m', { a, b }) + model('three', { a, nobody, b }) + model('mixed', { a, b }) + model('client', { a, b }),
    { timeouts: TIMEOUTS });
  await suite.test('all down: the last one\'s status, each one\'s words, all tries', async () => {
    await a.reset({ chat: ['@@status=500'] });
    await b.reset({ chat: ['@@status=503'] });
    const answer = await chat(gateway.port, 'three', 'hi');
    isError(answer, 503,
      { message: /^Request failed: a: the service answered 500.*; nobody: .*refused; b: the service answered 503/ });
    assert.equal(answer.headers['x-moongate-attempts'], '3');
    assert.equal(answer.headers['x-moongate-provider'], 'b');
  });
  await suite.test('and with a head that went out with a ping, the same in an event', async () => {
    await a.reset({ chat: ['@@stall0'] });
    await b.reset({ chat: ['@@status=503'] });
    const { said, status, text } = await chat(gateway.port, 'm', 'hi', { stream: true });
    assert.equal(status, 200);
    assert.match(text, /^: ping/);
    assert.match(said.error.message, /^Request failed: a: .*first_byte_ms.*; b: the service answered 503/);
    assert.equal(said.done, false);
  });
  await suite.test('a 400 of the second one is told alone, and ends it', async () => {
    await a.reset({ chat: ['@@status=500'] });
    await b.reset({ chat: ['@@status=400'] });
    isError(await chat(gateway.port, 'client', 'hi'), 400, { message: /^Request failed: the service answered 400/ });
  });
  await suite.test('a long Retry-After: the next one at once, and the first is left alone', async () => {
    await a.reset({ chat: ['@@status=429 @@retry-after=30'] });
    await b.reset();
    const start = Date.now();
    assert.equal((await chat(gateway.port, 'mixed', 'hi')).headers['x-moongate-attempts'], '2');
    assert.ok(Date.now() - start < 1500);
    assert.equal((await chat(gateway.port, 'mixed', 'hi')).headers['x-moongate-attempts'], '1');
    assert.equal((await a.stats()).requests.chat, 1);
  });
  await gateway.stop();
}

async function circuits(suite, a, b) {
  const gateway = await Gateway.start(model('m', { a, b }) + model('alone', { a }), { timeouts: TIMEOUTS });
  const state = async (name) => (await once(gateway.port, 'GET', `/v1/models/${name}`)).json();
  await suite.test('a flapping primary: five failures, then the other one alone', async () => {
    await a.reset({ chat: Array(5).fill('@@status=500') });
    await b.reset();
    const attempts = [];
    for (let i = 0; i < 8; i++) {
      const { said, headers } = await chat(gateway.port, 'm', 'hi');
      assert.equal(said.text, 'You said: hi');
      attempts.push(headers['x-moongate-attempts']);
    }
    assert.deepEqual(attempts, ['2', '2', '2', '2', '2', '1', '1', '1']);
    assert.equal((await a.stats()).requests.chat, 5);
    await until('log', () => /circuit provider=a from=closed to=open seconds=5 /.test(gateway.log()));
    const { text } = await once(gateway.port, 'GET', '/metrics');
    assert.match(text, /^moongate_circuit_state\{provider="a",model="m"\} 1$/m);
    assert.match(text, /^moongate_circuit_state\{provider="b",model="m"\} 0$/m);
  });
  await suite.test('5 s later it is probed, and is back', async () => {
    await until('probe', async () => {
      const { headers } = await chat(gateway.port, 'm', 'hi');
      return headers['x-moongate-provider'] === 'a';
    }, 8000, 200);
    await until('log', () => /from=open to=half_open[^]*from=half_open to=closed/.test(gateway.log()));
  });
  await suite.test('all of a model\'s circuits open: not available, and tried all the same', async () => {
    assert.equal((await state('alone')).available, true);
    await a.reset({ chat: Array(5).fill('@@status=500') });
    for (let i = 0; i < 5; i++) {
      isError(await chat(gateway.port, 'alone', 'hi'), 502, {});
    }
    assert.equal((await state('alone')).available, false);
    assert.equal((await state('alone')).reason, 'circuit_open');
    assert.equal((await state('m')).available, true);
    const list = (await once(gateway.port, 'GET', '/v1/models?available=true')).json();
    assert.deepEqual(list.data.map(({ id }) => id), ['m']);
    assert.equal((await chat(gateway.port, 'alone', 'hi')).said.text, 'You said: hi');
    assert.equal((await state('alone')).available, true);
  });
  await gateway.stop();
}

async function accounting(suite, a, b) {
  const id = 'premium-hundred';
  const gateway = await Gateway.start(
    model('m', { a, b }, { id }) + model('a', { a }, { id }) + model('b', { b }, { id })
      + model('used', { a, b }, { more: { a: { id: 'trial-used-up' } } })
      + model('empty', { a, b }, { id: 'trial-used-up' }), { timeouts: TIMEOUTS });
  const left = async (name) => (await once(gateway.port, 'GET', `/v1/models/${name}`)).json().usage_left;
  await until('model lists', async () => (await left('a')) === 100 && (await left('b')) === 100);
  await suite.test('a failed-over request is one use, of the service that answered', async () => {
    await a.control({ chat: ['@@status=500'] });
    const answer = await chat(gateway.port, 'm', 'hi');
    assert.equal(answer.headers['x-moongate-provider'], 'b');
    assert.equal(await left('a'), 100);
    assert.equal(await left('b'), 99);
  });
  await suite.test('a model without uses left is passed over before any try', async () => {
    const before = (await a.stats()).requests.chat;
    const answer = await chat(gateway.port, 'used', 'hi');
    assert.equal(answer.headers['x-moongate-provider'], 'b');
    assert.equal(answer.headers['x-moongate-attempts'], '1');
    assert.equal((await a.stats()).requests.chat, before);
  });
  await suite.test('and where all are, its own error is the answer', async () => {
    const answer = await chat(gateway.port, 'empty', 'hi');
    isError(answer, 429, { code: 'insufficient_quota', message: /used up/ });
    assert.equal(answer.headers['x-moongate-attempts'], '0');
  });
  await suite.test('one used up, the other failed: its status, and both are named', async () => {
    await b.control({ chat: ['@@status=503'] });
    isError(await chat(gateway.port, 'used', 'hi'), 503, { message: /: a: Model not available.*; b: .*503/ });
  });
  await gateway.stop();
}

async function weights(suite, a, b) {
  const more = { a: { lines: 'weight = 0.5' }, b: { lines: 'weight = 1.5' } };
  const gateway = await Gateway.start(model('m', { a, b }, { more }), { timeouts: TIMEOUTS });
  await suite.test('weights: each one has its share', async () => {
    const counts = { a: 0, b: 0 };
    for (let i = 0; i < 240; i++) {
      counts[(await chat(gateway.port, 'm', 'hi')).headers['x-moongate-provider']]++;
    }
    assert.ok(counts.a > 30 && counts.a < 90, JSON.stringify(counts)); // 60 are to be expected, of equal ones 120
    return JSON.stringify(counts);
  });
  await suite.test('and the other one where the first fails', async () => {
    let failed = 0;
    for (let i = 0; i < 40 && failed < 2; i++) { // two in a row do not open its circuit
      await a.reset({ chat: ['@@status=500'] });
      const answer = await chat(gateway.port, 'm', 'hi');
      assert.equal(answer.said.text, 'You said: hi');
      assert.equal(answer.headers['x-moongate-provider'], 'b');
      failed += Number(answer.headers['x-moongate-attempts']) - 1;
    }
    assert.equal(failed, 2);
  });
  await gateway.stop();
}

async function routes(suite, a, b) {
  const other = `[models.mix.providers.other]
type = "vllm"
model_name = "vendor/model:free"
api_base = "https://localhost:${b.port}/oai/v1"
api_key_location = "none"
`;
  const gateway = await Gateway.start(model('mix', { a }) + other + model('box', { a }), { timeouts: TIMEOUTS });
  const embed = (name) => once(gateway.port, 'POST', '/v1/embeddings', { body: JSON.stringify({ model: name, input: 'hi' }) });
  await suite.test('embeddings go to the provider that knows them', async () => {
    await b.reset();
    const answer = await embed('mix');
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-moongate-provider'], 'other');
    assert.equal(answer.headers['x-moongate-attempts'], '1');
  });
  await suite.test('when that one fails, its error alone is told', async () => {
    const body = JSON.stringify({ model: 'mix', input: '@@status=503' });
    isError(await once(gateway.port, 'POST', '/v1/embeddings', { body }), 503,
      { message: /^Request failed: the service answered 503/ });
  });
  await suite.test('a model with no such provider: 400 naming the route', async () => {
    isError(await embed('box'), 400, { param: 'model', code: 'unsupported_route', message: /box cannot do \/v1\/embeddings/ });
  });
  await gateway.stop();
}

async function restarts(suite, a) {
  await suite.test('a Retry-After of more than a minute outlives a restart', async () => {
    await a.reset({ chat: ['@@status=429 @@retry-after=3600'] });
    const text = model('m', { a });
    let gateway = await Gateway.start(text);
    isError(await chat(gateway.port, 'm', 'hi'), 429, {});
    await gateway.stop();
    gateway = await Gateway.start(text, { folder: gateway.folder });
    const answer = await chat(gateway.port, 'm', 'hi');
    isError(answer, 429, { message: /429/ });
    assert.equal(answer.headers['x-moongate-attempts'], '0');
    assert.ok(Number(answer.headers['retry-after']) > 3500);
    await gateway.stop();
  });
  await suite.test('a shorter one does not', async () => {
    await a.reset({ chat: ['@@status=429 @@retry-after=50'] });
    const text = model('m', { a });
    let gateway = await Gateway.start(text);
    isError(await chat(gateway.port, 'm', 'hi'), 429, {});
    await gateway.stop();
    gateway = await Gateway.start(text, { folder: gateway.folder });
    assert.equal((await chat(gateway.port, 'm', 'hi')).said.text, 'You said: hi');
    await gateway.stop();
  });
  await suite.test('a short Retry-After is waited for', async () => {
    await a.reset({ chat: ['@@status=503 @@retry-after=1'] });
    const gateway = await Gateway.start(model('m', { a }, { retries: 1 }));
    const start = Date.now();
    const answer = await chat(gateway.port, 'm', 'hi');
    assert.equal(answer.headers['x-moongate-attempts'], '2');
    assert.ok(Date.now() - start >= 950);
    await gateway.stop();
  });
}

export default async function (suite) {
  const a = await Upstream.start();
  const b = await Upstream.start();
  await unnoticed(suite, a, b);
  await told(suite, a, b);
  await circuits(suite, a, b);
  await accounting(suite, a, b);
  await weights(suite, a, b);
  await routes(suite, a, b);
  await restarts(suite, a);
  await sleep(50);
  await suite.test('nothing is left open at the services', async () => {
    assert.equal((await a.stats()).chat.open + (await b.stats()).chat.open, 0);
  });
  await a.stop();
  await b.stop();
}
