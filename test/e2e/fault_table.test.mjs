// What becomes of a request when its first service misbehaves: one row a kind of trouble, for each protocol,
// streamed and whole. Two stand-ins a protocol, so that the tries that each has seen can be counted.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, sleep, until } from './harness.mjs';
import { CAN, TYPES } from './providers.mjs';
import { chat as chatOnce, isError, once } from './wire.mjs';

// The defaults scaled down: two minutes to the first byte are FIRST, five of silence behind it are IDLE.
const FIRST = 1500;
const IDLE = 3000;
const TOTAL = { stream: 12000, whole: 6000 };
const PING = 200;
const SOON = 1400; // what is not waited for: a try, the pause before a second round, and a busy machine
const HI = 'You said: a b c d e f';
const ASKED = 'a b c d e f';

const both = ['stream', 'whole'];
const stream = ['stream'];
const whole = ['whole'];
const chunked = ['openai', 'anthropic']; // whose events are JSON and have an end of their own

// A row: what the first service does (one entry a try), the second; which model of the three: "pair" has
// both services and no further round, "again" the first alone with one, "alone" the first alone, "rounds" both
// with one. Expected: status, text or message, the tries that each has seen, who answered, milliseconds.
const good = { status: 200, text: HI };
const second = { ...good, seen: [1, 1], provider: 'second', attempts: 2, soon: true };
const twice = { ...good, seen: [2, 0], provider: 'first', attempts: 2 };
const untouched = { ...good, seen: [1, 0], provider: 'first', attempts: 1 };
const broken = { status: 200, error: true, seen: [1, 0] };
const refused = { status: 400, seen: [1, 0], attempts: 1, soon: true };

