// Bad input from either side, for each protocol: a clear error, the connection to the service given up, and the
// next request unharmed.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, until } from './harness.mjs';
import { TYPES, models } from './providers.mjs';
import { CHAT, Wire, chatBody, isError, once, read, request } from './wire.mjs';

const TIMEOUTS = 'first_byte_ms = 3000\nidle_ms = 3000\ntotal_ms = 6000\nping_ms = 0\n';
const MIB = 1048576;

// [directives, what the message says]: answers that are none.
const ANSWERS = [
  ['@@html', /html|content.type/i],
  ['@@gzip-unasked', /gzip|encoding/i],
  ['@@badhead', /HTTP/],
  ['@@twolengths', /length/i],
  ['@@bighead=100000', /head/i],
  ['@@endlesshead', /head/i],
  [`@@event=${MIB + 1}`, /event|line|long|large/i, 'stream'],
];

async function post(wire, model, content, more) {
  wire.send(request('POST', CHAT, { body: chatBody(model, content, more) }));
  return read(await wire.answer({ method: 'POST' }), more.stream);
}

async function answers(suite, port, upstream, type) {
  const rows = ANSWERS.flatMap(([how, message, kind]) => [true, false].map((stream) => [how, message, stream, kind]))
    .filter(([, , stream, kind]) => kind === undefined || stream);
  await suite.table(rows, ([how, , stream]) => `${type}: ${how}${stream ? ', streamed' : ''}`,
    async ([how, message, stream]) => {
      const wire = await Wire.open(port);
      await upstream.reset();
      const error = isError(await post(wire, type, how, { stream }), 502, { message });
      assert.match(error.message, /^Request failed: /);
      const open = async () => (await upstream.stats()).connections.open;
      await until('the end of its connection', async () => (await open()) === 0, 5000);
      assert.equal((await post(wire, type, 'hi', { stream })).said.text, 'You said: hi');
      wire.end();
    });
}

// The longest event passes, whatever stands around its text.
async function longest(suite, port, type) {
  await suite.test(`${type}: an event of 1 MiB less its frame passes`, async () => {
    const wire = await Wire.open(port);
    const { said } = await post(wire, type, `@@event=${MIB - 400}`, { stream: true });
    assert.equal(said.text.length, MIB - 400, JSON.stringify(said.error));
    wire.end();
  });
}

// A body of that size, almost all of it an image.
function picture(model, bytes) {
  const content = (data) => [{ type: 'text', text: 'what is it?' },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }];
  const empty = chatBody(model, [{ role: 'user', content: content('') }]).length;
  return chatBody(model, [{ role: 'user', content: content('A'.repeat(bytes - empty)) }]);
}

async function pictures(suite, port, upstream, type) {
  await suite.test(`${type}: a chat of 4 MiB, an image, passes`, async () => {
    const body = picture(type, 4 * MIB);
    assert.equal(body.length, 4 * MIB);
    const answer = await once(port, 'POST', CHAT, { body, ms: 30000 });
    assert.equal(answer.status, 200, answer.text.slice(0, 300));
    assert.match(answer.text, /You said: what is it\?/);
    const seen = (await upstream.stats()).chat.last.body;
    assert.equal(seen.includes('A'.repeat(4 * MIB - 1000)), type !== 'rust-proxy', 'the image');
  });
  await suite.test(`${type}: one byte more is a 413 that names the limit, by length and chunked`, async () => {
    const body = picture(type, 4 * MIB + 1);
    isError(await once(port, 'POST', CHAT, { body, ms: 30000 }), 413, { message: /4194304/ });
    const wire = await Wire.open(port);
    wire.send(request('POST', CHAT, { fields: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } }));
    wire.send(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    isError(await wire.answer({ method: 'POST', ms: 30000 }), 413, { message: /4194304/ });
    wire.end();
  });
}

// [what, members, param]: of a type that no reader of these members could take.
const TYPES_OF_MEMBERS = [
  ['model', { model: 5 }, 'model'],
  ['model null', { model: null }, 'model'],
  ['messages', { messages: 'hi' }, 'messages'],
  ['messages with a string', { messages: ['hi'] }, 'messages'],
  ['stream', { stream: 'yes' }, 'stream'],
  ['stream_options', { stream: true, stream_options: [] }, 'stream_options'],
  ['include_usage', { stream: true, stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
];

async function types(suite, port, upstream, type) {
  await suite.table(TYPES_OF_MEMBERS, ([what]) => `${type}: ${what} of a wrong type is named`,
    async ([, members, param]) => {
      await upstream.reset();
      const body = JSON.stringify({ model: type, messages: [{ role: 'user', content: 'hi' }], ...members });
      isError(await once(port, 'POST', CHAT, { body }), 400, { param });
      assert.equal((await upstream.stats()).requests.chat, 0);
    });
}

async function world(suite, type) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(models(upstream, [type]), { env: KEY, timeouts: TIMEOUTS });
  await answers(suite, gateway.port, upstream, type);
  await longest(suite, gateway.port, type);
  await pictures(suite, gateway.port, upstream, type);
  await types(suite, gateway.port, upstream, type);
  await gateway.stop();
  await upstream.stop();
}

export default async function (suite) {
  await Promise.all(TYPES.map((type) => world(suite, type)));
}
