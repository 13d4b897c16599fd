// Batches by the official SDK, over each kind of provider: results, bad input, keys, kill -9, cancel, what
// it waits for, and its memory.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { BOX, begin, ended, line, look, results, sdk } from './batch.mjs';
import { CHECKED, Gateway, KEY, Upstream, model, relay, resident, sleep, until } from './harness.mjs';
import { TYPES, models } from './providers.mjs';
import { CHAT } from './wire.mjs';

const ONE = '1111111111111111';
const TWO = '2222222222222222';
const KEYED = `${BOX}[keys.one]\nsecret = "${ONE}"\n[keys.two]\nsecret = "${TWO}"\n`;

async function providers(suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(models(upstream), { env: KEY });
  const client = sdk(gateway);
  const begun = []; // the newest first
  await suite.table(TYPES, (type) => `a batch over ${type}`, async (type) => {
    const batch = await begin(client, Array.from({ length: 5 }, (_, i) => line(`id-${i}`, type, `number ${i}`)));
    assert.match(batch.id, /^batch_[0-9a-f]{32}$/);
    assert.equal(batch.status, 'validating');
    begun.unshift(batch.id);
    const end = await ended(client, batch);
    assert.equal(end.status, 'completed');
    assert.deepEqual(end.request_counts, { total: 5, completed: 5, failed: 0 });
    assert.equal(end.error_file_id, null);
    const answers = await results(client, end.output_file_id);
    answers.forEach((one) => {
      assert.equal(one.error, null);
      assert.equal(one.response.status_code, 200);
      const number = one.custom_id.replace('id-', '');
      assert.equal(one.response.body.choices[0].message.content, `You said: number ${number}`);
    });
    assert.equal(new Set(answers.map((one) => one.custom_id)).size, 5);
    const info = await client.files.retrieve(end.output_file_id);
    assert.equal(info.purpose, 'batch_output');
  });
  await suite.test('embeddings', async () => {
    const one = JSON.stringify({
      custom_id: 'e', method: 'POST', url: '/v1/embeddings', body: { model: 'openai', input: 'x' },
    });
    const end = await ended(client, await begin(client, [one], '/v1/embeddings'));
    begun.unshift(end.id);
    const [result] = await results(client, end.output_file_id);
    assert.equal(result.response.body.data[0].object, 'embedding');
  });
  await suite.test('what the service refuses is in the error file, with its words', async () => {
    const end = await ended(client, await begin(client, [line('a', 'openai', '@@status=422'), line('b', 'openai')]));
    begun.unshift(end.id);
    assert.deepEqual(end.request_counts, { total: 2, completed: 1, failed: 1 });
    const [error] = await results(client, end.error_file_id);
    assert.equal(error.custom_id, 'a');
    assert.equal(error.response.status_code, 422);
    assert.equal(error.error.code, 'request_failed');
  });
  await suite.test('cancelled while it runs', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => line(`c-${i}`, 'openai', '@@delay=200 hi'));
    const batch = await begin(client, lines);
    begun.unshift(batch.id);
    await until('some lines', async () => (await look(client, batch)).request_counts.completed > 2);
    assert.equal((await client.batches.cancel(batch.id)).status, 'cancelling');
    const end = await ended(client, batch);
    assert.equal(end.status, 'cancelled');
    const answers = await results(client, end.output_file_id);
    assert.equal(answers.length, end.request_counts.completed);
    assert.ok(answers.length < lines.length);
    await assert.rejects(client.batches.cancel(batch.id), { status: 409 });
  });
  await suite.test('listed page by page, the newest first', async () => {
    const all = [];
    for await (const batch of client.batches.list({ limit: 2 })) {
      all.push(batch.id);
    }
    assert.equal(all.length, TYPES.length + 3);
    assert.deepEqual(all, begun);
  });
  await gateway.stop();
  await upstream.stop();
}

