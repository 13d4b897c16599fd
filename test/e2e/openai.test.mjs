// A service that speaks the clients' own protocol: what passes untouched, and what does not.
import assert from 'node:assert/strict';
import net from 'node:net';
import {
  Gateway, KEY, Upstream, freePort, model, relay, require, sleep, until,
} from './harness.mjs';
import { CHAT, Wire, chat, chatBody, events, isError, once, request } from './wire.mjs';

const OpenAI = require('openai');
const TIMEOUTS = 'connect_ms = 500\ntls_ms = 500\nfirst_byte_ms = 600\nidle_ms = 700\ntotal_ms = 3000\n'
  + 'ping_ms = 0\n';
const LONG = 'a b c d e f g h';
const ID = 'vendor/model:free';

// ---- requests ----

// What members the bodies have, in every order that matters; M stands for the model, O for stream_options.
const MEMBERS = [
  '"model":M,"messages":[{"role":"user","content":"hi"}]',
  ' "messages" : [ {"content":"hi" , "role":"user","name":"a\\u0062c"} ] , "model" : M ',
  '"messages":[{"role":"user","content":"hi"}],"temperature":1.50e-0,"seed":12345678901234567890,"model":M',
  '"x":{"model":"no","stream_options":{"include_usage":7}},"model":M,"messages":[{"role":"user","content":"hi"}]',
  '"mod\\u0065l":M,"messages":[{"role":"user","content":"\\ud83d\\ude00 \\ud800 é 漢"}],"a":[],"a":[]',
  '"tools":[{"type":"function","function":{"name":"f","parameters":{"b":1,"a":2}}}],"model":M,'
    + '"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"1",'
    + '"type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"x"}]',
  '"model":M,"response_format":{"type":"json_schema","json_schema":{"z":1.0,"a":-0}},"n":1,"stop":["a","b"],'
    + '"reasoning_effort":"low","max_completion_tokens":5,"messages":[{"role":"user","content":[{"type":"text",'
    + '"text":"hi"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]',
];
const OPTIONS = [
  null,
  ['null', '{"include_usage":true}'],
  ['{}', '{"include_usage":true}'],
  ['{ }', '{"include_usage":true }'],
  ['{"include_usage":true}', '{"include_usage":true}'],
  ['{ "include_usage" : false }', '{ "include_usage" : true }'],
  ['{"a":1,"include_usage":null,"b":[2]}', '{"a":1,"include_usage":true,"b":[2]}'],
  ['{"include_obfuscation":false}', '{"include_usage":true,"include_obfuscation":false}'],
];

function bodies() {
  const rows = [];
  for (const members of MEMBERS) {
    for (const stream of [undefined, false, true]) {
      for (const options of OPTIONS) {
        for (const first of [false, true]) {
          rows.push(row(members, stream, options, first));
        }
      }
    }
  }
  return rows;
}

function row(members, stream, options, first) {
  const parts = [members];
  if (stream !== undefined) {
    parts.push(`"stream":${stream}`);
  }
  if (options !== null) {
    parts.splice(first ? 0 : parts.length, 0, '"stream_options":O');
  }
  const text = `{${parts.join(',')}\n}`;
  const added = stream && options === null ? `${JSON.stringify(ID)},"stream_options":{"include_usage":true}` : JSON.stringify(ID);
  return {
    stream: stream === true,
    sent: text.replace(':O', `:${options?.[0]}`).replace(/(:\s?)M/, '$1"it"'),
    seen: text.replace(':O', `:${options?.[stream ? 1 : 0]}`).replace(/(:\s?)M/, `$1${added.replace(/\$/g, '$$$$')}`),
  };
}