export const ROWS = [
  // 429
  { name: '429 with a long Retry-After: the other service', first: ['@@status=429 @@retry-after=30'], ...second },
  { name: '429 with a long Retry-After and nobody else: told at once', model: 'again',
    first: ['@@status=429 @@retry-after=30'], status: 429, message: /429/, seen: [1, 0], attempts: 1, soon: true,
    retryAfter: 30 },
  { name: '429 with a Retry-After of a second is waited for', model: 'again',
    first: ['@@status=429 @@retry-after=1'], ...twice, ms: [950, 2500] },
  { name: '429 without Retry-After: the other service', first: ['@@status=429'], ...second },
  { name: '429 without Retry-After and nobody else: one more round', model: 'again', first: ['@@status=429'], ...twice },
  // 500, 503
  { name: 'one 500, then good', model: 'again', first: ['@@status=500'], ...twice },
  { name: 'a 500: the other service', first: ['@@status=500'], ...second },
  { name: 'a 503: the other service', first: ['@@status=503'], ...second },
  { name: 'a 503 and nobody else', model: 'alone', first: ['@@status=503 @@retry-after=7'], status: 503,
    message: /503/, seen: [1, 0], attempts: 1, soon: true },
  { name: '529, overloaded: the other service', first: ['@@status=529'], ...second },
  // no answer
  { name: 'reset before the head: the other service', first: ['@@rst', '@@rst'], ...second, seen: null },
  { name: 'reset before the head and nobody else', model: 'alone', first: ['@@rst', '@@rst'], status: 502,
    message: /^Request failed: .*(reset|closed)/, seen: null, attempts: 1, soon: true },
  { name: 'no answer at all: the other service, once the first byte is overdue', kinds: stream,
    first: ['@@stall0'], ...second, soon: false, ms: [FIRST, FIRST + 1500] },
  { name: 'no answer at all and nobody else: 504, never the same service again', kinds: stream, model: 'again',
    first: ['@@stall0'], status: 504, error: true, message: /first.byte/, seen: [1, 0], ms: [FIRST, FIRST + 1500] },
  { name: 'no answer at all to a whole request: 504 when its time is over', kinds: whole, model: 'again',
    first: ['@@stall0'], status: 504, message: /total/, seen: [1, 0], attempts: 1, ms: [TOTAL.whole, TOTAL.whole + 1500] },
  { name: 'a slow first token is no fault: no head for long', first: ['@@delay=1000'], ...untouched, ms: [1000, 3000] },
  { name: 'a slow first token is no fault: a head, then silence', first: ['@@pause=2400'], ...untouched,
    ms: [2400, 4500], pings: 5 },
  // cut
  { name: 'cut behind the head: the other service', first: ['@@cut0'], ...second },
  { name: 'cut before any content: the other service', types: chunked, kinds: stream,
    first: ['@@empty @@nofinish @@nodone'], ...second },
  { name: 'an error event before any content: the other service', first: ['@@error0'], ...second },
  { name: 'cut before any content, behind pings: the other service', types: chunked, kinds: stream,
    first: ['@@pause=1000 @@error0'], ...second, soon: false, pings: 2 },
  { name: 'cut in the middle of content: an error event, no [DONE]', kinds: stream, first: ['@@cut=2'], ...broken,
    message: /^Request failed/ },
  { name: 'reset in the middle of content: an error event, no [DONE]', kinds: stream, first: ['@@rst=2'], ...broken,
    message: /^Request failed/ },
  { name: 'no finish mark: an error event, no [DONE]', types: chunked, kinds: stream,
    first: ['@@nofinish @@nodone'], ...broken, message: /complete/ },
  { name: 'an error event in the middle of content', kinds: stream, first: ['@@error'], ...broken,
    message: /told to fail/ },
  { name: 'cut in the middle of a whole answer: the other service', kinds: whole, first: ['@@cut=2'], ...second },
  { name: 'cut in the middle of a whole answer and nobody else: 502', kinds: whole, model: 'alone',
    first: ['@@cut=2'], status: 502, message: /^Request failed/, seen: [1, 0], attempts: 1 },
  { name: 'cut in a long whole answer: no last chunk', kinds: whole, types: ['openai'],
    first: ['@@bytes=1000000 @@cut=9'], status: 200, incomplete: true, seen: [1, 0] },
  { name: 'cut in a long whole answer of events: no last chunk', kinds: whole, types: ['rust-proxy'],
    first: ['@@bytes=1000000 @@cut=900'], status: 200, incomplete: true, seen: [1, 0] },
  // stall
  { name: 'a stall shorter than idle_ms is no fault', kinds: stream, first: ['@@words=2 @@gap=1600'], ...untouched,
    text: 'w0 w1', ms: [1500, 4000] },
  { name: 'a stall in the middle of content: an error event, once idle_ms is over', kinds: stream,
    first: ['@@stall=2'], ...broken, message: /idle/, ms: [IDLE, IDLE + 1500], pings: 5 },
  { name: 'a stall in a whole answer: the other service, once idle_ms is over', kinds: whole, first: ['@@stall=2'],
    ...second, soon: false, ms: [IDLE, IDLE + 1500] },
  // events
  { name: 'a malformed chunk is skipped, and counted', types: chunked, kinds: stream, first: ['@@malformed=2'], ...untouched,
    log: / outcome=complete .* malformed_events=1 / },
  { name: 'a document that is none: the other service', types: ['openai'], kinds: whole, first: ['@@malformed'],
    ...second },
  { name: 'a missing [DONE] is supplied', types: chunked, kinds: stream, first: ['@@nodone'], ...untouched },
  { name: 'a missing finish is supplied', types: ['rust-proxy'], kinds: both, first: ['@@nofinish'], ...untouched },
  // what a client can mend
  { name: 'more than the context, 400: never tried again', model: 'rounds', first: ['@@toolong'], ...refused,
    message: /maximum/, code: 'context_length_exceeded' },
  { name: 'what a filter forbids, 400: never tried again', model: 'rounds', first: ['@@policy'], ...refused,
    message: /content filtering/, code: 'content_filter' },
  // all down
  { name: 'all down: the last one\'s status, each by its name', first: ['@@status=500'], second: ['@@status=503'],
    status: 503, error: true, message: /first.*500.*second.*503/, seen: [1, 1], attempts: 2, soon: true },
  { name: 'all down in two rounds', model: 'rounds', first: ['@@status=503', '@@cut0'],
    second: ['@@status=500', '@@cut0'], status: 502, error: true, message: /first.*second/, seen: [2, 2],
    attempts: 4 },
];

