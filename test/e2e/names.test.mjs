// Names: a whole service as one section, what a function's variant says for the client, n and stop.
import assert from 'node:assert/strict';
import net from 'node:net';
import { Gateway, KEY, Upstream, model, relay, until } from './harness.mjs';
import { chat, isError, once } from './wire.mjs';

const ID = 'vendor/model:free';

const wildcard = (upstream, filter = '') => relay('*', upstream, { filter })
  .replace('model_name = "*"\n', '');

async function wild(suite, upstream) {
  const key = '[keys.some]\nsecret = "0123456789abcdef"\nmodels = ["vendor/model:free", "mine"]\n';
  const text = wildcard(upstream) + model('mine', upstream, { id: 'gpt-4.1-mini' })
    + '[aliases]\nnick = "mine"\n[functions.f.variants.v]\nmodel = "vendor/model:free"\n' + key;
  const gateway = await Gateway.start(text, { env: KEY, gateway: 'allow_anonymous = true' });
  const { port } = gateway;
  const fields = { authorization: 'Bearer 0123456789abcdef', 'content-type': 'application/json' };
  const ask = (name) => chat(port, name, 'hi', {}, { fields });
  const get = async (path) => once(port, 'GET', path, { fields });
  await suite.table([ID, `tensorzero::model_name::${ID}`, 'f', 'tensorzero::function_name::f'],
    (name) => `a name that only the service has: ${name}`, async (name) => {
      const answer = await ask(name);
      assert.equal(answer.status, 200, answer.text);
      assert.equal((await upstream.lastChat()).body.model, ID);
    });
  await suite.test('names of the file come first', async () => {
    for (const name of ['mine', 'nick']) {
      assert.equal((await ask(name)).said.text, 'You said: hi');
      assert.equal((await upstream.lastChat()).body.extra.model, 'gpt-4.1-mini');
    }
  });
  await suite.test('a name that nobody lists, and one that the key may not use', async () => {
    isError(await ask('nobody'), 403, {});
    isError(await ask('plain'), 403, {});
  });
  await suite.test('/v1/models lists what the key may name, once', async () => {
    const list = JSON.parse((await get('/v1/models')).text).data.map(({ id }) => id);
    assert.deepEqual(list.sort(), ['f', 'mine', 'nick', ID]);
    const one = await get(`/v1/models/${encodeURIComponent(ID)}`);
    assert.equal(JSON.parse(one.text).available, true);
    assert.equal((await get('/v1/models/nobody')).status, 404);
  });
  await gateway.stop();
  await suite.test('without keys: all that the service has', async () => {
    const open = await Gateway.start(wildcard(upstream), { env: KEY });
    let list = [];
    await until('the list', async () => {
      list = JSON.parse((await once(open.port, 'GET', '/v1/models')).text).data;
      return list.length === 3;
    });
    for (const { id } of list) {
      assert.equal((await chat(open.port, id, 'hi')).status, 200);
      assert.equal((await upstream.lastChat()).body.model, id);
    }
    isError(await chat(open.port, 'nobody', 'hi'), 404,
      { code: 'model_not_found', message: /nobody.*not found in the service's model list/ });
    // A name that only the service or a client has would be a label without bounds.
    const labels = [...(await once(open.port, 'GET', '/metrics')).text.matchAll(/[{,]model="([^"]*)"/g)].map(([, name]) => name);
    assert.deepEqual([...new Set(labels)], ['*']);
    await open.stop();
  });
}

async function sampling(suite, upstream) {
  const variant = '[functions.f.variants.v]\nmodel = "it"\ntemperature = 0.70\nmax_tokens = 99\nseed = -3\n'
    + '[functions.g.variants.v]\nmodel = "own"\ntemperature = 0.5\n';
  const gateway = await Gateway.start(relay('it', upstream, { id: ID }) + variant
    + model('own', upstream, { id: 'gpt-4.1-mini' }), { env: KEY });
  const body = (members) => `{"model":"f",${members}"messages":[{"role":"user","content":"hi"}]}`;
  const sent = async (members) => {
    const answer = await once(gateway.port, 'POST', '/v1/chat/completions', { body: body(members) });
    assert.equal(answer.status, 200, answer.text);
    return (await upstream.stats()).chat.last.body;
  };
  const MODEL = `{"model":${JSON.stringify(ID)}`;
  const rest = '"messages":[{"role":"user","content":"hi"}]}';
  await suite.table([
    ['', ',"temperature":0.70,"max_tokens":99,"seed":-3,'],
    ['"temperature":1.50e0,', ',"max_tokens":99,"seed":-3,"temperature":1.50e0,'],
    ['"max_completion_tokens":5,"seed":null,', ',"temperature":0.70,"max_completion_tokens":5,"seed":null,'],
  ], ([members]) => `what the variant says and the client does not: ${members}`, async ([members, seen]) => {
    assert.equal(await sent(members), MODEL + seen + rest);
  });
  await suite.test('what the variant says goes with a chat of the other API as well', async () => {
    const asked = { model: 'f', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] };
    const answer = await once(gateway.port, 'POST', '/v1/messages', { body: JSON.stringify(asked) });
    assert.equal(answer.status, 200, answer.text);
    const { temperature, max_tokens, seed } = JSON.parse((await upstream.stats()).chat.last.body);
    assert.deepEqual({ temperature, max_tokens, seed }, { temperature: 0.7, max_tokens: 5, seed: -3 });
  });
  await suite.test('who has no word for it is told at the start', async () => {
    assert.match(gateway.log(), /sampling keys mean nothing to the provider .* of the type rust-proxy/);
    assert.equal((await chat(gateway.port, 'g', 'hi')).said.text, 'You said: hi');
  });
  await suite.test('n and stop pass where they can, and are refused where not', async () => {
    for (const more of [{ n: 3 }, { stop: 'a' }, { stop: ['a', 'b'] }]) {
      assert.equal((await chat(gateway.port, 'it', 'hi', more)).status, 200);
      assert.deepEqual({ ...(await upstream.lastChat()).body, ...more }, (await upstream.lastChat()).body);
    }
    isError(await chat(gateway.port, 'own', 'hi', { n: 2 }), 400, { param: 'n' });
    const one = await chat(gateway.port, 'own', 'hi', { n: 1, stop: ['a'] });
    assert.equal(one.headers['x-moongate-ignored'], 'n,stop');
    for (const more of [{ n: 'a' }, { n: 0 }, { stop: 1 }, { stop: [1] }, { max_tokens: '5' }, { max_completion_tokens: [] }]) {
      isError(await chat(gateway.port, 'it', 'hi', more), 400, { param: Object.keys(more)[0] });
    }
  });
  await gateway.stop();
}

async function costs(suite, upstream) {
  const gateway = await Gateway.start(relay('it', upstream, { id: ID }), { env: KEY, gateway: 'log_level = "info"' });
  let ended = 0;
  const last = async () => { // the line of the next request that ended
    const lines = () => gateway.log().split('\n').slice(0, -1).filter((line) => line.includes('outcome=complete'));
    await until('its line', () => lines().length > ended);
    ended += 1;
    return lines()[ended - 1];
  };
  const post = (path, body) => once(gateway.port, 'POST', path, { body: JSON.stringify({ model: 'it', ...body }) });
  await suite.test('the log tells what an answer cost, asked for or not', async () => {
    for (const more of [{ stream: true }, { stream: true, stream_options: { include_usage: true } }, {}]) {
      const { text } = await chat(gateway.port, 'it', 'hi', more);
      assert.match(await last(), /input_tokens=7 output_tokens=5/);
      assert.equal(/"prompt_tokens":7/.test(text), more.stream !== true || 'stream_options' in more);
    }
    await post('/v1/responses', { input: 'hi', stream: true });
    assert.match(await last(), /input_tokens=7 output_tokens=5/);
    await post('/v1/embeddings', { input: 'hi' });
    assert.match(await last(), /input_tokens=\d+ /);
  });
  await gateway.stop();
}

// A service that answers each request with these bytes, and ends.
async function serve(answer) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.end(answer));
  });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  return server;
}

