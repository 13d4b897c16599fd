// What the gateway refuses of a client: HTTP that breaks the rules, and bodies that are no good. Nothing of it
// may reach the service.
import assert from 'node:assert/strict';
import { Gateway, Upstream, model, sleep } from './harness.mjs';
import { CHAT, Wire, chatBody, isError, once, request } from './wire.mjs';

const LARGEST = 4194304;
const good = (more) => chatBody('mini', 'hi', more);
const nested = (depth) => `${'['.repeat(depth - 1)}1${']'.repeat(depth - 1)}`;

// [what, body, what the error must have besides status 400]
const BODIES = [
  ['an empty body', '', {}],
  ['white space alone', '  \r\n', {}],
  ['half an object', '{"model":"mini"', {}],
  ['a comma too many', '{"model":"mini","messages":[],}', {}],
  ['single quotes', "{'model':'mini'}", {}],
  ['a bare word', '{"model":nul}', {}],
  ['a leading zero', '{"model":"mini","n":01,"messages":[]}', {}],
  ['an escape that is none', '{"model":"mi\\ni","messages":[{"role":"user","content":"\\x"}]}', {}],
  ['a control character', '{"model":"mini","messages":[{"role":"user","content":"a\u0001b"}]}', {}],
  ['two documents', `${good()}${good()}`, {}],
  ['something behind', `${good()} x`, {}],
  ['a byte order mark', `\ufeff${good()}`, {}],
  ['bytes that are no UTF-8', Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xc3, 0x28]),
    Buffer.from('","messages":[]}')]), {}],
  ['an overlong encoding', Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xc0, 0xaf]),
    Buffer.from('","messages":[]}')]), {}],
  ['a surrogate in UTF-8', Buffer.concat([Buffer.from('{"model":"'),
    Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('","messages":[]}')]), {}],
  ['65 levels', `{"model":"mini","messages":[],"x":${nested(64)}}`, {}],
  ['a number', '5', {}],
  ['an array', '[]', {}],
  ['no model', '{"messages":[{"role":"user","content":"hi"}]}', { param: 'model' }],
  ['no messages', '{"model":"mini"}', { param: 'messages' }],
  ['empty messages', '{"model":"mini","messages":[]}', { param: 'messages' }],
  ['model a number', '{"model":5,"messages":[{"role":"user","content":"hi"}]}', { param: 'model' }],
  ['model null', '{"model":null,"messages":[{"role":"user","content":"hi"}]}', { param: 'model' }],
  ['messages a string', '{"model":"mini","messages":"hi"}', { param: 'messages' }],
  ['messages an object', '{"model":"mini","messages":{"role":"user"}}', { param: 'messages' }],
  ['a message that is a string', '{"model":"mini","messages":["hi"]}', {}],
  ['a role that is a number', '{"model":"mini","messages":[{"role":1,"content":"hi"}]}', {}],
  ['a content that is a number', '{"model":"mini","messages":[{"role":"user","content":1}]}', {}],
  ['stream a string', good({ stream: 'yes' }), { param: 'stream' }],
  ['stream a number', good({ stream: 1 }), { param: 'stream' }],
  ['stream_options a string', good({ stream: true, stream_options: 'x' }), { param: 'stream_options' }],
  ['model twice', `{"model":"mini",${good().slice(1)}`, { param: 'model' }],
  ['model twice, once escaped', `{"mod\\u0065l":"mini",${good().slice(1)}`, { param: 'model' }],
  ['messages twice', `${good().slice(0, -1)},"messages":[]}`, { param: 'messages' }],
  ['role twice in a message',
    '{"model":"mini","messages":[{"role":"user","role":"system","content":"hi"}]}', {}],
];

const json = { 'content-type': 'application/json' };
const headOnly = (fields, version) => request('POST', CHAT, { fields: { ...json, ...fields }, version });
const fieldLine = (line) => `GET /health HTTP/1.1\r\nhost: localhost\r\n${line}\r\n\r\n`;
const chunkedBody = (body) => `POST ${CHAT} HTTP/1.1\r\nhost: localhost\r\n`
  + `content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${body}`;
const manyFields = Array.from({ length: 120 }, (_, i) => `x-${i}: y`).join('\r\n');