// One provider; each row's has a key of its own, so that what benches one leaves the others alone.
function provider(base, name, type, upstream, row) {
  const lines = [`[${base}.providers.${name}]`, `type = "${type}"`];
  if (type === 'rust-proxy') {
    lines.push(`model_name = "gpt-4.1-mini"`, `api_endpoint = "${upstream.endpoint}"`,
      `device_id = "device-${row}-${name}"`, `session_id = "session-${row}"`);
  } else {
    const [path, model] = type === 'openai' ? ['oai/v1', 'gpt-of-tests'] : ['anthropic', 'claude-of-tests'];
    lines.push(`model_name = "${model}"`, `api_base = "https://localhost:${upstream.port}/${path}"`,
      `api_key_location = "env::KEY_${row}_${name}"`);
  }
  return lines.join('\n');
}

const MODELS = {
  pair: [0, ['first', 'second']], again: [1, ['first']], alone: [0, ['first']], rounds: [1, ['first', 'second']],
};

// type: of both providers, or one for each.
function section(name, kind, type, upstreams, row) {
  const [retries, names] = MODELS[kind];
  const base = `models."${name}"`;
  const types = { first: [type].flat()[0], second: [type].flat().at(-1) };
  const parts = names.map((one) => provider(base, one, types[one], upstreams[one === 'first' ? 0 : 1], row));
  return `[${base}]\nretries = ${retries}\nrouting = ${JSON.stringify(names)}\n${parts.join('\n')}\n`;
}

// ---- one row ----

// Every request has a key, whose tokens are counted.
const SECRET = 'secret-of-the-counted-key';
const fields = { authorization: `Bearer ${SECRET}` };

function chat(gateway, name, content, more) {
  return chatOnce(gateway.port, name, content, more, { fields, ms: 15000 });
}

async function seen(upstreams) {
  const stats = await Promise.all(upstreams.map((one) => one.stats()));
  return stats.map((one) => one.requests.chat);
}

async function script(upstreams, row) {
  await upstreams[0].reset({ chat: row.first });
  await upstreams[1].reset({ chat: row.second ?? [] });
}

function headers(answer, row) {
  const { 'x-moongate-provider': by, 'x-moongate-attempts': attempts } = answer.headers;
  const early = answer.text.startsWith(': ping'); // then the head went out before this was known
  if (row.provider !== undefined) {
    assert.equal(by, early ? undefined : row.provider);
  }
  if (row.attempts !== undefined) {
    assert.equal(attempts, early ? undefined : String(row.attempts), 'attempts');
  }
  if (row.retryAfter !== undefined) {
    const left = Number(answer.headers['retry-after']);
    assert.ok(left <= row.retryAfter && left > row.retryAfter - 3, `retry-after ${left}`);
  }
}

// An error is told by status, or, once a ping or content has gone out, as an event without [DONE].
function failed(answer, row, streams) {
  const early = answer.status === 200;
  assert.ok(early ? streams && row.error : answer.status === row.status, `status ${answer.status}: ${answer.text}`);
  if (!early) {
    isError(answer, row.status, {});
  }
  assert.notEqual(answer.said.error, null, answer.text);
  assert.equal(answer.said.done, false, '[DONE] behind an error');
  assert.equal(answer.said.finish, null, 'a finish reason');
  assert.match(answer.said.error.message, row.message);
  assert.ok(row.code === undefined || row.type === 'anthropic' || answer.said.error.code === row.code, 'code');
}

function succeeded(answer, row, streams) {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.said.error, null, answer.text);
  assert.equal(answer.said.text, row.text);
  assert.equal(answer.said.finish, 'stop');
  assert.equal(answer.said.done, streams);
  assert.equal(answer.complete, true);
}