// [what the service answers, what the client gets: status, content type, body]
const GOOD = [
  ['HTTP/1.1 201 Made\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n{"a":1 }', 201, 'application/json', '{"a":1 }'],
  ['HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n', 202, undefined, ''],
  ['HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n', 202, undefined, ''],
  ['HTTP/1.1 204 None\r\n\r\n', 204, undefined, ''],
  ['HTTP/1.1 203 Odd\r\ncontent-type: text/plain\r\n\r\nhello', 203, 'text/plain', 'hello'],
  ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', 502, 'application/json', /empty answer/],
  ['HTTP/1.1 201 Made\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{]', 502, 'application/json', /unusable/],
];

async function relayed(suite, upstream) {
  const gateway = await Gateway.start(relay('it', upstream, { id: ID }), { env: KEY });
  const body = '{"model":"it","input":"hi"}';
  await suite.table(['?api-version=2024-10-21', '?a=%2f..&b', '?', `?${'x'.repeat(130)}`],
    (query) => `a query goes on: ${query.slice(0, 30)}`, async (query) => {
      const answer = await once(gateway.port, 'POST', `/v1/embeddings${query}`, { body });
      assert.equal(JSON.parse(answer.text).path, `/oai/v1/embeddings${query}`);
    });
  await suite.test('a query that is too long, one of /responses, and other methods', async () => {
    isError(await once(gateway.port, 'POST', `/v1/embeddings?${'x'.repeat(200)}`, { body }), 414, { message: /143 bytes/ });
    const answer = await once(gateway.port, 'POST', '/v1/responses?a=b', { body });
    assert.equal(JSON.parse(answer.text).path, '/oai/v1/responses?a=b');
    for (const method of ['GET', 'DELETE']) {
      isError(await once(gateway.port, method, '/v1/embeddings'), 404, {});
    }
  });
  await gateway.stop();
  await suite.table(GOOD, ([bytes]) => bytes.split('\r\n')[0], async ([bytes, status, type, text]) => {
    const server = await serve(bytes);
    const config = `[models.it]\nretries = 0\n[models.it.providers.p]\ntype = "vllm"\nmodel_name = "m"
api_base = "http://127.0.0.1:${server.address().port}/v1"\n`;
    const odd = await Gateway.start(config);
    const answer = await once(odd.port, 'POST', '/v1/things', { body });
    assert.equal(answer.status, status);
    assert.equal(answer.headers['content-type'], type);
    assert.ok(typeof text === 'string' ? answer.text === text : text.test(answer.text), answer.text);
    await odd.stop();
    server.close();
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  await wild(suite, upstream);
  await sampling(suite, upstream);
  await costs(suite, upstream);
  await relayed(suite, upstream);
  await upstream.stop();
}
