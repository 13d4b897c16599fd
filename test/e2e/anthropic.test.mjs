// A service that speaks Anthropic's protocol, asked in OpenAI's words: what it is told, and what comes back.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, claude, relay } from './harness.mjs';
import { CHAT, chat, chatBody, events, isError, once } from './wire.mjs';

const ID = 'claude-of-tests';
const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const TOOL = { type: 'function', function: { name: 'look_up', description: 'Looks up.', parameters: { type: 'object' } } };
const user = (content) => ({ role: 'user', content });
const text = (words) => ({ type: 'text', text: words });
const said = (role, ...blocks) => ({ role, content: blocks });

// [members of the chat, members that the service is told, names that it is not]
const REQUESTS = [
  [{}, { messages: [said('user', text('hi'))], max_tokens: 777 }],
  [{ max_tokens: 5, temperature: 0.5, stop: 'x', user: 'u', seed: 1, response_format: { type: 'text' } },
    { max_tokens: 5, temperature: 0.5, stop_sequences: ['x'], metadata: { user_id: 'u' } }, 'seed,response_format'],
  [{ max_tokens: 5, max_completion_tokens: 6, stop: ['a', 'b'], n: 1 }, { max_tokens: 6, stop_sequences: ['a', 'b'] }],
  [{ messages: [{ role: 'system', content: 'Be\nkind.' }, user('1'), { role: 'developer', content: [text('Be "brief".')] },
    user('2'), { role: 'assistant', content: '3' }, user([text('4'), { type: 'image_url', image_url: { url: PNG } }])] },
  { system: 'Be\nkind.\n\nBe "brief".', messages: [said('user', text('1'), text('2')), said('assistant', text('3')),
    said('user', text('4'), { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } })] }],
  [{ tools: [TOOL], tool_choice: 'required', parallel_tool_calls: false, logprobs: true },
    { tools: [{ name: 'look_up', description: 'Looks up.', input_schema: { type: 'object' } }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true } }, 'logprobs'],
  [{ messages: [user('hi'), { role: 'assistant', content: null, tool_calls: [
    { id: 'c1', type: 'function', function: { name: 'look_up', arguments: '{"q": "é\\n"}' } },
    { id: 'c2', type: 'function', function: { name: 'now', arguments: '' } }] },
  { role: 'tool', tool_call_id: 'c1', content: 'one' }, { role: 'tool', tool_call_id: 'c2', content: [text('two')] }, user('go')] },
  { messages: [said('user', text('hi')),
    said('assistant', { type: 'tool_use', id: 'c1', name: 'look_up', input: { q: 'é\n' } },
      { type: 'tool_use', id: 'c2', name: 'now', input: {} }),
    said('user', { type: 'tool_result', tool_use_id: 'c1', content: [text('one')] },
      { type: 'tool_result', tool_use_id: 'c2', content: [text('two')] }, text('go'))] }],
];

async function requests(suite, upstream, port) {
  await suite.test('what the service is told', async () => {
    for (const [members, told, ignored] of REQUESTS) {
      for (const stream of [false, true]) {
        const body = JSON.stringify({ model: 'it', messages: [user('hi')], stream, ...members });
        const answer = await once(port, 'POST', CHAT, { body });
        assert.equal(answer.status, 200, `${body}: ${answer.text}`);
        assert.equal(answer.headers['x-moongate-ignored'], ignored);
        const seen = (await upstream.lastChat()).body;
        assert.equal(seen.model, ID);
        assert.equal(seen.stream, true);
        for (const [name, value] of Object.entries(told)) {
          assert.deepEqual(seen[name], value, body);
        }
      }
    }
  });
  await suite.test('its head', async () => {
    await chat(port, 'it', 'hi', { stream: true });
    const { headers } = await upstream.lastChat();
    assert.equal(headers['x-api-key'], 'sk-key-of-tests');
    assert.deepEqual(Object.keys(headers), ['host', 'user-agent', 'anthropic-version', 'x-api-key', 'content-type',
      'content-length', 'accept']);
  });
  await suite.test('what has no form there is a 400, and nothing is sent', async () => {
    const before = (await upstream.stats()).chat;
    const rows = [
      ['n', { n: 2 }],
      ['messages', { messages: [user('a'), user([{ type: 'input_audio', input_audio: { data: 'AA' } }])] }, /messages\[1\]/],
      ['messages', { messages: [user([{ type: 'image_url', image_url: { url: 'ftp://x' } }])] }, /messages\[0\]/],
      ['tools', { tools: [{ type: 'custom', custom: { name: 'x' } }] }],
      ['tool_choice', { tool_choice: 'any' }],
    ];
    for (const [param, members, message = /./] of rows) {
      const body = JSON.stringify({ model: 'it', messages: [user('hi')], ...members });
      isError(await once(port, 'POST', CHAT, { body }), 400, { param, message });
    }
    assert.deepEqual((await upstream.stats()).chat, before);
  });
  await suite.test('a chat of 4 MiB with a picture passes', async () => {
    const content = (data) => [user([text('hi'), { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }])];
    const data = 'A'.repeat(4194304 - chatBody('it', content('')).length);
    const answer = await once(port, 'POST', CHAT, { body: chatBody('it', content(data)), ms: 30000 });
    assert.equal(answer.status, 200, answer.text.slice(0, 200));
    assert.equal((await upstream.lastChat()).body.messages[0].content[1].source.data, data);
  });
}