// [status, what, bytes, what the error must have]: each answered and then closed.
const HEADS = [
  [411, 'no length', headOnly({})],
  [413, 'a length beyond the limit', headOnly({ 'content-length': LARGEST + 1 }), { message: /4194304/ }],
  [413, 'a length beyond all numbers', headOnly({ 'content-length': '9'.repeat(30) })],
  [413, 'a length beyond, with Expect',
    headOnly({ 'content-length': LARGEST + 1, expect: '100-continue' }), { message: /4194304/ }],
  [414, 'a target of 5,000 bytes', request('GET', `/${'a'.repeat(5000)}`)],
  [415, 'text/plain', headOnly({ 'content-type': 'text/plain', 'content-length': 2 })],
  [415, 'form data',
    headOnly({ 'content-type': 'application/x-www-form-urlencoded', 'content-length': 2 })],
  [417, 'an expectation nobody knows', headOnly({ 'content-length': 2, expect: 'magic' })],
  [421, 'a host that is not ours', headOnly({ host: 'evil.example.com', 'content-length': 2 })],
  [421, 'the same with a dot behind', headOnly({ host: 'evil.example.com.', 'content-length': 2 })],
  [421, 'the same with a port', headOnly({ host: 'evil.example.com:3000', 'content-length': 2 })],
  [431, 'a field of 20,000 bytes', fieldLine(`x-a: ${'b'.repeat(20000)}`)],
  [431, '120 fields', fieldLine(manyFields)],
  [501, 'gzip as transfer coding',
    headOnly({ 'transfer-encoding': 'gzip, chunked' })],
  [501, 'a transfer coding nobody knows', headOnly({ 'transfer-encoding': 'x-own' })],
  [505, 'HTTP/2.0', headOnly({ 'content-length': 2 }, 'HTTP/2.0')],
  [505, 'HTTP/3.1', headOnly({ 'content-length': 2 }, 'HTTP/3.1')],
  [403, 'an origin of elsewhere',
    headOnly({ origin: 'https://evil.example.com', 'content-length': 2 })],
  [400, 'two Authorization fields',
    headOnly({ authorization: ['Bearer a', 'Bearer b'], 'content-length': 2 })],
  [400, 'both lengths', headOnly({ 'content-length': 2, 'transfer-encoding': 'chunked' })],
  [400, 'two lengths that differ', headOnly({ 'content-length': [2, 3] })],
  [400, 'a list of lengths that differ', headOnly({ 'content-length': '2, 3' })],
  [400, 'a negative length', headOnly({ 'content-length': -2 })],
  [400, 'a length with a sign', headOnly({ 'content-length': '+2' })],
  [400, 'a length in hexadecimal', headOnly({ 'content-length': '0x2' })],
  [400, 'an empty length', headOnly({ 'content-length': '' })],
  [400, 'chunked twice', headOnly({ 'transfer-encoding': 'chunked, chunked' })],
  [400, 'chunked from an HTTP/1.0 client', headOnly({ 'transfer-encoding': 'chunked' }, 'HTTP/1.0')],
  [400, 'no host', headOnly({ host: null, 'content-length': 2 })],
  [400, 'two hosts', headOnly({ host: ['localhost', 'localhost'], 'content-length': 2 })],
  [400, 'a host with a space', headOnly({ host: 'local host', 'content-length': 2 })],
  [400, 'a line that ends in LF alone', 'GET /health HTTP/1.1\nhost: localhost\n\n'],
  [400, 'one LF among CRLF', 'GET /health HTTP/1.1\r\nhost: localhost\nx-a: b\r\n\r\n'],
  [400, 'a bare CR in a field', fieldLine('x-a: b\rc')],
  [400, 'a folded field', fieldLine('x-a: b\r\n c')],
  [400, 'a space before the colon', fieldLine('x-a : b')],
  [400, 'a space before the first field', 'GET /health HTTP/1.1\r\n host: localhost\r\n\r\n'],
  [400, 'a field without a colon', fieldLine('x-a')],
  [400, 'a field without a name', fieldLine(': b')],
  [400, 'a NUL in a field', fieldLine('x-a: b\0c')],
  [400, 'a name with a slash', fieldLine('x/a: b')],
  [400, 'two spaces in the request line', 'GET  /health HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  [400, 'a tab in the request line', 'GET\t/health HTTP/1.1\r\nhost: localhost\r\n\r\n'],
  [400, 'no version', 'GET /health\r\nhost: localhost\r\n\r\n'],
  [400, 'no HTTP', 'EHLO localhost\r\nhost: localhost\r\n\r\n'],
  [400, 'a version in small letters', 'GET /health http/1.1\r\nhost: localhost\r\n\r\n'],
  [400, 'TLS spoken to the plain port', Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0, 13, 10, 13, 10])],
  [400, 'a chunk size that is none', chunkedBody('zz\r\n')],
  [400, 'a negative chunk size', chunkedBody('-1\r\n\r\n')],
  [400, 'a chunk size beyond all numbers', chunkedBody(`${'f'.repeat(17)}\r\n`)],
  [400, 'a chunk without its line end', chunkedBody('2\r\n{}x')],
  [400, 'a chunk size that ends in LF alone', chunkedBody('2\n{}\r\n0\r\n\r\n')],
];