// What a file may have, and what becomes of it.
const GOOD = line('good', 'box');
const BAD = [
  ['not JSON', '{"custom_id":', 'invalid_json_line'],
  ['a custom_id for the second time', GOOD, 'duplicate_custom_id'],
  ['no custom_id', '{"method":"POST"}', 'missing_required_parameter'],
  ['another endpoint', line('e', 'box', 'hi', '/v1/embeddings'), 'mismatched_url'],
  ['too long', line('long', 'box', 'x'.repeat(70000)), 'line_too_long'],
  ['an unknown model', line('m', 'nobody-knows'), 'model_not_found'],
  ['a stream', GOOD.replace('"model"', '"stream":true,"model"').replace('good', 's'), 'invalid_request'],
];

async function badInput(suite) {
  const gateway = await Gateway.start(`${KEYED}[gateway.limits]\nmax_body_bytes = 65536\n`);
  const client = sdk(gateway, ONE);
  await suite.table(BAD, ([name]) => `a line that is, or has: ${name}`, async ([, bad, code]) => {
    const end = await ended(client, await begin(client, [GOOD, bad]));
    assert.equal(end.status, 'completed');
    assert.deepEqual(end.request_counts, { total: 2, completed: 1, failed: 1 });
    const [error] = await results(client, end.error_file_id);
    assert.deepEqual([error.error.code, error.error.line, error.response], [code, 2, null]);
    assert.equal((await results(client, end.output_file_id))[0].custom_id, 'good');
  });
  await suite.test('a file that is no JSONL fails at once, with the first faults', async () => {
    const end = await ended(client, await begin(client, ['a,b', 'c,d', 'e,f']));
    assert.equal(end.status, 'failed');
    assert.equal(end.errors.data[0].code, 'invalid_json_line');
    assert.equal(end.errors.data[1].line, 2);
  });
  await suite.test('an unknown model fails the batch: Model not available', async () => {
    const end = await ended(client, await begin(client, [line('a', 'nobody-knows')]));
    assert.equal(end.status, 'failed');
    assert.match(end.errors.data[0].message, /Model not available/);
  });
  await suite.test('another key sees neither batch nor files', async () => {
    const other = sdk(gateway, TWO);
    const batch = await ended(client, await begin(client, [GOOD]));
    assert.deepEqual((await other.batches.list()).data, []);
    await assert.rejects(other.batches.retrieve(batch.id), { status: 404 });
    await assert.rejects(other.batches.cancel(batch.id), { status: 404 });
    await assert.rejects(other.files.content(batch.output_file_id), { status: 404 });
    await assert.rejects(other.batches.create({
      input_file_id: batch.input_file_id, endpoint: CHAT, completion_window: '24h',
    }), { status: 404 });
  });
  await gateway.stop();
}

const CONCURRENCY = 4;

// The power goes in the middle, several times.
async function kills(suite) {
  const upstream = await Upstream.start();
  const config = `${relay('m', upstream, { id: 'gpt-of-tests' })}[batch]\nconcurrency = ${CONCURRENCY}\n`;
  const count = CHECKED ? 300 : 1000;
  await suite.test(`${count} lines, kill -9 three times: each custom_id exactly once`, async () => {
    let gateway = await Gateway.start(config, { env: KEY });
    const lines = Array.from({ length: count }, (_, i) => line(`id-${i}`, 'm', `@@words=3 ${i}`));
    const batch = await begin(sdk(gateway), lines);
    for (const part of [0.2, 0.5, 0.8]) {
      await until(`${part} of the lines`, async () =>
        (await look(sdk(gateway), batch)).request_counts.completed > part * count, 100000);
      await gateway.stop('SIGKILL');
      gateway = await Gateway.start(config, { env: KEY, folder: gateway.folder });
    }
    const client = sdk(gateway);
    const end = await ended(client, batch, 200000);
    assert.equal(end.status, 'completed');
    assert.deepEqual(end.request_counts, { total: count, completed: count, failed: 0 });
    const answers = await results(client, end.output_file_id);
    assert.equal(answers.length, count);
    assert.equal(new Set(answers.map((one) => one.custom_id)).size, count);
    const repeated = answers.filter((one) => one.moongate_repeated).length;
    assert.ok(repeated <= 3 * CONCURRENCY, `${repeated} marked`);
    const { requests } = await upstream.stats();
    assert.ok(requests.chat >= count && requests.chat <= count + repeated,
      `the service was asked ${requests.chat} times, and ${repeated} are marked`);
    await gateway.stop();
    return `${repeated} marked as perhaps repeated; the service was asked ${requests.chat} times`;
  }, 400000);
  await upstream.stop();
}

