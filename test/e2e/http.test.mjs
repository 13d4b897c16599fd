// HTTP as clients really send it: every shape of a good request gets the same good answer.
import assert from 'node:assert/strict';
import { Gateway, Upstream, model, sleep } from './harness.mjs';
import { CHAT, Wire, chat, chatBody, isError, once, read, request } from './wire.mjs';

const BODY = chatBody('mini', 'hello there');
const isHello = (answer) => {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(read(answer, false).said.text, 'You said: hello there');
};

const json = { 'content-type': 'application/json' };
const expecting = { ...json, 'content-length': BODY.length, expect: '100-continue' };
const chunked = (...pieces) => [...pieces, ''].map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');

async function bodies(suite, port) {
  await suite.test('a chunked body, in one piece and byte by byte', async () => {
    for (const pieces of [[BODY], BODY.split(''), [BODY.slice(0, 7), BODY.slice(7)]]) {
      const wire = await Wire.open(port);
      wire.send(request('POST', CHAT, { fields: { ...json, 'transfer-encoding': 'chunked' } }));
      wire.send(chunked(...pieces));
      isHello(await wire.answer());
      wire.end();
    }
  });
  await suite.test('chunk extensions and trailers', async () => {
    const wire = await Wire.open(port);
    wire.send(request('POST', CHAT, { fields: { ...json, 'transfer-encoding': 'chunked' } }));
    wire.send(`${BODY.length.toString(16)};a=b;c="d"\r\n${BODY}\r\n0\r\nx-sum: 1\r\n\r\n`);
    isHello(await wire.answer());
    wire.send(request('GET', '/health'));
    assert.equal((await wire.answer()).status, 200);
    wire.end();
  });
  await suite.test('a request that comes byte by byte', async () => {
    const wire = await Wire.open(port);
    for (const byte of request('POST', CHAT, { body: BODY })) {
      wire.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    isHello(await wire.answer());
    wire.end();
  });
  await suite.test('Expect: 100-continue, asked and answered', async () => {
    const wire = await Wire.open(port);
    wire.send(request('POST', CHAT, { fields: expecting }));
    assert.equal((await wire.head()).status, 100);
    wire.send(BODY);
    isHello(await wire.answer());
    wire.end();
  });
  await suite.test('Expect with the body sent at once', async () => {
    const wire = await Wire.open(port);
    wire.send(request('POST', CHAT, { fields: expecting }) + BODY);
    isHello(await wire.answer());
    wire.end();
  });
  await suite.test('a content type with parameters', async () => {
    const fields = { 'content-type': 'Application/JSON; charset=utf-8' };
    isHello(await once(port, 'POST', CHAT, { body: BODY, fields }));
  });
}

async function connections(suite, port) {
  await suite.test('keep-alive: fifty requests on one connection', async () => {
    const wire = await Wire.open(port);
    for (let i = 0; i < 50; i++) {
      wire.send(request('POST', CHAT, { body: BODY }));
      isHello(await wire.answer());
    }
    await wire.open();
    wire.end();
  });
  await suite.test('pipelining: answers come in order', async () => {
    const wire = await Wire.open(port);
    const texts = ['@@delay=200 first', 'second', '@@delay=50 third'];
    wire.send(Buffer.concat(texts.map((text) => request('POST', CHAT, { body: chatBody('mini', text) }))));
    wire.send(request('GET', '/health'));
    for (const word of ['first', 'second', 'third']) {
      assert.equal(read(await wire.answer(), false).said.text, `You said: ${word}`);
    }
    assert.equal((await wire.answer()).json().gateway, 'ok');
    wire.end();
  });
  await suite.test('a stream and then another request on the same connection', async () => {
    const wire = await Wire.open(port);
    for (let i = 0; i < 3; i++) {
      wire.send(request('POST', CHAT, { body: chatBody('mini', 'hello there', { stream: true }) }));
      const answer = read(await wire.answer(), true);
      assert.equal(answer.said.text, 'You said: hello there');
      assert.ok(answer.said.done);
    }
    wire.end();
  });
  await suite.test('Connection: close is honoured', async () => {
    const wire = await Wire.open(port);
    wire.send(request('POST', CHAT, { body: BODY, fields: { connection: 'close' } }));
    const answer = await wire.answer();
    isHello(answer);
    assert.equal(answer.headers.connection, 'close');
    await wire.closed();
  });
  await suite.test('an HTTP/1.0 client: no chunks, and the connection is closed', async () => {
    for (const stream of [false, true]) {
      const wire = await Wire.open(port);
      const body = chatBody('mini', 'hello there', { stream });
      wire.send(request('POST', CHAT, { body, version: 'HTTP/1.0' }));
      const answer = read(await wire.answer(), stream);
      assert.equal(answer.said.text, 'You said: hello there');
      assert.equal('transfer-encoding' in answer.headers, false);
      await wire.closed();
    }
  });
  await suite.test('an HTTP/1.0 client without a host', async () => {
    const answer = await once(port, 'GET', '/health', { version: 'HTTP/1.0', fields: { host: null } });
    assert.equal(answer.status, 200);
  });
  await suite.test('a client that shuts its sending side behind a request for /health', async () => {
    const wire = await Wire.open(port);
    wire.socket.end(request('GET', '/health'));
    assert.equal((await wire.answer()).status, 200);
    wire.end();
  });
  await suite.test('an empty line before a request is skipped', async () => {
    const wire = await Wire.open(port);
    wire.send(`\r\n${request('GET', '/health')}`);
    assert.equal((await wire.answer()).status, 200);
    wire.end();
  });
}

// [path, method, what its body must be]
const ROUTES = [
  ['/health', 'GET', (body) => assert.deepEqual(body, { gateway: 'ok', clickhouse: 'ok' })],
  ['/health', 'HEAD'],
  ['/status', 'GET', (body) => {
    assert.equal(body.status, 'ok');
    assert.match(body.version, /^\d+\.\d+\.\d+/);
    assert.equal(typeof body.config_hash, 'string');
    assert.equal(typeof body.uptime_s, 'number');
  }],
  ['/v1/models', 'GET', (body) => assert.equal(body.object, 'list')],
  ['/openai/v1/models', 'GET', (body) => assert.equal(body.object, 'list')],
  ['/v1/models/mini', 'GET', (body) => assert.equal(body.id, 'mini')],
  ['/openai/v1/models/mini', 'GET', (body) => assert.equal(body.id, 'mini')],
  ['/v1/models?available=true', 'GET', (body) => assert.deepEqual(body.data.map((one) => one.id), ['mini'])],
  ['/v1/models', 'GET', (body) => assert.equal(body.data.length, 2)],
];

const HOSTS = ['127.0.0.1', 'localhost:3000', '[::1]', '[::1]:3000', 'router', 'box.lan', 'box.local',
  'box.lan.', 'gateway.internal', 'a.home.arpa', '192.168.1.1:3000'];

async function routes(suite, port) {
  await suite.table(ROUTES, ([path, method]) => `${method} ${path}`, async ([path, method, check]) => {
    const answer = await once(port, method, path);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.server, /^moongate\/\d/);
    assert.ok(answer.headers['x-request-id']);
    check?.(answer.json());
  });
  await suite.test('HEAD /health tells what GET would, without a body', async () => {
    const wire = await Wire.open(port);
    wire.send(request('HEAD', '/health') + request('GET', '/health'));
    const head = await wire.answer({ method: 'HEAD' });
    const get = await wire.answer();
    assert.equal(Number(head.headers['content-length']), get.body.length);
    wire.end();
  });
  await suite.test('chats under /openai/v1', async () => {
    isHello(await once(port, 'POST', `/openai${CHAT}`, { body: BODY }));
  });
  await suite.table(HOSTS, (host) => `host ${host} is ours`, async (host) => {
    assert.equal((await once(port, 'GET', '/status', { fields: { host } })).status, 200);
  });
}

