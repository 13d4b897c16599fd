// The official client, unmodified.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, model, require, until } from './harness.mjs';
import { CAN, TYPES, models as everyType } from './providers.mjs';

const OpenAI = require('openai');
const user = (content) => [{ role: 'user', content }];

// What a typed error must be: [model, content, class, status, code].
const ERRORS = [
  ['nobody-knows', 'hi', 'NotFoundError', 404, 'model_not_found'],
  ['corporate', 'hi', 'NotFoundError', 404, 'model_not_found'],
  ['trial-used-up', 'hi', 'RateLimitError', 429, 'insufficient_quota'],
  ['mini', '@@status=400', 'BadRequestError', 400],
  ['mini', '@@status=422', 'UnprocessableEntityError', 422],
  ['mini', '@@close', 'InternalServerError', 502],
  ['mini', '@@status=503', 'InternalServerError', 503],
];

async function streamed(stream) {
  let text = '';
  let finish = null;
  let last = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    last = chunk;
  }
  return { text, finish, last };
}

async function chats(suite, client) {
  await suite.test('a chat, whole', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'mini', messages: user('hello there') }).withResponse();
    assert.equal(data.object, 'chat.completion');
    assert.equal(data.choices[0].message.role, 'assistant');
    assert.equal(data.choices[0].message.content, 'You said: hello there');
    assert.equal(data.choices[0].finish_reason, 'stop');
    assert.ok(Math.abs(data.created - Date.now() / 1000) < 60, 'created');
    assert.equal(data.model, 'mini');
    assert.ok(response.headers.get('x-request-id'));
    assert.equal(data.usage, undefined);
  });
  await suite.test('a chat, streamed', async () => {
    const stream = await client.chat.completions
      .create({ model: 'mini', messages: user('hello there'), stream: true });
    const { text, finish, last } = await streamed(stream);
    assert.equal(text, 'You said: hello there');
    assert.equal(finish, 'stop');
    assert.equal(last.object, 'chat.completion.chunk');
  });
  await suite.test('the streaming helper adds it up', async () => {
    const runner = client.chat.completions
      .stream({ model: 'mini', messages: user('@@words=50 @@reasoning') });
    const whole = await runner.finalChatCompletion();
    const words = Array.from({ length: 50 }, (_, i) => `w${i}`).join(' ');
    assert.equal(whole.choices[0].message.content, words);
  });
  await suite.test('a conversation of several turns', async () => {
    const messages = [
      { role: 'system', content: 'Be short.' }, ...user('one'),
      { role: 'assistant', content: 'two' }, ...user('three'),
    ];
    const answer = await client.chat.completions.create({ model: 'mini', messages });
    assert.equal(answer.choices[0].message.content, 'You said: three');
  });
}

async function errors(suite, client) {
  await suite.table(ERRORS, ([name, text, kind]) => `${kind} for ${name} ${text}`,
    async ([name, content, kind, status, code]) => {
      const chat = client.chat.completions.create({ model: name, messages: user(content) });
      const error = await chat.then(() => assert.fail('no error'), (thrown) => thrown);
      assert.ok(error instanceof OpenAI[kind], `${error.constructor.name}: ${error.message}`);
      assert.equal(error.status, status);
      assert.equal(error.code, code ?? error.code);
      assert.ok(error.requestID, 'requestID');
    });
  await suite.test('an error in a stream is thrown', async () => {
    const stream = await client.chat.completions
      .create({ model: 'mini', messages: user('@@cut a b c d e'), stream: true });
    await assert.rejects(streamed(stream), (error) => /Request failed/.test(error.message));
  });
  await suite.test('a wrong base path is a NotFoundError', async () => {
    const lost = new OpenAI({ baseURL: `${client.baseURL}/nowhere`, apiKey: 'none', maxRetries: 0 });
    await assert.rejects(lost.models.list(), OpenAI.NotFoundError);
  });
}

async function models(suite, client) {
  await suite.test('models.list', async () => {
    const page = await client.models.list();
    const names = page.data.map((one) => one.id);
    assert.deepEqual(names.sort(), ['corporate', 'mini', 'nick', 'trial-used-up']);
    const mini = page.data.find((one) => one.id === 'mini');
    assert.equal(mini.object, 'model');
    assert.equal(typeof mini.created, 'number');
    assert.equal(typeof mini.owned_by, 'string');
    assert.equal(mini.type, 'base');
    assert.equal(mini.available, true);
    assert.equal(mini.reason, null);
    assert.equal(mini.display_name, 'GPT-4.1 mini');
  });
  await suite.test('models.retrieve', async () => {
    const used = await client.models.retrieve('trial-used-up');
    assert.equal(used.usage_left, 0);
    assert.equal(used.available, false);
    assert.equal(used.reason, 'usage_used_up');
    const unknown = await client.models.retrieve('corporate');
    assert.equal(unknown.reason, 'unknown_type');
  });
  await suite.test('models.retrieve of an unknown one', async () => {
    await assert.rejects(client.models.retrieve('nobody-knows'), OpenAI.NotFoundError);
  });
}