// The service goes away for a while: no line fails.
async function outage(suite) {
  const upstream = await Upstream.start();
  const config = relay('m', upstream, { id: 'gpt-of-tests' });
  await suite.test('the service cannot be reached: the batch waits, and says so', async () => {
    const { port } = upstream;
    await upstream.stop();
    const gateway = await Gateway.start(config, { env: KEY });
    const client = sdk(gateway);
    const batch = await begin(client, [line('a', 'm'), line('b', 'm')]);
    const waits = await until('waiting', async () =>
      (await look(client, batch)).moongate?.waiting_for);
    assert.match(waits, /network/);
    const again = await Upstream.start({ args: ['--listen', `127.0.0.1:${port}`] });
    const end = await ended(client, batch);
    assert.deepEqual(end.request_counts, { total: 2, completed: 2, failed: 0 });
    await gateway.stop();
    await again.stop();
  });
}

// What a batch waits for goes by the configuration, also by a new one; a stop loses nothing.
async function waiting(suite) {
  const upstream = await Upstream.start();
  const waits = (client, batch, words) => until(`waiting for ${words}`, async () =>
    (await look(client, batch)).moongate?.waiting_for.includes(words), 10000, 20);
  await suite.test('uses of a limited model are left to people', async () => {
    const config = `${model('m', upstream, { id: 'trial-three' })}[batch]\nconcurrency = 1\nkeep_usage_left = 2\n`;
    const gateway = await Gateway.start(config);
    const client = sdk(gateway);
    const batch = await begin(client, [line('a', 'm'), line('b', 'm')]);
    await waits(client, batch, 'uses of its model');
    await sleep(100);
    const later = await look(client, batch);
    assert.deepEqual([later.request_counts.completed, later.moongate.waiting_for], [1, 'uses of its model']);
    await client.batches.cancel(batch.id);
    assert.equal((await ended(client, batch)).request_counts.completed, 1);
    await gateway.stop();
  });
  await suite.test('no more lines begin in a minute than is allowed', async () => {
    const lines = Array.from({ length: 5 }, (_, i) => line(`id-${i}`, 'box'));
    const took = [];
    for (const rate of ['', 'requests_per_minute = 120']) {
      const gateway = await Gateway.start(`${BOX}[batch]\n${rate}\n`);
      const begun = Date.now();
      const end = await ended(sdk(gateway), await begin(sdk(gateway), lines));
      took.push(Date.now() - begun);
      assert.equal(end.request_counts.completed, lines.length);
      await gateway.stop();
    }
    assert.ok(took[0] < took[1] && took[1] >= 1900, `${took} ms for five lines, without a limit and with a line each 500 ms`);
    return `${took} ms`;
  });
  await suite.test('a service that asks for patience is left alone so long, and no line fails', async () => {
    const gateway = await Gateway.start(relay('m', upstream, { id: 'gpt-of-tests' }), { env: KEY });
    await upstream.reset({ chat: ['@@status=429 @@retry-after=2'] });
    const begun = Date.now();
    const batch = await begin(sdk(gateway), [line('a', 'm'), line('b', 'm'), line('c', 'm')]);
    const end = await ended(sdk(gateway), batch);
    assert.deepEqual(end.request_counts, { total: 3, completed: 3, failed: 0 });
    assert.ok(Date.now() - begun >= 1900, `${Date.now() - begun} ms`);
    const { requests } = await upstream.stats();
    assert.ok(requests.chat <= 5, `${requests.chat} asked for 3 lines, of which the first was refused once`);
    await gateway.stop();
    return `${requests.chat} asked in ${Date.now() - begun} ms`;
  });
  await suite.test('hours are waited for, and may be changed meanwhile', async () => {
    const hour = (new Date().getHours() + 3) % 24;
    const hours = `hours = "${hour}-${(hour + 1) % 24}"`;
    const gateway = await Gateway.start(`${BOX}[batch]\n${hours}\n`);
    const client = sdk(gateway);
    const batch = await begin(client, [line('a', 'box')]);
    await waits(client, batch, 'hours');
    writeFileSync(gateway.file, readFileSync(gateway.file, 'utf8').replace(hours, 'hours = "0-24"'));
    gateway.child.kill('SIGHUP');
    assert.equal((await ended(client, batch, 10000)).status, 'completed');
    await gateway.stop();
  });
  await suite.test('SIGTERM: what is under way is written down, the rest goes on at the next start; the log tells how far', async () => {
    const config = relay('m', upstream, { id: 'gpt-of-tests' });
    await upstream.reset();
    const gateway = await Gateway.start(config, { env: KEY });
    const lines = Array.from({ length: 60 }, (_, i) => line(`id-${i}`, 'm', '@@delay=30 @@words=3'));
    const batch = await begin(sdk(gateway), lines);
    await until('some lines', async () =>
      (await look(sdk(gateway), batch)).request_counts.completed > 10);
    assert.equal((await gateway.stop()).code, 0);
    const again = await Gateway.start(config, { env: KEY, folder: gateway.folder });
    const end = await ended(sdk(again), batch);
    assert.deepEqual(end.request_counts, { total: 60, completed: 60, failed: 0 });
    const answers = await results(sdk(again), end.output_file_id);
    assert.equal(new Set(answers.map((one) => one.custom_id)).size, 60);
    const { chat, requests } = await upstream.stats();
    assert.equal(chat.peak, 2, 'as many at once as [batch] concurrency has it');
    assert.equal(requests.chat, lines.length, 'no line is asked twice');
    // The stop may have come between a mark and its line's asking.
    const repeated = answers.filter((one) => one.moongate_repeated).length;
    assert.ok(repeated <= chat.peak, `${repeated} marked`);
    assert.match(gateway.log(), new RegExp(` INFO a batch begins batch=${batch.id} lines=60 completed=0 failed=0\n`));
    assert.match(again.log(), new RegExp(` INFO a batch goes on batch=${batch.id} lines=60 completed=\\d\\d failed=0\n`));
    await again.stop();
  });
  await upstream.stop();
}

