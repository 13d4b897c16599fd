// GET /metrics: read by a strict parser and by Prometheus' own tool, and true to what was done.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Gateway, KEY, Upstream, model, relay, sleep } from './harness.mjs';
import { CHAT, Wire, chat, chatBody, once, request } from './wire.mjs';

const PROMTOOL = [resolve('build/deps/promtool')].find(existsSync) ?? 'promtool'; // of setup.sh, or of the machine
const ID = { id: 'gpt-4.1-mini' };
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-z_]+)(\{(.*)\})? (\d+(?:\.\d+)?)$/;
const LABEL = /^([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;

// Every line is a heading or a sample of the family under the last one; no sample occurs twice.
function parse(text) {
  assert.ok(text.endsWith('\n'));
  const samples = new Map();
  const types = new Map();
  let family = null;
  for (const line of text.slice(0, -1).split('\n')) {
    const heading = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (heading?.[1] === 'HELP') {
      family = heading[2];
      assert.match(family, NAME);
      assert.ok(!types.has(family), `${family} twice`);
    } else if (heading) {
      assert.equal(heading[2], family);
      assert.match(heading[3], /^(counter|gauge|histogram)$/);
      types.set(family, heading[3]);
    } else {
      takeSample(samples, types, family, line);
    }
  }
  return samples;
}

function takeSample(samples, types, family, line) {
  const [, name, , labels = '', value] = SAMPLE.exec(line) ?? assert.fail(`no sample: ${line}`);
  const endings = types.get(family) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  assert.ok(endings.some((ending) => name === family + ending), line);
  let rest = labels;
  while (rest !== '') {
    const label = LABEL.exec(rest) ?? assert.fail(`no label: ${line}`);
    rest = rest.slice(label[0].length);
  }
  const key = `${name}{${labels}}`;
  assert.ok(!samples.has(key), `${key} twice`);
  samples.set(key, Number(value));
}

async function metrics(gateway, fields = {}) {
  const answer = await once(gateway.port, 'GET', '/metrics', { fields });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  return answer.text;
}

const sum = (samples, start, parts = []) => [...samples]
  .filter(([key]) => key.startsWith(start) && parts.every((part) => key.includes(part)))
  .reduce((total, [, value]) => total + value, 0);

// What an owner looks for besides, each above 0 by then.
const FAMILIES = ['queue_seconds_count', 'connect_seconds_count', 'model_usage_left', 'pool_in_use', 'pool_high', 'pool_size',
  'journal_records_total', 'build_info'];

async function counts(suite, upstream) {
  await suite.test('what was done is counted', async () => {
    const text = model('m', upstream, ID) + relay('it', upstream, { id: 'vendor/model:free' })
      + model('few', upstream, { id: 'trial-three' });
    const gateway = await Gateway.start(text, { env: KEY });
    const stream = [true, false, true, false, true];
    const all = stream.map((yes) => chat(gateway.port, 'm', '@@words=8 @@gap=20', { stream: yes }));
    (await Promise.all(all)).forEach(({ status }) => assert.equal(status, 200));
    assert.equal((await chat(gateway.port, 'it', 'hi')).status, 200);
    await chat(gateway.port, 'm', '@@status=500');
    await chat(gateway.port, 'nobody', 'hi');
    await once(gateway.port, 'GET', '/nowhere');
    const said = await metrics(gateway);
    const samples = parse(said);
    const total = 'moongate_requests_total';
    assert.equal(sum(samples, total, ['model="m"', 'outcome="complete"', 'status="200"']), 5);
    assert.equal(sum(samples, total, ['model="it"', 'provider="p"', 'outcome="complete"']), 1);
    assert.equal(sum(samples, total, ['model="m"', 'outcome="failed"', 'status="502"']), 1);
    assert.equal(sum(samples, total, ['model=""', 'status="404"']), 1);
    assert.equal(sum(samples, 'moongate_upstream_failures_total', ['kind="status"']), 1);
    assert.equal(samples.get('moongate_circuit_state{provider="p",model="m"}'), 0);
    assert.equal(samples.get('moongate_refusals_total{reason="not_found"}'), 1);
    assert.equal(samples.get('moongate_request_duration_seconds_count{model="m"}'), 6);
    assert.equal(samples.get('moongate_first_content_seconds_count{model="m"}'), 5);
    assert.ok(samples.get('moongate_tls_handshake_seconds_count{model="m"}') >= 1);
    assert.ok(samples.get('moongate_overhead_seconds_count{model="m"}') >= 1);
    assert.ok(samples.get('moongate_event_gap_seconds_count{model="m"}') > 10);
    assert.ok(sum(samples, 'moongate_tokens_total{model="m",kind="estimated_output"') > 5);
    assert.ok(sum(samples, 'moongate_tokens_total{model="it"') > 0);
    assert.ok(samples.get('moongate_resident_bytes{}') > 0);
    FAMILIES.forEach((name) => assert.ok(sum(samples, `moongate_${name}{`) > 0, name));
    histogramsAdd(samples);
    const check = spawnSync(PROMTOOL, ['check', 'metrics'], { input: said, encoding: 'utf8' });
    assert.equal(check.error, undefined);
    assert.equal(`${check.stdout}${check.stderr}`, '');
    assert.equal(check.status, 0);
    await gateway.stop();
    return `${samples.size} samples, ${said.length} bytes`;
  });
}

// Buckets grow, and the last one is the count.
function histogramsAdd(samples) {
  const last = new Map();
  for (const [key, value] of samples) {
    const bucket = /^(\w+)_bucket\{(model="[^"]*"),le="(.*)"\}$/.exec(key);
    if (bucket) {
      const [, name, label, le] = bucket;
      const series = `${name}_count{${label}}`;
      assert.ok(value >= (last.get(series) ?? 0), key);
      last.set(series, value);
      assert.ok(le !== '+Inf' || value === samples.get(series), key);
    }
  }
  assert.ok(last.size > 0);
}

const BOSS = { authorization: 'Bearer the-boss-of-the-house' };
const CHILD = { authorization: 'Bearer a-child-of-the-house' };
const KEYS = '[keys.boss]\nsecret = "the-boss-of-the-house"\nadmin = true\n'
  + '[keys.child]\nsecret = "a-child-of-the-house"\nrequests_per_minute = 1\n';

async function access(suite, upstream) {
  await suite.test('with keys configured it is for admin keys alone', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID) + KEYS);
    const status = async (fields) => (await once(gateway.port, 'GET', '/metrics', { fields })).status;
    assert.equal(await status({}), 401);
    assert.equal(await status(CHILD), 403);
    assert.equal(await status(BOSS), 200);
    for (const wanted of [200, 429]) {
      assert.equal((await once(gateway.port, 'POST', CHAT, { fields: CHILD, body })).status, wanted);
    }
    const samples = parse(await metrics(gateway, BOSS));
    assert.equal(sum(samples, 'moongate_requests_total', ['status="429"']), 1, 'a limit of a key');
    await gateway.stop();
  });
}

