// Anthropic's own client, unmodified, with every kind of provider behind the gateway.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, require } from './harness.mjs';
import { CAN, TYPES, models } from './providers.mjs';

const Anthropic = require('@anthropic-ai/sdk');

const user = (content) => [{ role: 'user', content }];
const words = (count) => Array.from({ length: count }, (_, i) => `w${i}`).join(' ');
const TOOL = { name: 'look_up', description: 'Looks up.', input_schema: { type: 'object', properties: { q: { type: 'string' } } } };

const textOf = (message) => message.content.filter((one) => one.type === 'text').map((one) => one.text).join('');

async function chats(suite, client, type) {
  const ask = (content, more = {}) => ({ model: type, max_tokens: 99, messages: user(content), ...more });
  await suite.test(`Anthropic's client, ${type}: a message, whole`, async () => {
    const { data, response } = await client.messages.create(ask('hello there', { system: 'Be short.' })).withResponse();
    assert.equal(data.type, 'message');
    assert.equal(data.role, 'assistant');
    assert.equal(textOf(data), 'You said: hello there');
    assert.equal(data.stop_reason, 'end_turn');
    assert.ok(response.headers.get('request-id'));
    assert.equal(response.headers.get('x-moongate-provider'), 'p');
    if (CAN[type].counts) {
      assert.ok(data.usage.input_tokens > 0 && data.usage.output_tokens > 0, JSON.stringify(data.usage));
    } else {
      assert.deepEqual(data.usage, { input_tokens: 0, output_tokens: 0 });
      assert.equal(data.moongate.usage_known, false);
    }
  });
  await suite.test(`Anthropic's client, ${type}: a message, streamed`, async () => {
    const stream = client.messages.stream(ask('@@words=50'));
    const seen = [];
    stream.on('streamEvent', (event) => seen.push(event.type));
    const message = await stream.finalMessage();
    assert.equal(textOf(message), words(50));
    assert.equal(message.stop_reason, 'end_turn');
    assert.equal(seen[0], 'message_start');
    assert.equal(seen.at(-1), 'message_stop');
  });
  await suite.test(`Anthropic's client, ${type}: blocks`, async () => {
    const blocks = [{ type: 'text', text: 'what is in' }, { type: 'text', text: 'here' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }];
    const data = await client.messages.create(ask(blocks));
    assert.match(textOf(data), /^You said: /);
  });
  await suite.test(`Anthropic's client, ${type}: one who leaves`, async () => {
    const stream = client.messages.stream(ask('@@words=500 @@gap=5'));
    stream.on('text', () => stream.abort());
    await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
  });
}

async function tools(suite, client, type) {
  const ask = { model: type, max_tokens: 99, tools: [TOOL], messages: user('@@tools') };
  await suite.test(`Anthropic's client, ${type}: a tool, called and answered`, async () => {
    for (const message of [await client.messages.create(ask), await client.messages.stream(ask).finalMessage()]) {
      const use = message.content.find((one) => one.type === 'tool_use');
      assert.equal(message.stop_reason, 'tool_use');
      assert.equal(typeof use.input, 'object');
      const answer = await client.messages.create({ ...ask, messages: [...user('hi'),
        { role: 'assistant', content: message.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: 'found it' }] }] });
      assert.match(textOf(answer), /^You said: /);
    }
  });
}

// [content, class, status, type]
const ERRORS = [
  ['@@status=400', 'BadRequestError', 400, 'invalid_request_error'],
  ['@@status=422', 'UnprocessableEntityError', 422, 'invalid_request_error'],
  ['@@status=503', 'InternalServerError', 503, 'overloaded_error'],
  ['@@close', 'InternalServerError', 502, 'api_error'],
];

async function errors(suite, client, type) {
  await suite.test(`Anthropic's client, ${type}: errors as its classes`, async () => {
    for (const [content, name, status, kind] of ERRORS) {
      for (const stream of [false, true]) {
        await assert.rejects(client.messages.create({ model: type, max_tokens: 9, stream, messages: user(content) }), (error) => {
          assert.ok(error instanceof Anthropic[name], `${content}: ${error.constructor.name} ${error.message}`);
          assert.equal(error.status, status);
          assert.equal(error.error.error.type, kind);
          assert.equal(error.error.type, 'error');
          return true;
        });
      }
    }
  });
  await suite.test(`Anthropic's client, ${type}: a stream that breaks off`, async () => {
    const stream = client.messages.stream({ model: type, max_tokens: 9, messages: user('@@words=20 @@cut=5') });
    await assert.rejects(stream.finalMessage(), (error) => error instanceof Anthropic.APIError);
  });
}

async function head(suite, upstream, base) {
  await suite.test("Anthropic's client: its version and betas go on, its body as it came", async () => {
    const client = new Anthropic({ baseURL: base, apiKey: 'none', maxRetries: 0 });
    await client.beta.messages.create({ model: 'anthropic', max_tokens: 9, messages: user('hi'), top_k: 3,
      betas: ['one-2099-01-01', 'two'] }, { headers: { 'anthropic-version': '2099-01-01' } });
    const { headers, body } = await upstream.lastChat();
    assert.equal(headers['anthropic-version'], '2099-01-01');
    assert.equal(headers['anthropic-beta'], 'one-2099-01-01,two');
    assert.equal(body.top_k, 3);
    assert.equal(body.model, 'claude-of-tests');
  });
  await suite.test("Anthropic's client: tokens are counted where the service can", async () => {
    const client = new Anthropic({ baseURL: base, apiKey: 'none', maxRetries: 0 });
    const counted = await client.messages.countTokens({ model: 'anthropic', messages: user('hi') });
    assert.equal(counted.input_tokens, 7);
    await assert.rejects(client.messages.countTokens({ model: 'openai', messages: user('hi') }), Anthropic.APIError);
  });
  await suite.test("Anthropic's client: refusals", async () => {
    const client = new Anthropic({ baseURL: base, apiKey: 'none', maxRetries: 0 });
    await assert.rejects(client.messages.create({ model: 'nobody', max_tokens: 9, messages: user('hi') }), Anthropic.NotFoundError);
    await assert.rejects(client.messages.create({ model: 'openai', max_tokens: 'x', messages: user('hi') }), /max_tokens is no number/);
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(models(upstream), { env: KEY });
  const client = new Anthropic({ baseURL: `http://127.0.0.1:${gateway.port}`, apiKey: 'none', maxRetries: 0 });
  for (const type of TYPES) {
    await chats(suite, client, type);
    await errors(suite, client, type);
    if (CAN[type].tools) {
      await tools(suite, client, type);
    }
  }
  await head(suite, upstream, client.baseURL);
  await gateway.stop();
  await upstream.stop();
}