function judge(answer, row, streams, took) {
  const pings = answer.text.split(': ping\n').length - 1;
  if (row.text !== undefined) {
    succeeded(answer, row, streams);
  } else {
    failed(answer, row, streams);
  }
  headers(answer, row);
  assert.ok(row.pings === undefined || !streams || pings >= row.pings, `${pings} pings`);
  const [least, most] = row.ms ?? [0, row.soon ? SOON : 20000];
  assert.ok(took >= least - 20 && took <= most, `after ${took} ms, not within ${least} to ${most}`);
}

async function play(gateway, upstreams, name, row, streams) {
  await script(upstreams, row);
  const start = Date.now();
  if (row.incomplete) {
    const body = JSON.stringify({ model: name, messages: [{ role: 'user', content: ASKED }] });
    const answer = await once(gateway.port, 'POST', '/v1/chat/completions', { body, fields });
    assert.equal(answer.status, 200, answer.text.slice(0, 300));
    assert.equal(answer.complete, false);
  } else {
    const answer = await chat(gateway, name, ASKED, { stream: streams });
    judge(answer, row, streams, Date.now() - start);
  }
  if (row.seen) {
    assert.deepEqual(await seen(upstreams), row.seen, 'tries seen by the services');
  }
  if (row.log) {
    await until(`the log: ${row.log}`, () => row.log.test(gateway.log()));
  }
}

// ---- what takes more than one request ----

async function benched(gateway, upstreams, name) {
  await upstreams[0].reset({ chat: ['@@status=429 @@retry-after=30'] });
  await upstreams[1].reset();
  for (const expected of [[1, 1], [1, 2], [1, 3]]) {
    const answer = await chat(gateway, name, ASKED, {});
    assert.equal(answer.said.text, HI, answer.text);
    assert.deepEqual(await seen(upstreams), expected);
    assert.equal(answer.headers['x-moongate-attempts'], expected[1] === 1 ? '2' : '1');
  }
}

async function flapping(gateway, upstreams, name, streams) {
  const turns = ['@@status=500', '@@words=1', '@@cut0', '@@words=1', '@@status=503', '@@words=1'];
  await upstreams[0].reset({ chat: [...turns, ...turns] });
  await upstreams[1].reset();
  for (let i = 0; i < 12; i++) {
    const answer = await chat(gateway, name, ASKED, { stream: streams });
    assert.equal(answer.said.text, i % 2 === 0 ? HI : 'w0', `${i}: ${answer.text}`);
    assert.equal(answer.headers['x-moongate-provider'], i % 2 === 0 ? 'second' : 'first', `${i}`);
  }
  assert.deepEqual(await seen(upstreams), [12, 6]);
}

// Five failures in a row, then the service is left alone; one request asks it again when the time has come.
async function circuit(gateway, upstreams, name) {
  await upstreams[0].reset({ chat: Array(5).fill('@@status=500') });
  await upstreams[1].reset();
  for (let i = 0; i < 9; i++) {
    const answer = await chat(gateway, name, ASKED, {});
    assert.equal(answer.said.text, HI, answer.text);
    assert.equal(answer.headers['x-moongate-attempts'], i < 5 ? '2' : '1', `request ${i}`);
  }
  assert.deepEqual(await seen(upstreams), [5, 9]);
  await sleep(5300);
  const answers = await Promise.all([1, 2, 3].map(() => chat(gateway, name, '@@delay=300 hi', {})));
  assert.ok(answers.every((one) => one.status === 200));
  assert.deepEqual(await seen(upstreams), [6, 11], 'one probe');
  await chat(gateway, name, ASKED, {});
  assert.deepEqual(await seen(upstreams), [7, 11], 'closed again');
}