const json = { 'content-type': 'application/json' };
const head = (fields, version) => request('POST', CHAT, { fields: { ...BOSS, ...json, ...fields }, version });
const body = chatBody('m', 'hi');

// [reason, status, bytes]
const REFUSED = [
  ['bad_request', 400, head({ host: null, 'content-length': 2 })],
  ['no_key', 401, request('GET', '/v1/models')],
  ['forbidden', 403, request('GET', '/metrics', { fields: CHILD })],
  ['not_found', 404, request('GET', '/nowhere', { fields: BOSS })],
  ['method', 405, request('PUT', CHAT, { fields: BOSS, body })],
  ['too_slow', 408, 'GET /heal'],
  ['no_length', 411, head({})],
  ['too_large', 413, head({ 'content-length': 99999999 })],
  ['target_too_long', 414, request('GET', `/${'a'.repeat(40000)}`)],
  ['content_type', 415, head({ 'content-type': 'text/plain', 'content-length': 2 })],
  ['expectation', 417, head({ 'content-length': 2, expect: 'magic' })],
  ['host', 421, request('GET', '/v1/models', { fields: { host: 'evil.example.com' } })],
  ['head_too_large', 431, request('GET', '/health', { fields: { x: 'y'.repeat(40000) } })],
  ['transfer_coding', 501, head({ 'transfer-encoding': 'gzip, chunked' })],
  ['http_version', 505, head({ 'content-length': 2 }, 'HTTP/2.0')],
];
const BUSY = ['busy', 503, request('POST', CHAT, { fields: BOSS, body })]; // while one has the only slot

async function reasons(suite, upstream) {
  const text = `${model('m', upstream, ID)}${KEYS}[gateway.limits]\nmax_active_requests = 1\nqueue_ms = 100\n`;
  const gateway = await Gateway.start(text, { timeouts: 'client_head_ms = 300\n' });
  const refused = (rows) => suite.table(rows, ([reason, status]) => `a refusal is counted by its reason: ${reason}, ${status}`,
    async ([reason, status, bytes]) => {
      const wire = await Wire.open(gateway.port);
      const count = async () => parse(await metrics(gateway, BOSS)).get(`moongate_refusals_total{reason="${reason}"}`);
      const before = await count();
      wire.send(bytes);
      const answer = await wire.answer();
      wire.end();
      assert.equal(answer.status, status, answer.text);
      assert.equal('retry-after' in answer.headers, status === 503);
      assert.equal(await count(), before + 1);
      assert.match(gateway.log(), new RegExp(` refused status=${status} `));
    });
  await refused(REFUSED);
  const busy = await Wire.open(gateway.port);
  busy.send(request('POST', CHAT, { fields: BOSS, body: chatBody('m', '@@words=900 @@gap=20', { stream: true }) }));
  await busy.head();
  await refused([BUSY]);
  busy.end();
  await gateway.stop();
}

async function floods(suite, upstream) {
  await suite.test('a flood of refusals is counted whole, and told once a second', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID));
    const before = Date.now();
    for (let i = 0; i < 300; i++) {
      await once(gateway.port, 'GET', '/nowhere');
    }
    await sleep(50);
    const seconds = (Date.now() - before) / 1000;
    const told = gateway.log().match(/ refused status=404 /g).length;
    assert.ok(told >= 1 && told <= seconds + 2, `${told} in ${seconds} s`);
    assert.equal(parse(await metrics(gateway)).get('moongate_refusals_total{reason="not_found"}'), 300);
    await gateway.stop();
  });
}

export default async function all(suite) {
  const upstream = await Upstream.start();
  await counts(suite, upstream);
  await access(suite, upstream);
  await reasons(suite, upstream);
  await floods(suite, upstream);
  await upstream.stop();
}