async function headers(suite, port) {
  await suite.test('x-moongate-provider and -attempts', async () => {
    const answer = await chat(port, 'mini', 'hi');
    assert.equal(answer.headers['x-moongate-provider'], 'p');
    assert.equal(answer.headers['x-moongate-attempts'], '1');
  });
  await suite.test('they are on errors too', async () => {
    const answer = await chat(port, 'mini', '@@close');
    isError(answer, 502, { message: /^Request failed/ });
    assert.equal(answer.headers['x-moongate-attempts'], '1');
  });
  await suite.test('x-moongate-ignored names what the service cannot take', async () => {
    const answer = await chat(port, 'mini', 'hi', { temperature: 0.5, seed: 7, top_p: 1 });
    const names = answer.headers['x-moongate-ignored'].split(/, */).sort();
    assert.deepEqual(names, ['seed', 'temperature', 'top_p']);
  });
  await suite.test('x-moongate-ignored is made harmless and short', async () => {
    const odd = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`p${i}\r\nx-evil: 1`, i]));
    const answer = await chat(port, 'mini', 'hi', odd);
    assert.equal('x-evil' in answer.headers, false);
    const names = answer.headers['x-moongate-ignored'].split(/, */);
    assert.ok(names.length <= 16, `${names.length} names`);
    names.forEach((name) => assert.match(name, /^[A-Za-z0-9_.-]+$/));
  });
  await suite.test('request ids differ', async () => {
    const ids = new Set();
    for (let i = 0; i < 20; i++) {
      ids.add((await once(port, 'GET', '/health')).headers['x-request-id']);
    }
    assert.equal(ids.size, 20);
  });
  await suite.test('an answer has the shape of OpenAI\'s', async () => {
    const { said } = await chat(port, 'mini', 'hi');
    assert.match(said.object.id, /^chatcmpl-/);
    assert.equal(said.object.choices[0].index, 0);
    assert.equal(said.object.choices[0].logprobs ?? null, null);
  });
  await suite.test('a stream has the shape of OpenAI\'s', async () => {
    const { said, headers: fields } = await chat(port, 'mini', 'hi', { stream: true });
    assert.match(fields['content-type'], /^text\/event-stream/);
    assert.equal(said.chunks[0].choices[0].delta.role, 'assistant');
    assert.equal(new Set(said.chunks.map((chunk) => chunk.id)).size, 1);
    assert.ok(said.done);
    assert.equal(said.chunks.some((chunk) => chunk.usage), false);
  });
  await suite.test('usage, asked for, is null and never made up', async () => {
    const options = { stream: true, stream_options: { include_usage: true } };
    const { said } = await chat(port, 'mini', 'hi', options);
    const { usage } = said.chunks.at(-1);
    assert.ok(usage !== undefined, 'usage is there');
    Object.values(usage ?? {}).forEach((count) => assert.equal(count, null));
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(
    model('mini', upstream, { id: 'gpt-4.1-mini' }) + model('trial-used-up', upstream),
  );
  await chat(gateway.port, 'mini', 'so that the model list is there');
  await bodies(suite, gateway.port);
  await connections(suite, gateway.port);
  await routes(suite, gateway.port);
  await headers(suite, gateway.port);
  await suite.test('a quiet client waits with pings at event borders', async () => {
    const timeouts = 'ping_ms = 100';
    const quick = await Gateway.start(model('mini', upstream, { id: 'gpt-4.1-mini' }), { timeouts });
    const answer = await chat(quick.port, 'mini', '@@words=4 @@gap=350', { stream: true });
    assert.equal(answer.said.text, 'w0 w1 w2 w3');
    assert.ok(answer.text.split(': ping\n').length > 4, 'pings');
    await sleep(0);
    await quick.stop();
  });
  await gateway.stop();
  await upstream.stop();
}
