// POST /v1/messages: what reaches a service of the same API to the byte, and what a client is told of trouble.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, require, sleep, until } from './harness.mjs';
import { CAN, TYPES, paired } from './providers.mjs';
import { Wire, once, request } from './wire.mjs';

const Anthropic = require('@anthropic-ai/sdk');

const PATH = '/v1/messages';
const TIMEOUTS = 'first_byte_ms = 900\nidle_ms = 1200\ntotal_ms = 5000\nping_ms = 200\n';
const LONG = 'a b c d e f';

// The name, then the data of each event; comments left out.
function events(text) {
  return text.split('\n\n').slice(0, -1).map((event) => event.split('\n').filter((line) => !line.startsWith(':')))
    .filter((lines) => lines.length > 0)
    .map(([name, data]) => {
      assert.match(name, /^event: /);
      const parsed = JSON.parse(data.replace(/^data: /, ''));
      assert.equal(parsed.type, name.slice(7));
      return parsed;
    });
}

async function ask(port, model, content, stream) {
  const body = JSON.stringify({ model, max_tokens: 50, stream, messages: [{ role: 'user', content }] });
  const answer = await once(port, 'POST', PATH, { body, ms: 15000 });
  if (answer.status === 200) {
    answer.events = stream ? events(answer.text) : [];
    const parts = stream ? answer.events.map((one) => one.delta?.text ?? '')
      : answer.json().content.map((one) => one.text ?? '');
    answer.said = parts.join('');
  }
  return answer;
}

// ---- to the byte ----

// Members in every order that matters; M stands for the model.
const BODIES = [
  '{"model":M,"max_tokens":5,"messages":[{"role":"user","content":"hi"}]}',
  ' { "messages" : [ {"content":"hi" , "role":"user"} ] , "max_tokens" : 5 , "model" : M }\n',
  '{"max_tokens":5,"messages":[{"role":"user","content":"\\ud83d\\ude00 é 漢"}],"model":M,"temperature":1.50e-0,"top_k":7}',
  '{"mod\\u0065l":M,"max_tokens":5,"messages":[{"role":"user","content":"hi"}],"x":{"model":"no"},"a":[],"a":[]}',
  '{"model":M,"max_tokens":5,"system":[{"type":"text","text":"S","cache_control":{"type":"ephemeral"}}],"messages":'
    + '[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image","source":{"type":"base64","media_type":'
    + '"image/png","data":"AAAA"}}]}],"metadata":{"user_id":"u"},"stop_sequences":["a"]}',
  '{"model":M,"max_tokens":2048,"thinking":{"type":"enabled","budget_tokens":1024},"tools":[{"name":"f",'
    + '"input_schema":{"type":"object","b":1,"a":2.0}}],"tool_choice":{"type":"auto"},"messages":[{"role":"user",'
    + '"content":"hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":'
    + '"tool_use","id":"toolu_1","name":"f","input":{"z":1,"a":-0}}]},{"role":"user","content":[{"type":'
    + '"tool_result","tool_use_id":"toolu_1","content":"x"}]}]}',
];

async function fidelity(suite, upstream, port) {
  await suite.test('messages: a service of the same API sees the client\'s bytes but for the model', async () => {
    const wire = await Wire.open(port);
    for (const body of BODIES) {
      for (const stream of ['', '"stream":true,', '"stream" : false, ']) {
        const text = body.replace('"max_tokens"', `${stream}"max_tokens"`);
        const sent = text.replace('M', '"anthropic"');
        const answer = await wire.send(request('POST', PATH, { body: sent })).answer({ method: 'POST' });
        assert.equal(answer.status, 200, `${sent}: ${answer.text}`);
        assert.equal((await upstream.stats()).chat.last.body, text.replace('M', '"claude-of-tests"'));
      }
    }
    wire.end();
  });
}

// ---- trouble ----

// [directives, what the message says]: behind the first content.
const BEHIND = [['@@cut=2', /Request failed/], ['@@rst=2', /Request failed/], ['@@error', /told to fail/],
  ['@@stall=2', /idle/]];
// Before it: the other service answers.
const BEFORE = ['@@status=500', '@@status=529', '@@cut0', '@@error0', '@@nothing'];