async function aborts(suite, client, upstream) {
  for (const stream of [true, false]) {
    await suite.test(`abort of a ${stream ? 'streamed' : 'whole'} chat ends it upstream`, async () => {
      await upstream.reset();
      const controller = new AbortController();
      const pending = client.chat.completions.create(
        { model: 'mini', messages: user('@@words=1000 @@gap=20'), stream },
        { signal: controller.signal },
      );
      const outcome = Promise.resolve(pending).then(streamed).catch((error) => error);
      await until('chat', async () => (await upstream.stats()).chat.open === 1);
      controller.abort();
      const left = Date.now();
      await until('abort', async () => (await upstream.stats()).chat.aborted === 1, 1000, 5);
      await outcome;
      return `${Date.now() - left} ms`;
    });
  }
}

// A loop of tools, streamed: called, its result told, the answer to it.
async function tools(suite, client, type) {
  await suite.test(`runTools in a stream, ${type}`, async () => {
    const called = [];
    const runner = client.chat.completions.runTools({
      model: type, messages: user('@@tools'), stream: true,
      tools: [{ type: 'function', function: {
        name: 'look_up', parse: JSON.parse, parameters: { type: 'object', properties: { q: { type: 'string' } } },
        function: async ({ q }) => { called.push(q); return `found a ${q}`; },
      } }],
    });
    assert.equal(await runner.finalContent(), 'You said: found a gate');
    assert.deepEqual(called, ['gate']);
  });
}

// What holds whatever protocol the service speaks.
async function everywhere(suite, upstream) {
  const gateway = await Gateway.start(everyType(upstream), { env: KEY });
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${gateway.port}/v1`, apiKey: 'none', maxRetries: 0 });
  for (const type of TYPES) {
    await suite.test(`whole and streamed, ${type}`, async () => {
      const whole = await client.chat.completions.create({ model: type, messages: user('@@full hi'), n: 1 });
      assert.equal(whole.choices[0].message.content, 'You said: hi');
      assert.equal(whole.choices[0].finish_reason, CAN[type].tools ? 'length' : 'stop');
      const { text } = await streamed(await client.chat.completions
        .create({ model: type, messages: user('hi'), stream: true, stream_options: { include_usage: true } }));
      assert.equal(text, 'You said: hi');
    });
    if (CAN[type].tools) {
      await tools(suite, client, type);
    }
    await suite.test(`typed errors, ${type}`, async () => {
      for (const [how, kind] of [['@@status=400', 'BadRequestError'], ['@@close', 'InternalServerError'],
        ['@@toolong', 'BadRequestError'], ['@@status=422', 'UnprocessableEntityError']]) {
        await assert.rejects(client.chat.completions.create({ model: type, messages: user(how) }), OpenAI[kind]);
      }
      const cut = await client.chat.completions.create({ model: type, messages: user('@@cut a b c d'), stream: true });
      await assert.rejects(streamed(cut), /Request failed/);
    });
  }
  await gateway.stop();
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start([
    model('mini', upstream, { id: 'gpt-4.1-mini' }), model('trial-used-up', upstream),
    model('corporate', upstream), '[aliases]\nnick = "mini"\n',
  ].join(''));
  const client = new OpenAI({
    baseURL: `http://127.0.0.1:${gateway.port}/v1`, apiKey: 'none', maxRetries: 0, timeout: 20000,
  });
  await chats(suite, client);
  await models(suite, client);
  await errors(suite, client);
  await aborts(suite, client, upstream);
  await suite.test('the older base path, and an alias', async () => {
    const old = new OpenAI({ baseURL: `http://127.0.0.1:${gateway.port}/openai/v1`, apiKey: 'none' });
    const answer = await old.chat.completions.create({ model: 'nick', messages: user('hi') });
    assert.equal(answer.choices[0].message.content, 'You said: hi');
  });
  await gateway.stop();
  await everywhere(suite, upstream);
  await upstream.stop();
}
