// POST /inference, TensorZero's own API, with every kind of provider; and the variants of functions.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, sleep, until } from './harness.mjs';
import { CAN, TYPES, paired } from './providers.mjs';
import { V7, Wire, chat, once, request } from './wire.mjs';

const PATH = '/inference';
const TIMEOUTS = 'first_byte_ms = 900\nidle_ms = 1200\ntotal_ms = 5000\nping_ms = 200\n';
const LONG = 'a b c d e f';
const EPISODE = '0198f3a2-1c4d-7abc-8def-0123456789ab';

const user = (content) => ({ messages: [{ role: 'user', content }] });

// What the data of each event is; comments left out.
function events(text) {
  return text.split('\n\n').slice(0, -1).filter((event) => !event.startsWith(':')).map((event) => {
    assert.match(event, /^data: [^\n]*$/);
    return event === 'data: [DONE]' ? 'DONE' : JSON.parse(event.slice(6));
  });
}

async function ask(port, model, content, stream, more = {}) {
  const body = JSON.stringify({ ...(model === null ? {} : { model_name: model }), input: user(content), stream, ...more });
  const answer = await once(port, 'POST', PATH, { body, ms: 15000 });
  if (answer.status === 200) {
    answer.events = stream ? events(answer.text) : [answer.json()];
    answer.blocks = answer.events.flatMap((one) => one.content ?? []);
    answer.said = answer.blocks.filter((one) => one.type === 'text').map((one) => one.text).join('');
    answer.last = answer.events.findLast((one) => one !== 'DONE');
  }
  return answer;
}

function refused(answer, status, message) {
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(Object.keys(answer.json()), ['error']);
  assert.match(answer.json().error, message);
}

function refused400(answer) {
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.json().error.param, 'tensorzero::episode_id');
}

// ---- each kind of provider ----

async function whole(suite, port, type) {
  await suite.test(`inference, ${type}: whole`, async () => {
    const answer = await ask(port, type, 'hello there', false, { episode_id: EPISODE });
    assert.equal(answer.status, 200, answer.text);
    const { inference_id: id, episode_id: episode, variant_name: variant, content, usage, finish_reason: reason } = answer.last;
    assert.match(id, V7);
    assert.deepEqual([episode, variant, reason], [EPISODE, type, 'stop']);
    assert.deepEqual(content, [{ type: 'text', text: 'You said: hello there' }]);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(answer.headers['x-moongate-provider'], 'p');
    if (CAN[type].counts) {
      assert.ok(usage.input_tokens > 0 && usage.output_tokens > 0, answer.text);
    } else {
      assert.deepEqual([usage, answer.last.moongate.usage_known], [{ input_tokens: 0, output_tokens: 0 }, false]);
    }
  });
}

async function streamed(suite, port, type) {
  await suite.test(`inference, ${type}: streamed`, async () => {
    const answer = await ask(port, type, LONG, true);
    assert.equal(answer.said, `You said: ${LONG}`, answer.text);
    assert.equal(answer.events.at(-1), 'DONE');
    const told = answer.events.slice(0, -1);
    const ids = new Set(told.map((one) => `${one.inference_id} ${one.episode_id} ${one.variant_name}`));
    assert.equal(ids.size, 1);
    told.slice(0, 2).forEach((one) => [one.inference_id, one.episode_id].forEach((id) => assert.match(id, V7)));
    assert.ok(told.length > 2);
    answer.blocks.forEach((one) => assert.deepEqual([one.type, one.id], ['text', '0']));
    assert.deepEqual([answer.last.content, answer.last.finish_reason], [[], 'stop']);
    assert.ok(told.slice(0, -1).every((one) => one.usage === undefined && one.finish_reason === undefined));
    assert.equal(answer.last.usage.output_tokens > 0, CAN[type].counts);
  });
  await suite.test(`inference, ${type}: thoughts, and a silence that is bridged`, async () => {
    for (const stream of [true, false]) {
      const { blocks, status, text } = await ask(port, type, '@@reasoning=1 hi', stream);
      assert.equal(status, 200, text);
      const words = (kind) => blocks.filter((one) => one.type === kind).map((one) => one.text).join('');
      assert.deepEqual([words('thought'), words('text')], ['thought 0. ', 'You said: hi']);
    }
    const { said, text } = await ask(port, type, `@@pause=800 ${LONG}`, true);
    assert.equal(said, `You said: ${LONG}`);
    assert.ok(text.includes(': ping\n\n'));
  });
}