// [method, path, status, allowed]: what routes say to other methods.
const ROUTES = [
  ['GET', '/v1/nothing', 404],
  ['GET', '/v2/models', 404],
  ['GET', '/openai/v2/models', 404],
  ['GET', '/health/', 404],
  ['GET', '/..%2fhealth', 404],
  ['GET', '/V1/models', 404],
  ['GET', CHAT, 405, 'POST'],
  ['PUT', CHAT, 405, 'POST'],
  ['DELETE', '/v1/models', 405, 'GET'],
  ['DELETE', '/health', 405, 'GET'],
  ['GET', `/openai${CHAT}`, 405, 'POST'],
];

async function sent(port, bytes, status, expected) {
  const wire = await Wire.open(port);
  wire.send(bytes);
  const answer = await wire.answer();
  isError(answer, status, expected);
  assert.equal(answer.complete, true);
  assert.equal(answer.headers.connection, 'close');
  await wire.closed();
  wire.end();
}

async function large(suite, port) {
  await suite.test('413 for a chunked body beyond the limit', async () => {
    const wire = await Wire.open(port);
    wire.send(chunkedBody(''));
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65536, 0x20), Buffer.from('\r\n')]);
    for (let i = 0; i < 66 && wire.buffer.length === 0 && !wire.ended; i++) {
      wire.send(chunk);
      await sleep(1);
    }
    isError(await wire.answer(), 413, { message: /4194304/ });
    wire.end();
  });
  await suite.test('a body of exactly the limit is taken', async () => {
    const body = good();
    const padded = body + ' '.repeat(LARGEST - body.length);
    assert.equal((await once(port, 'POST', CHAT, { body: padded })).status, 200);
  });
  await suite.test('64 levels are taken', async () => {
    const body = `${good().slice(0, -1)},"x":${nested(63)}}`;
    assert.equal((await once(port, 'POST', CHAT, { body })).status, 200);
  });
  await suite.test('an escaped lone surrogate and names twice that are only passed on', async () => {
    const body = `${good().slice(0, -1)},"x":{"a":1,"a":2},"y":"\\ud800"}`;
    assert.equal((await once(port, 'POST', CHAT, { body })).status, 200);
  });
}

// [what, bytes sent, ms until 408 is due]
const SLOW = [
  ['half a request line', 'GET /hea', 400],
  ['a head without its end', 'GET /health HTTP/1.1\r\nhost: localhost\r\n', 400],
  ['a body that stops', request('POST', CHAT, { fields: { ...json, 'content-length': 50 } }) + '{"mod', 600],
];

async function slow(suite, upstream) {
  const timeouts = 'client_head_ms = 400\nclient_body_ms = 600\nclient_idle_ms = 500\n';
  const gateway = await Gateway.start(model('mini', upstream, { id: 'gpt-4.1-mini' }), { timeouts });
  await suite.table(SLOW, ([what]) => `408 for ${what}`, async ([, bytes, ms]) => {
    const wire = await Wire.open(gateway.port);
    const start = Date.now();
    wire.send(bytes);
    isError(await wire.answer(), 408);
    const took = Date.now() - start;
    assert.ok(took >= ms - 50 && took < ms + 1000, `after ${took} ms`);
    await wire.closed();
  });
  await suite.test('408 for a head that drips', async () => {
    const wire = await Wire.open(gateway.port);
    wire.send('GET /health HTTP/1.1\r\nhost: localhost\r\nx-a: ');
    for (let i = 0; i < 20 && wire.buffer.length === 0; i++) {
      wire.send('b');
      await sleep(50);
    }
    isError(await wire.answer(), 408);
    wire.end();
  });
  await suite.test('an idle connection is closed without a word', async () => {
    const wire = await Wire.open(gateway.port);
    wire.send(request('GET', '/health'));
    assert.equal((await wire.answer()).status, 200);
    await wire.closed(2000);
  });
  await gateway.stop();
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(model('mini', upstream, { id: 'gpt-4.1-mini' }));
  await suite.table(BODIES, ([what]) => `400 for ${what}`, async ([, body, expected]) => {
    isError(await once(gateway.port, 'POST', CHAT, { body }), 400,
      { type: 'invalid_request_error', ...expected });
  });
  await suite.table(HEADS, ([status, what]) => `${status} for ${what}`,
    ([status, , bytes, expected]) => sent(gateway.port, bytes, status, expected));
  await suite.table(ROUTES, ([method, path, status]) => `${status} for ${method} ${path}`,
    async ([method, path, status, allowed]) => {
      const answer = await once(gateway.port, method, path);
      isError(answer, status);
      assert.ok(allowed === undefined || answer.headers.allow.split(/, */).includes(allowed));
    });
  await suite.test('nothing of this reached the service', async () => {
    assert.equal((await upstream.stats()).requests.chat, 0);
  });
  await large(suite, gateway.port);
  await slow(suite, upstream);
  await suite.test('and it still answers', async () => {
    assert.equal((await once(gateway.port, 'POST', CHAT, { body: good() })).status, 200);
  });
  await gateway.stop();
  await upstream.stop();
}
