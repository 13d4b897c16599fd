// The service's protocol: what it is sent, and every way in which it may write its answer.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Gateway, Upstream, model } from './harness.mjs';
import { chat, isError } from './wire.mjs';

const text = (value) => ({ type: 'text', text: value });
const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
const call = (name, args) => ({ id: 'c1', type: 'function', function: { name, arguments: args } });

// [what, messages, the content that the service must be sent]
const CONVERSIONS = [
  ['one user', [{ role: 'user', content: 'hi' }], 'User: hi'],
  ['every role', [
    { role: 'system', content: 'S' }, { role: 'developer', content: 'D' }, { role: 'user', content: 'U' },
    { role: 'assistant', content: 'A' }, { role: 'tool', tool_call_id: 'c1', content: 'T' },
  ], 'System: S\nSystem: D\nUser: U\nAssistant: A\nTool: T'],
  ['text parts', [{ role: 'user', content: [text('one'), text('two')] }], 'User: one two'],
  ['a part that is not text', [{ role: 'user', content: [text('see'), image, text('this')] }],
    'User: see [Non-text content] this'],
  ['a part alone that is not text', [{ role: 'user', content: [image] }], 'User: [Non-text content]'],
  ['tool calls', [
    { role: 'user', content: 'U' },
    { role: 'assistant', content: 'A', tool_calls: [call('f', '{"a":"b"}')] },
  ], /^User: U\nAssistant: A\s\[tool call f \{"a":"b"\}\]$/],
  ['tool calls without text', [
    { role: 'user', content: 'U' },
    { role: 'assistant', content: null, tool_calls: [call('f', '{}'), call('g', '{"x":1}')] },
  ], /^User: U\nAssistant:\s\[tool call f \{\}\]\s\[tool call g \{"x":1\}\]$/],
  ['an empty text', [{ role: 'user', content: '' }, { role: 'user', content: 'x' }], 'User: \nUser: x'],
  ['every awkward character', [{ role: 'user', content: 'q"b\\s/\b\f\n\r\t\u0001\u007f é ✨ 𝄞 \u2028' }],
    'User: q"b\\s/\b\f\n\r\t\u0001\u007f é ✨ 𝄞 \u2028'],
  ['100,000 characters', [{ role: 'user', content: 'ab '.repeat(33333) }], `User: ${'ab '.repeat(33333)}`],
];

async function conversions(suite, port, upstream) {
  await suite.table(CONVERSIONS, ([what]) => `conversion of ${what}`, async ([, messages, content]) => {
    const answer = await chat(port, 'mini', messages);
    assert.equal(answer.status, 200, answer.text);
    const sent = (await upstream.lastChat()).body.content;
    if (content instanceof RegExp) {
      assert.match(sent, content);
    } else {
      assert.equal(sent, content);
    }
  });
  await suite.test('@@echo brings the body back, to the byte', async () => {
    const { said } = await chat(port, 'mini', '@@echo é "q" ✨');
    const { last } = (await upstream.stats()).chat;
    assert.equal(said.text, last.body);
    assert.deepEqual(JSON.parse(said.text), {
      content: 'User: @@echo é "q" ✨',
      extra: { searchMode: 'web', model: 'gpt-4.1-mini', isExpert: false, language: 'en' },
    });
  });
  await suite.test('an escaped lone surrogate becomes U+FFFD', async () => {
    const { said } = await chat(port, 'mini', 'a\ud800b');
    assert.equal(said.text, 'You said: a\ufffdb');
  });
}

async function headers(suite, upstream) {
  const account = 'device_id = "dev-1"\nsession_id = "ses-1"\n';
  const more = 'os_type = "7"\naccept_language = "de"\n'
    + 'search_mode = "none"\nis_expert = true\nsign = "hmac-sha256"\nsign_key = "env::SIGN"\n';
  const own = await Gateway.start(model('own', upstream, { id: 'gpt-4.1-mini', account, more }),
    { env: { SIGN: 'secret-sign-key' } });
  await suite.test('headers and body carry the configuration', async () => {
    assert.equal((await chat(own.port, 'own', 'hi "é"\n')).status, 200);
    const { headers: sent, body } = await upstream.lastChat();
    const expected = { 'device-id': 'dev-1', sid: 'ses-1', 'os-type': '7', 'accept-language': 'de',
      accept: 'text/event-stream', 'content-type': 'application/json',
      host: `localhost:${upstream.port}` };
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(sent[name], value, name);
    }
    assert.match(sent['user-agent'], /^moongate\/\d+\.\d+\.\d+$/);
    assert.equal('origin' in sent || 'referer' in sent || 'cookie' in sent, false);
    assert.deepEqual(body.extra,
      { searchMode: 'none', model: 'gpt-4.1-mini', isExpert: true, language: 'de' });
  });
  await suite.test('sign = "hmac-sha256"', async () => {
    const { headers: sent, body } = await upstream.lastChat();
    const signed = [sent.nonce, sent.timestamp, 'dev-1', body.content].join('\n');
    assert.equal(sent.sign, createHmac('sha256', 'secret-sign-key').update(signed).digest('hex'));
  });
  await own.stop();
  await suite.test('no secret is in the log', async () => {
    assert.doesNotMatch(own.log(), /dev-1|ses-1|secret-sign-key/);
  });
}

