// The records: what is asked is there, over restarts, kills and full disks.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Gateway, KEY, Upstream, freshFolder, model, relay, sleep, until } from './harness.mjs';
import { CHAT, V7, Wire, chat, chatBody, once, request } from './wire.mjs';

const ID = { id: 'gpt-4.1-mini' };

async function list(gateway, query = '', fields = {}) {
  const answer = await once(gateway.port, 'GET', `/v1/inferences${query}`, { fields, ms: 20000 });
  assert.equal(answer.status, 200, answer.body.toString());
  const { object, data, has_more } = JSON.parse(answer.body);
  assert.equal(object, 'list');
  return { data, more: has_more };
}

// All of them, a page at a time.
async function all(gateway) {
  const records = [];
  for (let query = '?limit=100', more = true; more;) {
    const page = await list(gateway, query);
    records.push(...page.data);
    ({ more } = page);
    query = `?limit=100&before=${records.at(-1)?.id}`;
  }
  return records;
}

async function chats(gateway, count, first = 0, more = {}) {
  for (let i = first; i < first + count; i++) {
    const { status } = await chat(gateway.port, 'm', 'Hello', more, { fields: { 'x-request-id': `chat-${i}` } });
    assert.equal(status, 200);
  }
}

function names(records) {
  return records.map((record) => record.x_request_id);
}

async function fields(suite, upstream) {
  const gateway = await Gateway.start(`${model('m', upstream, ID)}${relay('o', upstream, { id: 'vendor/model:free' })}`, { env: KEY });
  await suite.test('100 chats and failed ones, each with what happened', async () => {
    const start = Date.now();
    await chats(gateway, 50);
    await chats(gateway, 50, 50, { stream: true });
    assert.equal((await chat(gateway.port, 'nobody', 'Hello')).status, 404);
    assert.equal((await chat(gateway.port, 'm', '@@status=500')).status, 502);
    const records = await all(gateway);
    assert.equal(records.length, 102);
    assert.equal(new Set(records.map(({ id }) => id)).size, 102);
    assert.deepEqual(names(records.slice(2)), Array.from({ length: 100 }, (_, i) => `chat-${99 - i}`));
    const [failed, unknown, ...good] = records;
    for (const [i, record] of good.entries()) {
      assert.match(record.id, V7);
      assert.ok(record.created_at >= start - 1 && record.created_at <= Date.now());
      const { key, model: name, provider, attempts, status, outcome, error, stream } = record;
      assert.deepEqual([key, name, provider, attempts, status, outcome, error, stream],
        [null, 'm', 'p', 1, 200, 'complete', null, i < 50]);
      assert.ok(record.total_us > 0 && record.total_us < 5e6 && record.queue_us < 5e6);
      assert.ok(record.first_content_us > 0 && record.first_content_us <= record.total_us);
      assert.ok(record.output_tokens > 0 && record.tokens_estimated === true && record.input_tokens === null);
      assert.equal(record.bytes_in, chatBody('m', 'Hello', i < 50 ? { stream: true } : {}).length);
      assert.ok(record.bytes_out > 100);
      assert.ok(!('input' in record) && !('output' in record), 'content was not asked for');
    }
    assert.deepEqual([unknown.status, unknown.outcome, unknown.model, unknown.provider, unknown.attempts],
      [404, 'failed', 'nobody', null, 0]);
    assert.match(unknown.error, /^Model not available: nobody/);
    assert.deepEqual([failed.status, failed.outcome, failed.first_content_us], [502, 'failed', null]);
    assert.match(failed.error, /500/);
  });
  await suite.test('a stream that is cut, a client that leaves, another protocol', async () => {
    assert.notEqual((await chat(gateway.port, 'm', '@@cut=2 a b c d e', { stream: true })).said.error, null);
    const { data: [cut] } = await list(gateway, '?limit=1');
    assert.deepEqual([cut.outcome, cut.status, cut.attempts], ['cut', 502, 1]);
    assert.ok(cut.first_content_us > 0 && cut.output_tokens > 0);
    assert.match(cut.error, /^Request failed/);
    const wire = await Wire.open(gateway.port);
    wire.send(request('POST', CHAT, { body: chatBody('m', '@@words=50 @@gap=50', { stream: true }) }));
    await sleep(300);
    wire.end();
    await until('its end', async () => (await list(gateway, '?limit=1')).data[0].outcome === 'client_gone');
    const { data: [gone] } = await list(gateway, '?limit=1');
    assert.equal(gone.status, 499);
    assert.equal((await chat(gateway.port, 'o', 'Hello', { stream: true })).status, 200);
    const { data: [other] } = await list(gateway, '?limit=1');
    assert.deepEqual([other.model, other.provider, other.outcome], ['o', 'p', 'complete']);
    assert.ok(other.output_tokens > 0);
  });
  await suite.test('filters', async () => {
    assert.deepEqual((await list(gateway, '?status=404')).data.map(({ status }) => status), [404]);
    assert.deepEqual((await list(gateway, '?model=o')).data.map((record) => record.model), ['o']);
    const { data, more } = await list(gateway, '?model=m&status=200&limit=3');
    assert.ok(data.length === 3 && more);
    assert.equal((await once(gateway.port, 'GET', '/v1/inferences?limit=x')).status, 400);
  });
  await gateway.stop();
}