async function fidelity(suite, upstream, port) {
  await suite.test('the service sees the client\'s bytes but for two members', async () => {
    const wire = await Wire.open(port);
    const rows = bodies();
    for (const { sent, seen, stream } of rows) {
      JSON.parse(seen);
      const answer = await wire.send(request('POST', CHAT, { body: sent })).answer({ method: 'POST' });
      assert.equal(answer.status, 200, `${sent}: ${answer.text}`);
      assert.match(answer.headers['content-type'], stream ? /event-stream/ : /json/);
      assert.equal((await upstream.stats()).chat.last.body, seen);
    }
    wire.end();
    return `${rows.length} bodies`;
  });
  await suite.test('a body of 4 MiB passes, one byte more is a 413', async () => {
    const empty = chatBody('it', '', {}).length;
    const fits = chatBody('it', 'x'.repeat(4194304 - empty));
    assert.equal(fits.length, 4194304);
    const answer = await once(port, 'POST', CHAT, { body: fits, ms: 30000 });
    assert.equal(answer.status, 200, answer.text.slice(0, 200));
    assert.equal((await upstream.stats()).chat.last.body, fits.replace('"it"', JSON.stringify(ID)));
    const fields = { 'content-type': 'application/json', 'content-length': 4194305 };
    isError(await once(port, 'POST', CHAT, { fields }), 413, { message: /4194304/ });
  });
  await suite.test('heads: the key is sent, and nothing of other protocols', async () => {
    await chat(port, 'it', 'hi', { stream: true });
    const { headers } = await upstream.lastChat();
    assert.equal(headers.authorization, 'Bearer sk-key-of-tests');
    assert.deepEqual(Object.keys(headers), ['host', 'user-agent', 'authorization', 'content-type', 'content-length',
      'accept']);
  });
  await suite.test('without a key there is no Authorization', async () => {
    await chat(port, 'keyless', 'hi');
    assert.equal('authorization' in (await upstream.lastChat()).headers, false);
  });
}

// ---- answers ----

const CHUNK = '{"id":"chatcmpl-of-tests","object":"chat.completion.chunk","created":1700000000,'
  + `"model":${JSON.stringify(ID)},"service_tier":null,"temp":1.50e-1`;
const delta = (text, finish = 'null') => `${CHUNK},"choices":[{"index":0,"delta":${text},"logprobs":null,`
  + `"finish_reason":${finish}}],"usage":null}`;
const USAGE = `${CHUNK},"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12,`
  + '"prompt_tokens_details":{"cached_tokens":0}}}';
const ROLE = delta('{"role":"assistant","content":"","refusal":null}');
const STOP = delta('{}', '"stop"');
const said = (words) => words.map((word) => delta(`{"content":${JSON.stringify(word)}}`));
const HI = said(['You', ' said:', ' hi']);