// A key's tokens tell what was counted: the same for each, whether it was failed over or not; as the service
// counted, where it does.
async function accounting(gateway, upstreams, name, streams, type) {
  const left = [];
  await upstreams[1].reset();
  for (const how of ['', '@@status=500', '@@cut0', '']) {
    await upstreams[0].reset({ chat: [how] });
    const answer = await chat(gateway, name, ASKED, { stream: streams });
    assert.equal(answer.said.text, HI, answer.text);
    assert.equal(answer.headers['x-moongate-provider'], how === '' ? 'first' : 'second');
    left.push(Number(answer.headers['x-ratelimit-remaining-tokens']));
  }
  const spent = left.slice(1).map((one, i) => left[i] - one);
  const one = CAN[type].counts ? 12 : spent[0];
  assert.ok(one > 0 && spent.every((each) => each === one), `${spent} tokens`);
  return `${spent[0]} tokens each`;
}

// ---- all of it ----

const STORIES = [
  ['a service with a long Retry-After is passed over from then on', benched, ['whole']],
  ['a flapping service: every request is answered', flapping, both],
  ['five failures in a row open a circuit, one probe closes it', circuit, ['whole']],
  ['a request that was failed over is counted once', accounting, both],
];

const fits = (row, type, kind) => (row.types ?? TYPES).includes(type) && (row.kinds ?? both).includes(kind);

const COUNTED = '[keys.counted]\nsecret = "env::COUNTED"\ntokens_per_day = 1000000\n';

async function start(text, kind) {
  const env = { ...KEY, COUNTED: SECRET };
  for (const name of text.matchAll(/env::(KEY_\w+)/g)) {
    env[name[1]] = KEY.OPENAI_API_KEY;
  }
  return Gateway.start(text, {
    env,
    timeouts: `connect_ms = 3000\ntls_ms = 5000\nfirst_byte_ms = ${FIRST}\nidle_ms = ${IDLE}\n`
      + `total_ms = ${TOTAL[kind]}\nping_ms = ${PING}\n`,
  });
}

async function world(suite, type, kind) {
  const upstreams = [await Upstream.start(), await Upstream.start()];
  const rows = ROWS.filter((row) => fits(row, type, kind)).map((row) => ({ ...row, type }));
  const stories = STORIES.filter(([, , kinds]) => kinds.includes(kind));
  const text = rows.map((row, i) => section(`r${i}`, row.model ?? 'pair', type, upstreams, `R${i}`)).join('')
    + stories.map((_, i) => section(`s${i}`, 'pair', type, upstreams, `S${i}`)).join('')
    + COUNTED;
  const gateway = await start(text, kind);
  const title = (name) => `${type}, ${kind === 'stream' ? 'streamed' : 'whole'}: ${name}`;
  for (const [i, row] of rows.entries()) {
    await suite.test(title(row.name), () => play(gateway, upstreams, `r${i}`, row, kind === 'stream'));
  }
  for (const [i, [name, story]] of stories.entries()) {
    await suite.test(title(name), () => story(gateway, upstreams, `s${i}`, kind === 'stream', type));
  }
  await gateway.stop();
  await Promise.all(upstreams.map((one) => one.stop()));
}

// From a service of one protocol to one of another: the same request, put in other words.
async function mixed(suite) {
  const upstreams = [await Upstream.start(), await Upstream.start()];
  const pairs = TYPES.flatMap((one) => TYPES.filter((other) => other !== one).map((other) => [one, other]));
  const text = pairs.map((pair, i) => section(`m${i}`, 'pair', pair, upstreams, `M${i}`)).join('') + COUNTED;
  const gateway = await start(text, 'stream');
  const row = ROWS.find((one) => one.name === 'a 500: the other service');
  for (const [i, [one, other]] of pairs.entries()) {
    for (const streams of [true, false]) {
      await suite.test(`from ${one} to ${other}, ${streams ? 'streamed' : 'whole'}`,
        () => play(gateway, upstreams, `m${i}`, row, streams));
    }
  }
  await gateway.stop();
  await Promise.all(upstreams.map((one) => one.stop()));
}

export default async function (suite) {
  await mixed(suite);
  await Promise.all(TYPES.flatMap((type) => both.map((kind) => world(suite, type, kind))));
}