// [directives, finish_reason, text, names of the tools called]
const ANSWERS = [
  ['', 'stop', 'You said: hi', []],
  ['@@words=3', 'stop', 'w0 w1 w2', []],
  ['@@tools=1', 'tool_calls', '', ['look_up']],
  ['@@tools=3 @@words=2', 'tool_calls', 'w0 w1', ['look_up', 'now', 'now']],
  ['@@full', 'length', 'You said: hi', []],
  ['@@filtered', 'content_filter', 'You said: hi', []],
  ['@@stopseq', 'stop', 'You said: hi', []],
  ['@@empty', 'stop', '', []],
  ['@@nodone', 'stop', 'You said: hi', []],
  ['@@nodone @@eof', 'stop', 'You said: hi', []],
  ['@@nolastnl @@crlf', 'stop', 'You said: hi', []],
  ['@@pings=2 @@comment @@unknown', 'stop', 'You said: hi', []],
  ['@@noevent', 'stop', 'You said: hi', []],
  ['@@malformed=2 @@words=3', 'stop', 'w0 w1 w2', []],
  ['@@split=1 @@tools=2', 'tool_calls', '', ['look_up', 'now']],
];

// What a stream comes to: its calls put together as clients do.
function joined(chunks) {
  const message = { content: '', reasoning: '', calls: [], finish: null };
  for (const { choices: [choice] } of chunks) {
    message.content += choice?.delta.content ?? '';
    message.reasoning += choice?.delta.reasoning_content ?? '';
    message.finish = choice?.finish_reason ?? message.finish;
    for (const call of choice?.delta.tool_calls ?? []) {
      message.calls[call.index] ??= { id: call.id, type: call.type, name: call.function.name, arguments: '' };
      message.calls[call.index].arguments += call.function.arguments;
    }
  }
  return message;
}

function checkCalls(calls, names) {
  assert.deepEqual(calls.map(({ name }) => name), names);
  calls.forEach((call, i) => {
    assert.equal(call.id, `toolu_${i + 1}`);
    assert.equal(call.type, 'function');
    assert.deepEqual(JSON.parse(call.arguments), i === 0 ? { q: 'gate' } : {});
  });
}

async function answers(suite, port) {
  for (const [directives, finish, words, names] of ANSWERS) {
    await suite.test(`streamed: ${directives || 'a chat'}`, async () => {
      const answer = await chat(port, 'it', `${directives} hi`.trim(), { stream: true, stream_options: { include_usage: true } });
      const data = events(answer.text);
      assert.equal(data.pop(), '[DONE]');
      const chunks = data.map((line) => JSON.parse(line));
      const { usage } = chunks.at(-1);
      const message = joined(chunks);
      assert.deepEqual([message.finish, message.content], [finish, words]);
      assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], [7, 5, 12]);
      checkCalls(message.calls, names);
    });
    await suite.test(`whole: ${directives || 'a chat'}`, async () => {
      const answer = await once(port, 'POST', CHAT, { body: chatBody('it', `${directives} hi`.trim()) });
      assert.equal(answer.status, 200, answer.text);
      const { choices: [{ message, finish_reason: reason }], usage } = JSON.parse(answer.text);
      assert.deepEqual([reason, message.content ?? ''], [finish, words]);
      assert.equal(message.content === null, names.length > 0 && words === '');
      assert.equal(usage.total_tokens, 12);
      assert.equal('tool_calls' in message, names.length > 0);
      checkCalls((message.tool_calls ?? []).map(({ id, type, function: f }) => ({ id, type, ...f })), names);
    });
  }
  await suite.test('thinking is reasoning_content', async () => {
    const streamed = joined(events((await chat(port, 'it', '@@reasoning=2 hi', { stream: true })).text).slice(0, -1)
      .map((line) => JSON.parse(line)));
    assert.deepEqual([streamed.reasoning, streamed.content], ['thought 0. thought 1. ', 'You said: hi']);
    const { said: whole } = await chat(port, 'it', '@@reasoning=2 hi');
    assert.deepEqual([whole.reasoning, whole.text], ['thought 0. thought 1. ', 'You said: hi']);
  });
  await suite.test('a long answer flows, whole and streamed', async () => {
    for (const stream of [false, true]) {
      const answer = await chat(port, 'it', '@@bytes=700000 hi', { stream }, { ms: 20000 });
      assert.equal(answer.said.text.length, 700000);
    }
  });
}