async function content(suite, upstream) {
  const text = `[gateway.observability]\ncontent = true\n${model('m', upstream, ID)}`;
  await suite.test('content, when it is asked for', async () => {
    const gateway = await Gateway.start(text);
    const said = (await chat(gateway.port, 'm', 'Hello <script> "')).said.text;
    const { data: [record] } = await list(gateway);
    assert.deepEqual(record.input, [{ role: 'user', content: 'Hello <script> "' }]);
    assert.equal(record.output, said);
    const long = 'x'.repeat(100000);
    assert.equal((await chat(gateway.port, 'm', long)).status, 200);
    const { data: [cut] } = await list(gateway, '?limit=1');
    assert.equal(cut.input.length, 32768);
    assert.ok(cut.input.startsWith('[{"role":"user","content":"xxx'));
    await gateway.stop();
  });
}

async function keys(suite, upstream) {
  await suite.test('a key sees its own records, an administrator all', async () => {
    const secrets = { one: '1'.repeat(16), two: '2'.repeat(16), all: 'a'.repeat(16) };
    const sections = Object.entries(secrets).map(([name, secret]) =>
      `[keys.${name}]\nsecret = "${secret}"\nadmin = ${name === 'all'}\n`);
    const gateway = await Gateway.start(`${model('m', upstream, ID)}${sections.join('')}`);
    const shown = (name) => ({ authorization: `Bearer ${secrets[name]}` });
    await chat(gateway.port, 'm', 'Hello', {}, { fields: shown('one') });
    await chat(gateway.port, 'm', 'Hello', {}, { fields: shown('two') });
    assert.deepEqual((await list(gateway, '', shown('one'))).data.map(({ key }) => key), ['one']);
    assert.deepEqual((await list(gateway, '', shown('all'))).data.map(({ key }) => key), ['two', 'one']);
    assert.equal((await once(gateway.port, 'GET', '/v1/inferences')).status, 401);
    await gateway.stop();
  });
}

async function lasts(suite, upstream) {
  const text = model('m', upstream, ID);
  await suite.test('a clean stop loses nothing', async () => {
    const folder = freshFolder('records');
    const first = await Gateway.start(text, { folder });
    await chats(first, 20);
    await first.stop();
    const second = await Gateway.start(text, { folder });
    assert.deepEqual(names(await all(second)), Array.from({ length: 20 }, (_, i) => `chat-${19 - i}`));
    await second.stop();
  });
  await suite.test('killed again and again: what is older than a second is there, once, in order', async () => {
    const folder = freshFolder('killed');
    let sent = 0;
    let kept = 0;
    let looked = 0;
    for (let round = 0; round < 5; round++) {
      const gateway = await Gateway.start(text, { folder });
      const ended = [];
      let over = false;
      const killed = sleep(1300 + 210 * round).then(() => {
        over = true;
        return gateway.stop('SIGKILL');
      });
      const start = Date.now();
      try {
        for (;; sent++) {
          await chats(gateway, 1, sent);
          ended[sent] = Date.now() - start;
        }
      } catch (error) {
        if (!over) {
          throw error;
        }
        sent++;
      }
      await killed;
      const killed_ms = Date.now() - start;
      const after = await Gateway.start(text, { folder });
      const records = names(await all(after)).reverse().map((name) => Number(name.slice(5)));
      assert.deepEqual(records, [...new Set(records)].sort((a, b) => a - b), 'each once, in order');
      const old = ended.findLastIndex((ms) => ms < killed_ms - 1200);
      for (let i = kept; i <= old; i++, looked++) {
        assert.ok(records.includes(i), `chat ${i} of ${sent}`);
      }
      kept = sent;
      await after.stop();
    }
    assert.ok(looked > 0, 'no chat was older than a second');
    return `${sent} chats, of which ${looked} had to be there`;
  });
  await suite.test('a full disk: chats go on, the log says so, and later all is there', async () => {
    const folder = freshFolder('full');
    const gateway = await Gateway.start(text, { folder });
    await chats(gateway, 1);
    await until('a write', () => existsSync(`${folder}/state/journal.1`));
    const limit = (bytes) => spawnSync('prlimit', ['--pid', String(gateway.pid), `--fsize=${bytes}:`]);
    assert.equal(limit(100).status, 0);
    await chats(gateway, 30, 1);
    await until('a word about it', () => /no room on the disk for the journal/.test(gateway.log()));
    await chats(gateway, 5, 31);
    assert.equal((await all(gateway)).length, 36, 'they wait in memory');
    assert.equal(limit('unlimited').status, 0);
    await gateway.stop();
    const second = await Gateway.start(text, { folder });
    assert.deepEqual(names(await all(second)), Array.from({ length: 36 }, (_, i) => `chat-${35 - i}`));
    await second.stop();
  });
  await suite.test('enabled = false keeps none', async () => {
    const gateway = await Gateway.start(`[gateway.observability]\nenabled = false\n${text}`);
    await chats(gateway, 1);
    assert.equal((await once(gateway.port, 'GET', '/v1/inferences')).status, 404);
    await gateway.stop();
    assert.equal(existsSync(`${gateway.folder}/state/journal.1`), false);
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  await fields(suite, upstream);
  await content(suite, upstream);
  await keys(suite, upstream);
  await lasts(suite, upstream);
  await upstream.stop();
}
