// moongate --batch FILE: what it sends, shows and writes, with a scripted gateway.
import assert from 'node:assert/strict';
import http from 'node:http';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { MOONGATE, freePort, freshFolder, sleep, start, until } from './harness.mjs';

const LINES = 4;
const line = (n, url) => JSON.stringify({ custom_id: `c${n}`, method: 'POST', url, body: { model: 'm' } });
const requests = (url) => `${Array.from({ length: LINES }, (_, n) => line(n, url)).join('\n')}\n`;
const object = (status, more = {}) => ({ id: 'batch_7', object: 'batch', status, output_file_id: null,
  error_file_id: null, request_counts: { total: LINES, completed: 0, failed: 0 }, errors: null, ...more });
const counts = (completed, failed) => ({ request_counts: { total: LINES, completed, failed } });
const DONE = object('completed', { output_file_id: 'file-out', ...counts(LINES, 0) });

// A gateway that answers with these batch objects, one a look, the last one for ever.
async function scripted(looks, answers = {}) {
  const asked = [];
  let at = 0;
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) {
      pieces.push(piece);
    }
    asked.push({ what: `${request.method} ${request.url}`, headers: request.headers,
      body: Buffer.concat(pieces).toString() });
    const what = asked.at(-1).what;
    const usual = what === 'POST /v1/files' ? { id: 'file-in' }
      : what === 'POST /v1/batches' ? object('validating')
      : what.endsWith('/content') ? `of ${request.url.split('/')[3]}\n`
      : looks[Math.min(at++, looks.length - 1)];
    const [status, body] = answers[what] ?? [200, usual];
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}`, asked, server,
    close: () => server.closeAllConnections() ?? server.close() };
}

function fileOf(text, name = 'asks.jsonl') {
  const path = `${freshFolder('batch')}/${name}`;
  writeFileSync(path, text);
  return path;
}

// In a folder of its own: the answers of a batch that is named by its id come to where one is.
function begin(what, url, env = {}) {
  const words = ['--batch', what, ...(url ? [url] : [])];
  return start('sh', ['-c', 'cd "$0" && exec "$@"', freshFolder('batch'), MOONGATE, ...words], env);
}

async function command(what, url, env = {}) {
  const child = begin(what, url, env);
  const { code } = await child.ended;
  return { code, ...child.text };
}

async function whole(suite) {
  await suite.test('a file is sent, its batch looked at, its answers stand beside it', async () => {
    const gateway = await scripted([object('in_progress', counts(1, 0)), object('in_progress', counts(2, 0)), DONE]);
    const path = fileOf(requests('/v1/embeddings'));
    const { code, stderr } = await command(path, gateway.url, { MOONGATE_KEY: 'a-key-of-the-house' });
    gateway.close();
    assert.equal(code, 0, stderr);
    const [upload, create] = gateway.asked;
    assert.match(upload.headers['content-type'], /^multipart\/form-data; boundary=/);
    assert.ok(upload.body.includes(`\r\n\r\n${requests('/v1/embeddings')}\r\n--`), upload.body);
    assert.match(upload.body, /name="purpose"\r\n\r\nbatch\r\n/);
    assert.match(upload.body, /filename="asks.jsonl"/);
    assert.deepEqual(JSON.parse(create.body),
      { input_file_id: 'file-in', endpoint: '/v1/embeddings', completion_window: '24h' });
    assert.ok(gateway.asked.every(({ headers }) => headers.authorization === 'Bearer a-key-of-the-house'));
    const output = path.replace('.jsonl', '.output.jsonl');
    assert.equal(readFileSync(output, 'utf8'), 'of file-out\n');
    assert.ok(!existsSync(`${output}.part`));
    assert.ok(!existsSync(path.replace('.jsonl', '.errors.jsonl')));
    assert.match(stderr, /in_progress: 2 of 4, \d+ a minute, \d+ s left\n/);
    assert.match(stderr, /completed: 4 of 4\n/);
  });
  await suite.test('lines that failed: their file too, and status 1', async () => {
    const gateway = await scripted([object('completed', { output_file_id: 'file-out', error_file_id: 'file-bad', ...counts(3, 1) })]);
    const path = fileOf(requests('/v1/chat/completions'), 'asks');
    const { code, stderr } = await command(path, gateway.url);
    gateway.close();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /completed: 4 of 4, 1 failed\n/);
    assert.equal(readFileSync(`${path}.errors.jsonl`, 'utf8'), 'of file-bad\n');
    assert.equal(gateway.asked[0].headers.authorization, undefined);
  });
  await suite.test('a batch that was refused as a whole: its faults with their lines', async () => {
    const errors = { object: 'list', data: [{ code: 'x', message: 'is no JSON', param: null, line: 3 }] };
    const gateway = await scripted([object('failed', { errors })]);
    const path = fileOf('not JSON\n');
    const { code, stderr } = await command(path, gateway.url);
    gateway.close();
    assert.equal(code, 1);
    assert.ok(stderr.includes(`${path}:3: is no JSON\n`), stderr);
    assert.equal(JSON.parse(gateway.asked[1].body).endpoint, '/v1/chat/completions');
  });
  await suite.test('what it waits for is shown', async () => {
    const waits = object('in_progress', { moongate: { waiting_for: 'room on the disk' }, ...counts(1, 0) });
    const gateway = await scripted([waits, DONE]);
    const { code, stderr } = await command('batch_7', gateway.url);
    gateway.close();
    assert.equal(code, 0);
    assert.match(stderr, /1 of 4; waits for room on the disk\n/);
    assert.equal(gateway.asked[0].what, 'GET /v1/batches/batch_7');
  });
}

// A terminal of its own for a program, of which it copies what it shows.
const TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

async function bar(suite) {
  await suite.test('a terminal has a bar, how many a minute and the time left, in one line that changes', async () => {
    const looks = [1, 2, 3].map((done) => object('in_progress', counts(done, 0)));
    const gateway = await scripted([...looks, DONE]);
    const path = fileOf(requests('/v1/embeddings'));
    const child = start('python3', ['-c', TERMINAL, MOONGATE, '--batch', path, gateway.url]);
    const { code } = await child.ended;
    gateway.close();
    const shown = child.text.stdout.split('\r\x1b[K').slice(1);
    assert.equal(code, 0, child.text.stdout);
    const bars = shown.map((line) => /^\[(#*)(-*)\] (\w+): (\d) of 4/.exec(line) ?? assert.fail(`no bar: ${line}`));
    for (const [, full, rest, , done] of bars) {
      assert.equal(full.length, Math.floor(Number(done) * (full.length + rest.length) / LINES));
    }
    assert.ok(shown.some((line) => / 2 of 4, \d+ a minute, \d+ s left$/.test(line)), child.text.stdout);
    assert.deepEqual(bars.at(-1).slice(2, 5), ['', 'completed', '4']);
  });
}

async function troubles(suite) {
  const unknown = [404, { error: { message: 'No such batch: batch_7' } }];
  const large = [413, { error: { message: 'The file is larger than max_file_bytes' } }];
  const rows = [
    ['the upload is refused', { 'POST /v1/files': large }, /: The file is larger than max_file_bytes\n/],
    ['the batch is refused', { 'POST /v1/batches': unknown }, /: No such batch: batch_7\n/],
    ['the batch is gone', { 'GET /v1/batches/batch_7': unknown }, /: No such batch: batch_7\n/],
    ['no JSON', { 'POST /v1/files': [200, 'moon'] }, /: the gateway's answer is no JSON\n/],
    ['no words', { 'POST /v1/files': [500, ''] }, /: the gateway refuses, and does not say why\n/],
    ['the answers are gone', { 'GET /v1/files/file-out/content': unknown }, /: the gateway does not give the answers\n/],
  ];
  await suite.table(rows, ([what]) => what, async ([, answers, says]) => {
    const gateway = await scripted([DONE], answers);
    const path = fileOf(requests('/v1/embeddings'));
    const { code, stderr } = await command(path, gateway.url);
    gateway.close();
    assert.equal(code, 1);
    assert.match(stderr, says);
    assert.ok(!existsSync(path.replace('.jsonl', '.output.jsonl')));
  });
  await suite.table([
    ['no such file', ['/nowhere/asks.jsonl'], /it cannot be read/],
    ['a folder', ['/'], /cannot be read/],
    ['nobody listens', [fileOf('x\n'), `http://127.0.0.1:${await freePort()}`], /connection refused/],
    ['https', ['batch_7', 'https://127.0.0.1'], /http:\/\//],
  ], ([what]) => what, async ([, args, says]) => {
    const { code, stderr } = await command(...args);
    assert.equal(code, 1);
    assert.match(stderr, says);
  });
}

async function away(suite) {
  await suite.test('a gateway that restarts meanwhile is waited for', async () => {
    const gateway = await scripted([object('in_progress', counts(1, 0)), DONE]);
    const { port } = gateway.server.address();
    const child = begin('batch_7', gateway.url);
    await until('a look', () => gateway.asked.length > 0);
    gateway.close();
    await sleep(1500);
    await new Promise((done) => gateway.server.listen(port, '127.0.0.1', done));
    const { code } = await child.ended;
    gateway.close();
    assert.equal(code, 0, child.text.stderr);
  });
  await suite.test('SIGTERM stops the looking, and says how to go on', async () => {
    const gateway = await scripted([object('in_progress', counts(1, 0))]);
    const child = begin('batch_7', gateway.url);
    await until('a look', () => gateway.asked.length > 0);
    child.kill('SIGTERM');
    const { code } = await child.ended;
    gateway.close();
    assert.equal(code, 1);
    assert.match(child.text.stderr, /moongate --batch batch_7 looks again/);
  });
}

export default async function batchCommand(suite) {
  await whole(suite);
  await bar(suite);
  await troubles(suite);
  await away(suite);
}