async function failures(suite, port) {
  await suite.test('errors and cuts are no answers', async () => {
    const rows = [
      ['@@error0', 502, /told to fail/],
      ['@@status=529', 503, /529/],
      ['@@toolong', 400, /./],
      ['@@nofinish', 502, /ended without/],
      ['@@cut=1', 502, /Request failed/],
      ['@@html', 502, /event stream/],
    ];
    for (const [directive, status, message] of rows) {
      isError(await once(port, 'POST', CHAT, { body: chatBody('it', `${directive} hi`) }), status, { message });
    }
  });
  await suite.test('a stream that is cut in a call says so, without [DONE]', async () => {
    const answer = await chat(port, 'it', '@@tools=2 @@words=3 @@error hi', { stream: true });
    assert.equal(answer.said.done, false);
    assert.match(answer.said.error.message, /told to fail/);
  });
}

// A model whose first service speaks Anthropic's protocol, and the second OpenAI's.
function both(upstream) {
  const second = relay('both', upstream, { id: 'gpt-of-tests' }).split('providers.p]\n')[1];
  return `${claude('both', upstream, { id: ID })}[models.both.providers.q]\n${second}`;
}

async function routed(suite, upstream) {
  await suite.test('what has no form here goes to the next provider, and so does what failed', async () => {
    const gateway = await Gateway.start(both(upstream), { env: KEY });
    const first = await once(gateway.port, 'POST', CHAT, { body: chatBody('both', 'hi', { seed: 1 }) });
    assert.deepEqual([first.headers['x-moongate-provider'], first.headers['x-moongate-ignored']], ['p', 'seed']);
    const audio = [user([text('hi'), { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }])];
    for (const [content, members] of [['hi', { n: 2, seed: 1 }], [audio, {}]]) {
      const answer = await once(gateway.port, 'POST', CHAT, { body: chatBody('both', content, members) });
      assert.equal(answer.status, 200, answer.text);
      const { headers } = answer;
      assert.deepEqual([headers['x-moongate-provider'], headers['x-moongate-attempts']], ['q', '1']);
      assert.equal(headers['x-moongate-ignored'], undefined);
    }
    await upstream.control({ chat: ['@@error0'] });
    const again = await once(gateway.port, 'POST', CHAT, { body: chatBody('both', 'hi', { seed: 1 }) });
    assert.deepEqual([again.headers['x-moongate-provider'], again.headers['x-moongate-attempts']], ['q', '2']);
    assert.equal(again.headers['x-moongate-ignored'], undefined);
    await gateway.stop();
  });
}

async function lists(suite, upstream) {
  await suite.test('its list: names, and models that are not there', async () => {
    const gateway = await Gateway.start(claude('it', upstream, { id: ID }) + claude('none', upstream, { id: 'claude-none' }), { env: KEY });
    await chat(gateway.port, 'it', 'hi');
    isError(await once(gateway.port, 'POST', CHAT, { body: chatBody('none', 'hi') }), 404, { code: 'model_not_found' });
    const { data } = JSON.parse((await once(gateway.port, 'GET', '/v1/models')).text);
    const it = data.find(({ id }) => id === 'it');
    assert.deepEqual([it.display_name, it.type, it.available], ['Model 0', null, true]);
    assert.equal(data.find(({ id }) => id === 'none').reason, 'not_found');
    await gateway.stop();
  });
  await suite.test('a name without the date of the list\'s', async () => {
    const list = { data: [{ type: 'model', id: 'claude-x-4-20250514', display_name: 'Claude X 4' }], has_more: false };
    await upstream.control({ models_body: JSON.stringify(list) });
    const names = ['claude-x-4', 'claude-x-4-0', 'claude-x-4-latest', 'claude-x-4-20250514', 'claude-x', 'claude-x-4-1'];
    const gateway = await Gateway.start(names.map((name) => claude(name, upstream)).join(''), { env: KEY });
    for (const [i, name] of names.entries()) {
      const answer = await once(gateway.port, 'POST', CHAT, { body: chatBody(name, 'hi') });
      assert.equal(answer.status, i < 4 ? 200 : 404, `${name}: ${answer.text}`);
    }
    await gateway.stop();
    await upstream.reset();
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(claude('it', upstream, { id: ID, more: 'max_tokens_default = 777\n' }), { env: KEY });
  await requests(suite, upstream, gateway.port);
  await answers(suite, gateway.port);
  await failures(suite, gateway.port);
  await gateway.stop();
  await routed(suite, upstream);
  await lists(suite, upstream);
  await upstream.stop();
}