async function troubles(suite, upstreams, port, type) {
  await suite.table(BEHIND, ([how]) => `messages, ${type}: ${how} is an error event, and no message_stop`,
    async ([how, message]) => {
      const answer = await ask(port, `${type}-alone`, `${how} ${LONG}`, true);
      assert.equal(answer.status, 200, answer.text);
      assert.match(answer.said, /^You/);
      const last = answer.events.at(-1);
      assert.equal(last.type, 'error', answer.text);
      assert.match(last.error.message, message);
      assert.equal(typeof last.error.type, 'string');
      assert.equal(answer.events.some((one) => one.type === 'message_stop' || one.delta?.stop_reason), false);
    });
  await suite.test(`messages, ${type}: a whole answer that is cut is a 502 in Anthropic's shape`, async () => {
    const answer = await ask(port, `${type}-alone`, `@@cut=2 ${LONG}`, false);
    assert.equal(answer.status, 502, answer.text);
    assert.equal(answer.json().type, 'error');
    assert.equal(answer.json().error.type, 'api_error');
  });
  for (const stream of [true, false]) {
    await suite.table(BEFORE, (how) => `messages, ${type}: ${how}, the other service${stream ? ', streamed' : ''}`,
      async (how) => {
        await upstreams[0].reset({ chat: [how] });
        await upstreams[1].reset();
        const answer = await ask(port, type, LONG, stream);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.said, `You said: ${LONG}`, answer.text);
        assert.equal(answer.headers['x-moongate-provider'], 'q');
        assert.equal(answer.headers['x-moongate-attempts'], '2');
        assert.ok(!stream || answer.events.at(-1).type === 'message_stop');
        await ask(port, type, 'hi', stream); // five failures in a row would open its circuit
      });
  }
}

async function silence(suite, upstreams, port, type) {
  await suite.test(`messages, ${type}: a long silence is bridged by pings`, async () => {
    await upstreams[0].reset();
    const answer = await ask(port, type, `@@pause=800 ${LONG}`, true);
    assert.equal(answer.said, `You said: ${LONG}`, answer.text);
    assert.ok(answer.text.split(/^(?:: ping|event: ping)$/m).length > 2, answer.text);
  });
  await suite.test(`messages, ${type}: thinking, whole and streamed, and the order of the events`, async () => {
    const client = new Anthropic({ baseURL: `http://127.0.0.1:${port}`, apiKey: 'none', maxRetries: 0 });
    const asked = { model: type, max_tokens: 50, messages: [{ role: 'user', content: '@@reasoning=1 hi' }] };
    for (const message of [await client.messages.create(asked), await client.messages.stream(asked).finalMessage()]) {
      assert.deepEqual(message.content.map((one) => [one.type, one.text ?? one.thinking]),
        [['thinking', 'thought 0. '], ['text', 'You said: hi']]);
    }
    const kinds = (await ask(port, type, '@@reasoning=1 hi', true)).events.map((one) => one.type);
    const block = ['content_block_start', 'content_block_delta', 'content_block_stop'];
    assert.deepEqual(kinds.filter((one, i) => one !== 'ping' && one !== kinds[i - 1]),
      ['message_start', ...block, ...block, 'message_delta', 'message_stop']);
  });
  await suite.test(`messages, ${type}: one who leaves ends it upstream`, async () => {
    await upstreams[0].reset();
    const wire = await Wire.open(port);
    wire.send(request('POST', PATH, { body: JSON.stringify({ model: type, max_tokens: 9, stream: true,
      messages: [{ role: 'user', content: '@@words=1000 @@gap=20' }] }) }));
    await until('a chat upstream', async () => (await upstreams[0].stats()).chat.open === 1);
    await sleep(100);
    wire.end();
    await until('its end', async () => (await upstreams[0].stats()).chat.aborted === 1, 1000);
  });
}

export default async function (suite) {
  const upstreams = [await Upstream.start(), await Upstream.start()];
  const gateway = await Gateway.start(paired(upstreams), { env: KEY, timeouts: TIMEOUTS });
  await fidelity(suite, upstreams[0], gateway.port);
  for (const type of TYPES) {
    await troubles(suite, upstreams, gateway.port, type);
    await silence(suite, upstreams, gateway.port, type);
    if (CAN[type].tools) {
      await suite.test(`messages, ${type}: a missing end is supplied`, async () => {
        await upstreams[0].reset();
        const { events: all } = await ask(gateway.port, type, `@@nodone ${LONG}`, true);
        assert.deepEqual(all.slice(-2).map((one) => one.type), ['message_delta', 'message_stop']);
      });
    }
  }
  await gateway.stop();
  await Promise.all(upstreams.map((one) => one.stop()));
}