// A file as large as may be, which is judged in little memory.
async function large(suite) {
  await suite.test('50,000 lines in 100 MB are judged in 1 MiB of memory', async () => {
    const hour = (new Date().getHours() + 3) % 24;
    const gateway = await Gateway.start(`${BOX}[batch]\nhours = "${hour}-${(hour + 1) % 24}"\n`);
    const client = sdk(gateway);
    const text = 'x'.repeat(1930);
    await client.models.list();
    await sleep(1500);
    const before = resident(gateway.pid);
    const batch = await begin(client, Array.from({ length: 50000 }, (_, i) => line(`id-${i}`, 'box', text)));
    const begun = Date.now();
    let most = 0;
    await until('the file to be judged', async () => {
      most = Math.max(most, resident(gateway.pid));
      return (await look(client, batch)).status === 'in_progress';
    }, 60000, 20);
    const ms = Date.now() - begun;
    const { request_counts: counts, moongate } = await look(client, batch);
    assert.deepEqual([counts.total, counts.failed], [50000, 0]);
    assert.match(moongate.waiting_for, /hours/);
    await client.batches.cancel(batch.id);
    await ended(client, batch);
    assert.ok(CHECKED || most - before <= 1024, `${most - before} KiB`);
    await gateway.stop();
    return `${most - before} KiB more, ${ms} ms`;
  }, 120000);
}

export default async function batches(suite) {
  await providers(suite);
  await badInput(suite);
  await outage(suite);
  await waiting(suite);
  await kills(suite);
  await large(suite);
}