const WORDS = '@@words=12';
const TWELVE = Array.from({ length: 12 }, (_, i) => `w${i}`).join(' ');

// Directives that must change nothing of the answer's text.
const SAME = ['', '@@cr', '@@crlf', '@@lf', '@@noevent', '@@json', '@@json @@noevent @@crlf', '@@comment',
  '@@unknown', '@@noids', '@@nofinish', '@@nolastnl', '@@nofinish @@nolastnl', '@@nolastchunk', '@@length',
  '@@eof', '@@eof @@nofinish', '@@split=1', '@@split=1 @@crlf', '@@split=2 @@cr', '@@split=3 @@json',
  '@@split=7 @@length', '@@split=1 @@eof', '@@informational', '@@gap=5', '@@pause=200', '@@delay=200',
  '@@close-after', '@@bighead=4000', '@@reasoning=3', '@@interleave', '@@extras'];

// [directives, the answer's text]
const TEXTS = [
  ['@@multiline', 'one\ntwo\n\n four'],
  ['@@multiline @@crlf @@split=1', 'one\ntwo\n\n four'],
  ['@@multiline @@json', 'one\ntwo\n\n four'],
  ['@@jsonother @@words=2', '{"delta":"w0"}{"delta":" w1"}'],
  ['@@event=1000', 'x'.repeat(1000)],
  ['@@event=15000', 'x'.repeat(15000)],
  ['@@event=100000', 'x'.repeat(100000)],
  ['@@event=1000000', 'x'.repeat(1000000)],
  ['@@event=1000000 @@json @@length', 'x'.repeat(1000000)],
];

async function both(port, content, expected) {
  for (const stream of [false, true]) {
    const { said, status, text: raw, complete } = await chat(port, 'mini', content, { stream });
    assert.equal(status, 200, raw);
    assert.equal(said.error, null, raw.slice(-500));
    assert.equal(said.text.length, expected.length);
    assert.ok(said.text === expected, `stream ${stream}: ${said.text.slice(0, 200)}`);
    assert.equal(said.finish, 'stop');
    assert.equal(said.done, stream);
    assert.equal(complete, true);
  }
}

async function extras(suite, port) {
  await suite.test('reasoning goes on as reasoning_content', async () => {
    for (const stream of [false, true]) {
      for (const how of ['@@reasoning=3', '@@reasoning=3 @@json']) {
        const { said } = await chat(port, 'mini', `${how} hi`, { stream });
        assert.equal(said.reasoning, 'thought 0. thought 1. thought 2. ');
        assert.equal(said.text, 'You said: hi');
      }
    }
  });
  await suite.test('questions, sources and the thread are in `moongate`', async () => {
    for (const stream of [false, true]) {
      const { said } = await chat(port, 'mini', '@@extras hi', { stream });
      const { moongate } = said;
      assert.deepEqual(moongate.related_questions, ['What is a moon gate?', 'Who built the first one?']);
      const sources = JSON.stringify(moongate.sources);
      ['https://example.org/gate', 'Garden \\"walls\\"', 'src/gate.c'].forEach((piece) => {
        assert.ok(sources.includes(piece), `${piece} in ${sources}`);
      });
      assert.equal(typeof moongate.thread_id, 'string');
      if (stream) {
        assert.deepEqual(said.chunks.at(-1).moongate, moongate);
      }
    }
  });
  await suite.test('without any, there are none', async () => {
    const { said } = await chat(port, 'mini', '@@noids hi');
    assert.equal(said.moongate?.related_questions, undefined);
    assert.equal(said.moongate?.sources, undefined);
  });
}

async function threads(suite, port, upstream) {
  await suite.test('a conversation goes on with its thread', async () => {
    const first = (await chat(port, 'mini', 'hi')).said.moongate.thread_id;
    assert.equal('threadId' in (await upstream.lastChat()).body, false);
    const second = await chat(port, 'mini', 'more', { moongate: { thread_id: first } });
    assert.equal(second.status, 200, second.text);
    assert.match((await upstream.lastChat()).body.threadId, /^thread-\d+$/);
    assert.notEqual(first, (await upstream.lastChat()).body.threadId, 'it is sealed');
  });
  await suite.test('and not with a thread that was made up', async () => {
    const { chat: { last } } = await upstream.stats();
    for (const made of [JSON.parse(last.body).threadId, 'thread-1', '', 'x'.repeat(500)]) {
      const answer = await chat(port, 'mini', 'more', { moongate: { thread_id: made } });
      isError(answer, 400, {});
    }
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(model('mini', upstream, { id: 'gpt-4.1-mini' }));
  const { port } = gateway;
  await conversions(suite, port, upstream);
  await headers(suite, upstream);
  await suite.table(SAME, (how) => `the same answer with ${how || 'nothing'}`,
    (how) => both(port, `${WORDS} ${how}`, TWELVE));
  await suite.table(TEXTS, ([how]) => `the text of ${how}`, ([how, expected]) => both(port, how, expected));
  await extras(suite, port);
  await threads(suite, port, upstream);
  await suite.test('the stand-in had nothing to refuse', async () => {
    const { chat: seen } = await upstream.stats();
    assert.equal(seen.refused, 0, seen.refusal);
  });
  await gateway.stop();
  await upstream.stop();
}