// [directives, further members, the data of every event]
const STREAMS = [
  ['', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['', { stream_options: { include_usage: true } }, [ROLE, ...HI, STOP, USAGE, '[DONE]']],
  ['', { stream_options: { include_usage: false } }, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@nodone', { stream_options: { include_usage: true } }, [ROLE, ...HI, STOP, USAGE, '[DONE]']],
  ['@@nofinish', {}, [ROLE, ...HI, '[DONE]']],
  ['@@nolastnl', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@nodone @@nolastnl', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@nodone @@eof', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@nodone @@nolastchunk', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@comment @@unknown', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@crlf', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@cr', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@split=1', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@length', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@malformed=2', {}, [ROLE, ...HI, STOP, '[DONE]']],
  ['@@words=2 @@reasoning=1', {}, [ROLE, delta('{"reasoning_content":"thought 0. "}'), ...said(['w0', ' w1']), STOP,
    '[DONE]']],
  ['@@words=1 @@refusal', {}, [ROLE, delta('{"refusal":"w0"}'), STOP, '[DONE]']],
  ['@@empty', {}, [ROLE, STOP, '[DONE]']],
  ['@@event=20000', {}, [ROLE, ...said(['x'.repeat(20000)]), STOP, '[DONE]']],
  ['@@event=1000000', {}, [ROLE, ...said(['x'.repeat(1000000)]), STOP, '[DONE]']],
];

async function streams(suite, port) {
  await suite.table(STREAMS, ([how, more]) => `a stream: ${how} ${JSON.stringify(more)}`,
    async ([how, more, expected]) => {
      const answer = await chat(port, 'it', `${how} hi`.trim(), { stream: true, ...more });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.complete, true);
      assert.deepEqual(events(answer.text), expected);
      assert.equal(answer.headers['x-moongate-provider'], 'p');
      assert.equal('x-moongate-ignored' in answer.headers, false);
    });
  await suite.test('tool calls pass untouched', async () => {
    const answer = await chat(port, 'it', '@@tools hi', { stream: true });
    const calls = answer.said.chunks.map((one) => one.choices[0].delta.tool_calls?.[0]).filter(Boolean);
    assert.equal(calls.map((one) => one.function.arguments).join(''), '{"q":"gate"}');
    assert.equal(calls[0].function.name, 'look_up');
    assert.equal(answer.said.finish, 'tool_calls');
    assert.equal(answer.said.done, true);
  });
  await suite.test('calls without numbers get them', async () => {
    const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none', maxRetries: 0 });
    const messages = [{ role: 'user', content: '@@badtools' }];
    const added = await client.chat.completions.stream({ model: 'it', messages }).finalChatCompletion();
    const calls = added.choices[0].message.tool_calls.map((one) => [one.id, one.function.name, one.function.arguments]);
    assert.deepEqual(calls, [['call_0', 'f0', '{"q":1}'], ['call_1', 'f1', '{"q":1}']]);
  });
  await suite.test('several data lines are one event', async () => {
    const answer = await chat(port, 'it', '@@multiline hi', { stream: true });
    assert.equal(answer.said.text, 'one\ntwo\n\n four');
    assert.equal(answer.said.done, true);
  });
  await suite.test('10 MB of a stream', async () => {
    const answer = await chat(port, 'it', '@@bytes=10000000', { stream: true }, { ms: 30000 });
    assert.equal(answer.said.text.length, 10000000);
    assert.equal(answer.said.done, true);
  }, 60000);
  await suite.test('an end without usage and [DONE] is not waited for long', async () => {
    const answer = await chat(port, 'it', '@@notail hi', { stream: true }, { ms: 8000 });
    assert.deepEqual(events(answer.text), [ROLE, ...HI, STOP, '[DONE]']);
  });
}

async function wholes(suite, upstream, port) {
  const document = (text) => '{"id":"chatcmpl-of-tests",\n "object":"chat.completion","created":1700000000,'
    + `"model":${JSON.stringify(ID)},"temp":1.50e-1,"choices":[{"index":0,"message":{"role":"assistant",`
    + `"content" : ${JSON.stringify(text)}},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,`
    + '"completion_tokens":5,"total_tokens":12}}\n';
  await suite.table(['', '@@length', '@@eof', '@@split=1', '@@gap=20'], (how) => `a whole answer: ${how}`, async (how) => {
    const answer = await chat(port, 'it', `${how} hi`.trim());
    assert.equal(answer.text, document('You said: hi'));
    assert.equal(Number(answer.headers['content-length']), answer.body.length);
    assert.equal(answer.headers['x-moongate-provider'], 'p');
    assert.equal((await upstream.lastChat()).headers.accept, 'application/json');
  });
  await suite.table([100000, 260000, 1000000, 10000000], (bytes) => `a whole answer of ${bytes} bytes`, async (bytes) => {
    const answer = await chat(port, 'it', `@@bytes=${bytes}`, {}, { ms: 30000 });
    assert.equal(answer.complete, true);
    assert.equal(answer.said.text.length, bytes);
    assert.equal(answer.text, document(answer.said.text));
    assert.equal('content-length' in answer.headers, bytes < 262144 - 400);
  });
  await suite.test('tool calls in a whole answer', async () => {
    const { said: { object } } = await chat(port, 'it', '@@tools hi');
    assert.equal(object.choices[0].message.tool_calls[0].function.arguments, '{"q":"gate"}');
  });
}

// ---- faults ----

// [directives, status, message]: before any content, streamed and whole.
const BEFORE = [
  ['@@close', 502, /closed/i],
  ['@@rst', 502, /reset|closed/i],
  ['@@cut0', 502, /cut|closed|end/i],
  ['@@nothing', 502, /complete|ended|end|empty|begin/i],
  ['@@error0', 502, /told to fail/],
  ['@@html', 502, /html|content.type/i],
  ['@@badhead', 502, /HTTP/],
  ['@@twolengths', 502, /length/i],
  ['@@bighead=100000', 502, /head/i],
  ['@@endlesshead', 502, /head/i],
  ['@@gzip-unasked', 502, /gzip|encoding/i],
  ['@@status=500', 502, /500/],
  ['@@status=503', 503, /503/],
  ['@@status=529', 503, /529/],
  ['@@status=504', 504, /504/],
  ['@@status=400', 400, /told to answer 400/],
  ['@@status=404', 404, /told to answer 404/],
  ['@@status=409', 409, /told to answer 409/],
  ['@@status=413', 413, /told to answer 413/],
  ['@@status=422', 422, /told to answer 422/],
];

// The same for one kind of client alone.
const BEFORE_STREAM = [
  ['@@empty @@nofinish', 502, /empty answer/],
  ['@@empty @@nofinish @@nodone', 502, /complete/],
  ['@@empty @@error', 502, /told to fail/],
  ['@@event=1200000', 502, /event|line|long|large/i],
];
const BEFORE_WHOLE = [
  ['@@malformed', 502, /unusable/],
  ['@@cut', 502, /closed/],
  ['@@rst=3', 502, /reset|closed/],
  ['@@badchunk', 502, /chunk/],
  ['@@stall', 504, /idle/],
  ['@@nolastchunk', 502, /closed/],
  ['@@bytes=200000 @@cut=9', 502, /closed/],
];

// [directives, message]: behind the first content of a stream.
const BEHIND = [
  ['@@cut', /Request failed/],
  ['@@cut=1', /Request failed/],
  ['@@rst=3', /Request failed/],
  ['@@badchunk', /Request failed/],
  ['@@error', /told to fail/],
  ['@@stall', /idle|total/],
  ['@@nofinish @@nodone', /complete/],
  ['@@malformed=2 @@cut=3', /Request failed/],
];

async function faults(suite, port) {
  const rows = [...BEFORE.flatMap((one) => [[...one, true], [...one, false]]),
    ...BEFORE_STREAM.map((one) => [...one, true]), ...BEFORE_WHOLE.map((one) => [...one, false])];
  await suite.table(rows, ([how, status, , stream]) => `${status} for ${how}${stream ? ', streamed' : ''}`,
    async ([how, status, message, stream]) => {
      const error = isError(await chat(port, 'it', `${how} ${LONG}`, { stream }), status, {});
      assert.match(error.message, message);
      assert.ok(status < 500 || /^Request failed: /.test(error.message), error.message);
    });
  await suite.table(BEHIND, ([how]) => `${how}: an error event and no [DONE]`, async ([how, message]) => {
    const answer = await chat(port, 'it', `${how} ${LONG}`, { stream: true });
    assert.equal(answer.status, 200);
    assert.match(answer.said.text, /^You/);
    assert.match(answer.said.error.message, message);
    assert.equal(answer.text.includes('[DONE]'), false);
  });
  await suite.table(['@@cut=9', '@@gap=20 @@rst=9', '@@badchunk=9', '@@malformed', '@@stall=9'],
    (how) => `a long whole answer with ${how} has no last chunk`, async (how) => {
      const answer = await once(port, 'POST', CHAT, { body: chatBody('it', `@@bytes=1000000 ${how}`) });
      assert.equal(answer.status, 200);
      assert.equal(answer.complete, false);
      assert.ok(answer.body.length > 262144);
    });
  await suite.table([['@@stall0', true, /first byte/], ['@@delay=5000', true, /first byte/], ['@@stall0', false, /total/]],
    ([how, stream]) => `504 for ${how}${stream ? ', streamed' : ''}`, async ([how, stream, message]) => {
      isError(await chat(port, 'it', how, { stream }), 504, { message });
    });
  await suite.table([['b401', '@@status=401', 502], ['b402', '@@status=402', 502], ['b403', '@@status=403', 502],
    ['b302', '@@redirect', 502], ['b429', '@@status=429 @@retry-after=30', 429], ['b408', '@@status=408', 502]],
  ([, how, status]) => `${status} for ${how}`, async ([name, how, status]) => {
    const answer = await chat(port, name, how);
    isError(answer, status, {});
    if (status === 429) {
      assert.ok(Number(answer.headers['retry-after']) >= 29);
    }
  });
}

async function again(suite, upstream, port) {
  const faultsBefore = ['@@status=500', '@@error0', '@@cut0', '@@empty @@nofinish', '@@empty @@cut0'];
  for (const stream of [true, false]) {
    const rows = stream ? faultsBefore : ['@@status=500', '@@cut', '@@malformed', '@@html'];
    await suite.table(rows, (how) => `tried again after ${how}${stream ? ', streamed' : ''}`, async (how) => {
      await upstream.control({ chat: [how] });
      const answer = await chat(port, 'again', 'hi', { stream });
      assert.equal(answer.said.text, 'You said: hi', answer.text);
      assert.equal(answer.headers['x-moongate-attempts'], '2');
      if (stream) {
        assert.deepEqual(events(answer.text), [ROLE, ...HI, STOP, '[DONE]']);
      }
    });
  }
  await suite.test('never again behind the first content', async () => {
    await upstream.reset({ chat: ['@@cut=2'] });
    const answer = await chat(port, 'again', LONG, { stream: true });
    assert.match(answer.said.error.message, /Request failed/);
    assert.equal((await upstream.stats()).requests.chat, 1);
  });
  await suite.test('from one protocol to the other', async () => {
    for (const stream of [true, false]) {
      const answer = await chat(port, 'mixed', 'hi', { stream, temperature: 1 });
      assert.equal(answer.said.text, 'You said: hi');
      assert.equal(answer.headers['x-moongate-provider'], 'second');
      assert.equal('x-moongate-ignored' in answer.headers, false);
    }
  });
  await suite.test('the fault of one request is not the next one\'s', async () => {
    const wire = await Wire.open(port);
    for (const how of ['@@badhead', '', '@@status=400', '', '@@event=1200000', '', '@@html', '']) {
      const body = chatBody('it', `${how} hi`, { stream: true });
      const answer = await wire.send(request('POST', CHAT, { body })).answer({ method: 'POST' });
      assert.equal(answer.status === 200, how === '', `${how}: ${answer.text}`);
    }
    wire.end();
  });
  await suite.test('connections are kept', async () => {
    await upstream.reset();
    const wire = await Wire.open(port);
    for (let i = 0; i < 20; i++) {
      const body = chatBody('it', 'hi', { stream: i % 2 === 0 });
      assert.equal((await wire.send(request('POST', CHAT, { body })).answer({ method: 'POST' })).status, 200);
    }
    wire.end();
    assert.ok((await upstream.stats()).connections.accepted <= 2, 'connections');
  });
}

async function leaving(suite, upstream, port) {
  await suite.table([true, false], (stream) => `a client that leaves ends it upstream, stream ${stream}`,
    async (stream) => {
      await upstream.reset();
      const wire = await Wire.open(port);
      wire.send(request('POST', CHAT, { body: chatBody('it', '@@words=1000 @@gap=20', { stream }) }));
      await until('a chat upstream', async () => (await upstream.stats()).chat.open === 1);
      await sleep(100);
      wire.end();
      await until('its end', async () => (await upstream.stats()).chat.aborted === 1, 1000);
    });
  await suite.test('a slow reader slows its service', async () => {
    await upstream.reset();
    const wire = await Wire.open(port);
    wire.socket.pause();
    wire.send(request('POST', CHAT, { body: chatBody('it', '@@bytes=60000000', { stream: true }) }));
    await sleep(1500);
    const first = (await upstream.stats()).chat.bytes_sent;
    await sleep(300);
    assert.equal((await upstream.stats()).chat.bytes_sent, first);
    assert.ok(first < 40000000, `${first} bytes`);
    wire.end();
  });
}

// ---- the list ----

async function lists(suite, upstream) {
  await suite.test('a model that is not in the list is a 404', async () => {
    const gateway = await Gateway.start(relay('it', upstream, { id: ID }) + relay('lost', upstream, { id: 'nope' }),
      { env: KEY });
    isError(await chat(gateway.port, 'lost', 'hi'), 404, { code: 'model_not_found', message: /list/ });
    assert.equal((await chat(gateway.port, 'it', 'hi')).status, 200);
    const { data } = (await once(gateway.port, 'GET', '/v1/models')).json();
    assert.deepEqual(data.map((one) => [one.id, one.available, one.reason]),
      [['it', true, null], ['lost', false, 'not_found']]);
    assert.doesNotMatch(gateway.log(), /sk-key-of-tests/);
    await gateway.stop();
  });
  await suite.test('a filter on types that the service does not tell leaves nothing', async () => {
    const gateway = await Gateway.start(relay('it', upstream, { id: ID, filter: 'include_types = ["base"]' }),
      { env: KEY });
    isError(await chat(gateway.port, 'it', 'hi'), 404, { message: /type/ });
    await gateway.stop();
  });
  await suite.table([{ models: 'huge' }, { models_faults: '@@status=500' }, { models_body: '{"data":[]} x' }],
    (order) => `a list ${JSON.stringify(order)}`, async (order) => {
      await upstream.reset(order);
      const gateway = await Gateway.start(relay('it', upstream, { id: ID }), { env: KEY });
      assert.equal((await chat(gateway.port, 'it', 'hi')).status, 200, gateway.log());
      await gateway.stop();
      await upstream.reset();
    });
}

// ---- an error in JSON where events are due ----

// A service of one answer, without TLS.
async function serve(answer) {
  const server = net.createServer((socket) => socket.on('error', () => {}).on('data', () => socket.write(answer)));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { server, upstream: { plain: true, port: server.address().port } };
}

async function odd(suite) {
  const json = '{"error":{"message":"no credits are left","code":402}}';
  const head = (type, len) => `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${len}\r\n\r\n`;
  await suite.table([true, false], (stream) => `200 and an error in JSON, stream ${stream}`, async (stream) => {
    const { server, upstream } = await serve(head('application/json', json.length) + json);
    const gateway = await Gateway.start(relay('it', upstream, { type: 'vllm' }));
    isError(await chat(gateway.port, 'it', 'hi', { stream }), 502, { message: /200: no credits are left/ });
    await gateway.stop();
    server.close();
  });
  await suite.test('a stream for who asked for a whole answer', async () => {
    const { server, upstream } = await serve(`${head('text/event-stream', 14)}data: [DONE]\n\n`);
    const gateway = await Gateway.start(relay('it', upstream, { type: 'vllm' }));
    isError(await chat(gateway.port, 'it', 'hi'), 502, { message: /no JSON, but content type text/ });
    await gateway.stop();
    server.close();
  });
}

// ---- the official client ----

async function sdk(suite, upstream, port) {
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none', maxRetries: 0 });
  const messages = [{ role: 'user', content: 'hi' }];
  await suite.test('SDK: whole, streamed, tools, usage, errors', async () => {
    const whole = await client.chat.completions.create({ model: 'it', messages, temperature: 0.5, seed: 1 });
    assert.equal(whole.choices[0].message.content, 'You said: hi');
    assert.equal(whole.usage.total_tokens, 12);
    assert.equal((await upstream.lastChat()).body.temperature, 0.5);
    let usage = null;
    const stream = await client.chat.completions.create({
      model: 'it', messages, stream: true, stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      usage = chunk.usage ?? usage;
    }
    assert.equal(usage.total_tokens, 12);
    const runner = client.chat.completions.stream({ model: 'it', messages: [{ role: 'user', content: '@@tools' }] });
    const added = await runner.finalChatCompletion();
    assert.equal(added.choices[0].message.tool_calls[0].function.arguments, '{"q":"gate"}');
    const bad = client.chat.completions.create({ model: 'it', messages: [{ role: 'user', content: '@@status=400' }] });
    await assert.rejects(bad, OpenAI.BadRequestError);
    const cut = await client.chat.completions.create({
      model: 'it', messages: [{ role: 'user', content: '@@cut a b c d e' }], stream: true,
    });
    await assert.rejects(async () => { for await (const chunk of cut) { assert.ok(chunk); } }, /Request failed/);
  });
}

// ---- the other routes ----

// A further route's events: [name, type] each.
const typed = (text) => text.split('\n\n').slice(0, -1).map((event) => event.split('\n'))
  .map(([name, data]) => [name.replace('event: ', ''), JSON.parse(data.replace('data: ', '')).type]);

async function post(port, path, body) {
  return once(port, 'POST', path, { body: JSON.stringify(body) });
}

async function others(suite, upstream, port) {
  await suite.test('an embedding: the same path, the same bytes but for the model', async () => {
    for (const path of ['/v1/embeddings', '/openai/v1/embeddings', '/v1/some/other-path.of:tests']) {
      const sent = '{ "input":"hi","x":1.50e0, "model" :"it","messages":{},"stream_options":7,"a":1,"a":2}';
      const answer = await once(port, 'POST', path, { body: sent });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.text, `{"object":"list","path":"${path.replace('/openai', '').replace('/v1', '/oai/v1')}",`
        + '"data":[{"object":"embedding","index":0,"embedding":[0.10,-2.5e-3]}],"usage":{"prompt_tokens":3,'
        + '"total_tokens":3}}');
      assert.equal((await upstream.stats()).chat.last.body, sent.replace('"it"', JSON.stringify(ID)));
      assert.equal(answer.headers['x-moongate-provider'], 'p');
    }
  });
  await suite.table([5, 1000, 262144, 300000, 3000000], (bytes) => `speech of ${bytes} bytes`, async (bytes) => {
    const answer = await post(port, '/v1/audio/speech', { model: 'it', input: `@@bytes=${bytes}`, voice: 'x' });
    assert.equal(answer.headers['content-type'], 'audio/mpeg');
    assert.equal(answer.complete, true);
    assert.equal(answer.body.length, bytes);
    assert.equal(answer.body.subarray(0, 5).toString('latin1'), 'ID3\0\xFF');
    assert.ok(answer.body.subarray(5).every((byte, i) => byte === ((i + 5) * 7) % 256));
  });
  await suite.test('/responses, streamed: its own events, its own end', async () => {
    for (const how of ['', '@@refusal ', '@@split=1 ', '@@eof ']) {
      const answer = await post(port, '/v1/responses', { model: 'it', input: `${how}hi`, stream: true });
      const delta = 'response.output_text.delta';
      const last = how === '@@refusal ' ? 'response.failed' : 'response.completed';
      assert.equal(answer.complete, true);
      assert.deepEqual(typed(answer.text), ['response.created', delta, delta, delta, last].map((one) => [one, one]));
    }
  });
  await suite.test('/responses that does not end is no success', async () => {
    for (const how of ['@@nofinish', '@@cut=2', '@@rst=2', '@@error', '@@badchunk=2']) {
      const answer = await post(port, '/v1/responses', { model: 'it', input: `${how} a b c`, stream: true });
      const events = answer.text.split('\n\n').filter((one) => one !== '');
      assert.match(events.at(-1), /^data: \{"error":\{"message":"Request failed/, how);
    }
    isError(await post(port, '/v1/responses', { model: 'it', input: '@@error0', stream: true }), 502,
      { message: /told to fail/ });
  });
  await suite.table(['@@status=400', '@@status=422', '@@status=500', '@@close', '@@badhead', '@@gzip-unasked'],
    (how) => `an error of another route: ${how}`, async (how) => {
      const answer = await post(port, '/v1/embeddings', { model: 'it', input: how });
      isError(answer, Number(/=(4\d\d)/.exec(how)?.[1] ?? 502), {});
    });
  await suite.test('a model whose provider cannot, an unknown one, none, and a wrong type', async () => {
    isError(await post(port, '/v1/embeddings', { model: 'other', input: 'hi' }), 400,
      { code: 'unsupported_route', param: 'model', message: /other cannot do \/v1\/embeddings/ });
    isError(await post(port, '/v1/embeddings', { model: 'nobody', input: 'hi' }), 404, { code: 'model_not_found' });
    isError(await post(port, '/v1/embeddings', { input: 'hi' }), 400, { param: 'model' });
    isError(await post(port, '/v1/embeddings', { model: 'it', stream: 1 }), 400, { param: 'stream' });
    isError(await once(port, 'POST', '/v1/embeddings', { body: '{"model":"it","model":"it"}' }), 400, {});
    isError(await once(port, 'POST', '/v1/embeddings', { body: '{' }), 400, {});
    isError(await once(port, 'POST', '/v1/embeddings', { fields: { 'content-type': 'text/plain' }, body: '{}' }), 415, {});
  });
  await suite.table(['/v1/../models', '/v1/a/../b', '/v1/%2e%2e/x', '/v1//x', '/v1/x/', '/v1/', '/v1/models',
    '/v1/files/a', '/v1/messages', '/embeddings', `/v1/${'x'.repeat(60)}`],
  (path) => `no way out: POST ${path}`, async (path) => {
    await upstream.reset();
    const { status } = await post(port, path, { model: 'it', input: 'hi' });
    assert.ok(status === 404 || status === 405 || status === 400, `status ${status}`);
    assert.equal((await upstream.stats()).requests.chat, 0);
  });
  await suite.test('the SDK: embeddings and responses', async () => {
    const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none', maxRetries: 0 });
    const { data } = await client.embeddings.create({ model: 'it', input: 'hi', encoding_format: 'float' });
    assert.deepEqual(data[0].embedding, [0.1, -0.0025]);
    let text = '';
    for await (const event of await client.responses.create({ model: 'it', input: 'hi', stream: true })) {
      text += event.type === 'response.output_text.delta' ? event.delta : '';
    }
    assert.equal(text, 'You said: hi');
    const cut = await client.responses.create({ model: 'it', input: '@@cut=2 a b c', stream: true });
    await assert.rejects(async () => { for await (const event of cut) { assert.ok(event); } }, /Request failed/);
  });
}

async function plain(suite) {
  await suite.test('http:// to an own server without a key', async () => {
    const upstream = await Upstream.start({ args: ['--plain'] });
    const gateway = await Gateway.start(relay('it', upstream, { id: ID, type: 'vllm' }));
    const answer = await chat(gateway.port, 'it', 'hi', { stream: true });
    assert.deepEqual(events(answer.text), [ROLE, ...HI, STOP, '[DONE]']);
    assert.equal('authorization' in (await upstream.lastChat()).headers, false);
    await gateway.stop();
    await upstream.stop();
  });
}

async function pings(suite, upstream) {
  await suite.test('pings while the service thinks', async () => {
    const gateway = await Gateway.start(relay('it', upstream, { id: ID }), { env: KEY, timeouts: 'ping_ms = 200' });
    const answer = await chat(gateway.port, 'it', '@@delay=900 hi', { stream: true });
    assert.ok(answer.text.split(': ping\n\n').length > 3, answer.text);
    assert.deepEqual(events(answer.text), [ROLE, ...HI, STOP, '[DONE]']);
    const late = await chat(gateway.port, 'it', '@@notail hi', { stream: true }, { ms: 8000 });
    assert.deepEqual(events(late.text), [ROLE, ...HI, STOP, '[DONE]']);
    await gateway.stop();
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const dead = { port: await freePort(), endpoint: `https://localhost:${await freePort()}/api/v1/stream/chat` };
  const names = ['b401', 'b402', 'b403', 'b302', 'b429', 'b408'];
  const mixed = `[models.mixed]\nretries = 0\nrouting = ["first", "second"]
[models.mixed.providers.first]\ntype = "rust-proxy"\nmodel_name = "x"\napi_endpoint = "${dead.endpoint}"
[models.mixed.providers.second]\n${relay('mixed', upstream, { id: ID }).split('providers.p]\n')[1]}`;
  const text = relay('it', upstream, { id: ID }) + relay('again', upstream, { id: ID, retries: 1 }) + mixed
    + relay('keyless', upstream, { id: ID, type: 'vllm', more: 'api_key_location = "none"\n' })
    + names.map((name, i) => relay(name, upstream, { id: ID, more: `api_key_location = "env::K${i}"\n` })).join('')
    + model('other', upstream, { id: 'gpt-4.1-mini' });
  const keys = Object.fromEntries(names.map((name, i) => [`K${i}`, KEY.OPENAI_API_KEY]));
  const quiet = await Gateway.start(text, { env: { ...KEY, ...keys }, timeouts: 'ping_ms = 0' });
  await fidelity(suite, upstream, quiet.port);
  await streams(suite, quiet.port);
  await wholes(suite, upstream, quiet.port);
  await leaving(suite, upstream, quiet.port);
  await sdk(suite, upstream, quiet.port);
  await others(suite, upstream, quiet.port);
  await quiet.stop();
  const hasty = await Gateway.start(text, { env: { ...KEY, ...keys }, timeouts: TIMEOUTS });
  await faults(suite, hasty.port);
  await again(suite, upstream, hasty.port);
  await hasty.stop();
  await lists(suite, upstream);
  await pings(suite, upstream);
  await plain(suite);
  await odd(suite);
  await upstream.stop();
}