const PARAMS = { temperature: 0.5, top_p: 0.25, max_tokens: 77, seed: 3, presence_penalty: 0.1,
  frequency_penalty: 0.2, stop_sequences: ['END'] };
const CARRIED = {
  openai: ({ temperature, top_p, max_tokens, seed, presence_penalty, frequency_penalty, stop }) =>
    ({ temperature, top_p, max_tokens, seed, presence_penalty, frequency_penalty, stop_sequences: stop }),
  anthropic: ({ temperature, top_p, max_tokens, stop_sequences }) =>
    ({ ...PARAMS, temperature, top_p, max_tokens, stop_sequences }),
  'rust-proxy': () => PARAMS,
};
const IGNORED = { openai: 'tags', anthropic: 'seed,presence_penalty,frequency_penalty,tags',
  'rust-proxy': `${Object.keys(PARAMS).join(',')},tags` };

async function told(suite, upstream, port, type) {
  await suite.test(`inference, ${type}: what the service is told`, async () => {
    const input = { system: 'Be "short".', messages: [{ role: 'user', content: 'one' },
      { role: 'assistant', content: [{ type: 'text', text: 'two' }] },
      { role: 'user', content: [{ type: 'text', text: 'three' }, { type: 'text', text: 'four' }] }] };
    const answer = await ask(port, type, '', false, { input, params: { chat_completion: PARAMS }, tags: { a: 'b' } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-moongate-ignored'], IGNORED[type]);
    const { body } = await upstream.lastChat();
    assert.deepEqual(CARRIED[type](body), PARAMS);
    const text = JSON.stringify(body);
    const places = ['Be \\', 'short', 'one', 'two', 'three', 'four'].map((word) => text.indexOf(word));
    assert.deepEqual(places, places.toSorted((a, b) => a - b), text);
    assert.ok(places[0] >= 0, text);
  });
}

// [directives, what is said]: behind the first content. Before it: the other service answers.
const BEHIND = [['@@cut=2', /Request failed/], ['@@rst=2', /Request failed/], ['@@error', /told to fail/], ['@@stall=2', /idle/]];
const BEFORE = ['@@status=500', '@@cut0', '@@error0', '@@nothing'];

async function troubles(suite, upstreams, port, type) {
  await suite.table(BEHIND, ([how]) => `inference, ${type}: ${how} is an error event, and no [DONE]`, async ([how, message]) => {
    const answer = await ask(port, `${type}-alone`, `${how} ${LONG}`, true);
    assert.match(answer.said, /^You/);
    assert.deepEqual(Object.keys(answer.last), ['error'], answer.text);
    assert.match(answer.last.error, message);
    assert.ok(!answer.events.some((one) => one === 'DONE' || one.finish_reason));
  });
  await suite.test(`inference, ${type}: a whole answer that is cut is a 502`, async () => {
    refused(await ask(port, `${type}-alone`, `@@cut=2 ${LONG}`, false), 502, /Request failed/);
    refused(await ask(port, `${type}-alone`, '@@status=422', false), 422, /./);
  });
  for (const stream of [true, false]) {
    await suite.table(BEFORE, (how) => `inference, ${type}: ${how}, the other service${stream ? ', streamed' : ''}`, async (how) => {
      await upstreams[0].reset({ chat: [how] });
      const answer = await ask(port, type, LONG, stream);
      assert.equal(answer.said, `You said: ${LONG}`, answer.text);
      assert.equal(answer.headers['x-moongate-provider'], 'q');
      assert.equal(answer.headers['x-moongate-attempts'], '2');
      await ask(port, type, 'hi', stream); // five failures in a row would open its circuit
    });
  }
  await suite.test(`inference, ${type}: one who leaves ends it upstream`, async () => {
    await upstreams[0].reset();
    const wire = await Wire.open(port);
    wire.send(request('POST', PATH, { body: JSON.stringify({ model_name: type, stream: true, input: user('@@words=1000 @@gap=20') }) }));
    await until('a chat upstream', async () => (await upstreams[0].stats()).chat.open === 1);
    await sleep(100);
    wire.end();
    await until('its end', async () => (await upstreams[0].stats()).chat.aborted === 1, 1000);
  });
}

async function tools(suite, port) {
  await suite.test('inference: a tool that nobody offered is no answer', async () => {
    for (const stream of [true, false]) {
      refused(await ask(port, 'anthropic-alone', '@@tools', stream), 502, /calls a tool/);
    }
  });
}

// ---- refusals ----

const TEXT = (text) => ({ type: 'text', text });
const REFUSALS = [
  [{ model_name: undefined }, 400, /model_name or function_name/],
  [{ function_name: 'f' }, 400, /model_name or function_name/],
  [{ model_name: 5 }, 400, /^model_name is of the wrong type/],
  [{ model_name: 'nobody' }, 404, /Model not available: nobody/],
  [{ model_name: undefined, function_name: 'openai' }, 404, /function_name::openai/],
  [{ input: undefined }, 400, /^input is missing/],
  [{ input: [] }, 400, /^input is of the wrong type/],
  [{ input: {} }, 400, /^input.messages is missing/],
  [{ input: { messages: [] } }, 400, /^input.messages is empty/],
  [{ input: { ...user('hi'), system: { a: 1 } } }, 400, /^input.system is of/],
  [{ input: { messages: [{ role: 'user', content: 'a' }, { role: 'tool', content: 'a' }] } }, 400, /^input.messages\[1\].role/],
  [{ input: { messages: [{ role: 'user', content: 'a', name: 'n' }] } }, 400, /^input.messages\[0\].name/],
  [{ input: user([TEXT('a'), { type: 'tool_call', id: 'x' }]) }, 400, /^input.messages\[0\].tool_call is a block/],
  [{ input: user([{ type: 'text', arguments: { a: 1 } }]) }, 400, /^input.messages\[0\].arguments/],
  [{ input: user([{ type: 'text' }]) }, 400, /^input.messages\[0\].text is missing/],
  [{ input: user(5) }, 400, /^input.messages\[0\].content/],
  [{ stream: 'yes' }, 400, /^stream/],
  [{ episode_id: 'one' }, 400, /^episode_id is no UUID/],
  [{ episode_id: 5 }, 400, /^episode_id/],
  [{ params: { chat_completion: { temperature: 'hot' } } }, 400, /^params.chat_completion.temperature is of the wrong type/],
  [{ params: { chat_completion: { json_mode: 'strict' } } }, 400, /^params.chat_completion.json_mode/],
  [{ params: { chat_completion: { stop_sequences: 'END' } } }, 400, /^params.chat_completion.stop_sequences/],
  [{ additional_tools: [{}] }, 400, /^additional_tools/],
  [{ dryrun: true }, 400, /^dryrun/],
];

async function refusals(suite, port) {
  const body = (more) => JSON.stringify({ model_name: 'openai', input: user('hi'), ...more });
  await suite.table(REFUSALS, ([more]) => `inference: refused: ${JSON.stringify(more)}`, async ([more, status, message]) => {
    refused(await once(port, 'POST', PATH, { body: body(more) }), status, message);
  });
  await suite.test('inference: refused: a name twice, what is no JSON, other methods and paths', async () => {
    refused(await once(port, 'POST', PATH, { body: '{"model_name":"openai","model_name":"x","input":{}}' }), 400, /model_name is there twice/);
    refused(await once(port, 'POST', PATH, { body: '{"model_name":' }), 400, /not JSON/);
    refused(await once(port, 'POST', PATH, { body: '[]' }), 400, /no object/);
    refused(await once(port, 'GET', PATH), 405, /method/);
    assert.equal((await once(port, 'POST', '/v1/inference', { body: body({}) })).json().error.param, 'model');
  });
  await suite.test('inference: what asks for nothing is no fault', async () => {
    const nothing = { tags: {}, cache_options: { enabled: 'write_only' }, dryrun: false, variant_name: null, extra_body: [],
      episode_id: null, params: { chat_completion: { seed: null } }, dynamic: { } };
    const answer = await ask(port, 'tensorzero::model_name::openai', 'hi', false, nothing);
    assert.equal(answer.said, 'You said: hi', answer.text);
    assert.equal(answer.headers['x-moongate-ignored'], undefined);
    assert.equal(answer.last.variant_name, 'openai');
  });
}

// ---- functions ----

const FUNCTIONS = `[functions.f.variants.a]
model = "openai"
weight = 1
temperature = 0.125
[functions.f.variants.b]
model = "anthropic"
weight = 1
[functions.g.variants."only one"]
model = "rust-proxy"
[functions.h.variants.a]
model = "openai"
weight = 1
[functions.h.variants.b]
model = "openai"
`;

async function functions(suite, upstream, port) {
  const episode = () => crypto.randomUUID();
  const variant = async (more, name = 'f') => {
    const answer = await ask(port, null, 'hi', false, { function_name: name, ...more });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-moongate-variant'], answer.last.variant_name);
    return answer.last;
  };
  await suite.test('functions: by either route and every name of it, the variant in header and answer', async () => {
    for (const name of ['g', 'tensorzero::function_name::g']) {
      assert.equal((await variant({}, name)).variant_name, 'only one');
      assert.equal((await ask(port, name, 'hi', true)).last.variant_name, 'only one');
      assert.equal((await chat(port, name, 'hi')).headers['x-moongate-variant'], 'only one');
    }
  });
  await suite.test('functions: drawn by weight; those without any are not drawn', async () => {
    const seen = { a: 0, b: 0 };
    for (let i = 0; i < 60; i++) {
      seen[(await variant({})).variant_name]++;
      assert.equal((await variant({}, 'h')).variant_name, 'a');
    }
    assert.ok(seen.a > 10 && seen.b > 10, JSON.stringify(seen));
  });
  await suite.test('functions: an episode keeps its variant, a new one is given out', async () => {
    const own = Array.from({ length: 12 }, episode);
    const first = [];
    for (const id of own) {
      first.push((await variant({ episode_id: id })).variant_name);
    }
    assert.equal(new Set(first).size, 2);
    for (let round = 0; round < 3; round++) {
      for (const [i, id] of own.entries()) {
        const told = await variant({ episode_id: id.toUpperCase() });
        assert.deepEqual([told.variant_name, told.episode_id], [first[i], id]);
        assert.equal((await variant({ episode_id: id }, 'g')).variant_name, 'only one');
      }
    }
    const { episode_id: given, variant_name: kept } = await variant({});
    for (let i = 0; i < 8; i++) {
      assert.equal((await variant({ episode_id: given })).variant_name, kept);
    }
  });
  await suite.test("functions: an episode on OpenAI's route, whose name no service sees", async () => {
    const id = episode();
    const { variant_name: kept } = await variant({ episode_id: id });
    for (let i = 0; i < 8; i++) {
      const answer = await chat(port, 'f', 'hi', { 'tensorzero::episode_id': id });
      assert.equal(answer.headers['x-moongate-variant'], kept, answer.text);
      assert.equal(answer.headers['x-moongate-ignored'], undefined);
      const { body } = await upstream.lastChat();
      assert.ok(!Object.keys(body).some((name) => name.startsWith('tensorzero')));
    }
    refused400(await chat(port, 'f', 'hi', { 'tensorzero::episode_id': 'x' }));
  });
  await suite.test("functions: a variant's defaults are the service's, but for what is said", async () => {
    for (const [params, seen] of [[{}, 0.125], [{ temperature: 1 }, 1]]) {
      let told;
      do {
        told = await variant({ params: { chat_completion: params } });
      } while (told.variant_name !== 'a');
      assert.equal((await upstream.lastChat()).body.temperature, seen);
    }
  });
}

// ---- records ----

async function records(suite, port) {
  await suite.test('inference: in the journal and in the metrics', async () => {
    const answer = await ask(port, null, 'hi', false, { function_name: 'g' });
    const entry = await until('its record', async () => (await once(port, 'GET', '/v1/inferences?limit=5')).json().data
      .find((one) => one.id === answer.last.inference_id));
    assert.deepEqual([entry.model, entry.variant, entry.episode_id, entry.outcome],
      ['tensorzero::function_name::g', 'only one', answer.last.episode_id, 'complete']);
    const metrics = (await once(port, 'GET', '/metrics')).text;
    assert.match(metrics, /moongate_requests_total\{route="inference",model="rust-proxy",provider="p",status="200",outcome="complete"\} \d/);
  });
}

export default async function (suite) {
  const upstreams = [await Upstream.start(), await Upstream.start()];
  const gateway = await Gateway.start(paired(upstreams) + FUNCTIONS, { env: KEY, timeouts: TIMEOUTS });
  for (const type of TYPES) {
    await whole(suite, gateway.port, type);
    await streamed(suite, gateway.port, type);
    await told(suite, upstreams[0], gateway.port, type);
    await troubles(suite, upstreams, gateway.port, type);
  }
  await upstreams[0].reset();
  await tools(suite, gateway.port);
  await refusals(suite, gateway.port);
  await functions(suite, upstreams[0], gateway.port);
  await records(suite, gateway.port);
  await gateway.stop();
  await Promise.all(upstreams.map((one) => one.stop()));
}
