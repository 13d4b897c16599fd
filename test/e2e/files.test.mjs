// Files by the official SDK and by curl: there and back, whose they are, limits, a full disk, kills, and memory.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { BOX, line, sdk, send } from './batch.mjs';
import { CHECKED, Gateway, freshFolder, require, resident, sleep, until } from './harness.mjs';

const { toFile } = require('openai');
const KEYED = `${BOX}[keys.one]\nsecret = "1111111111111111"\n[keys.two]\nsecret = "2222222222222222"\n`;
const MIB = 1048576;

const lines = (count) => Array.from({ length: count }, (_, i) => `${line(`line-${i}`, 'box', `ä ${i}`)}\n`).join('');

// The blobs of files that the disk has.
const blobs = (gateway) => readdirSync(`${gateway.folder}/state`).filter((name) => name.startsWith('file-'));

async function refused(promise, status, words) {
  const error = await promise.then(() => null, (caught) => caught);
  assert.ok(error, 'it is refused');
  assert.equal(error.status, status, error.message);
  assert.match(error.message, words);
}

async function roundTrip(suite) {
  const gateway = await Gateway.start(KEYED);
  const one = sdk(gateway, '1111111111111111');
  const two = sdk(gateway, '2222222222222222');
  const text = lines(3000);
  let file;
  await suite.test('created, listed, retrieved, read, by name and by stream', async () => {
    file = await send(one, text, 'ünïcode "x".jsonl');
    assert.deepEqual([file.object, file.bytes, file.purpose, file.status],
      ['file', Buffer.byteLength(text), 'batch', 'processed']);
    assert.match(file.id, /^file-[0-9a-f]{32}$/);
    assert.ok(Math.abs(file.created_at - Date.now() / 1000) < 60);
    assert.deepEqual(await one.files.retrieve(file.id), file);
    assert.equal(await (await one.files.content(file.id)).text(), text);
    const path = `${gateway.folder}/by-stream.jsonl`;
    writeFileSync(path, text);
    const second = await one.files.create({ file: createReadStream(path), purpose: 'batch' });
    assert.equal(second.filename, 'by-stream.jsonl');
    const all = [];
    for await (const each of one.files.list({ limit: 1 })) {
      all.push(each.id);
    }
    assert.deepEqual(all, [second.id, file.id]);
    assert.deepEqual((await one.files.list({ purpose: 'batch_output' })).data, []);
    assert.deepEqual(await one.files.delete(second.id), { id: second.id, object: 'file', deleted: true });
    await refused(one.files.retrieve(second.id), 404, /No such file/);
  });
  await suite.test('another key sees nothing of it', async () => {
    assert.deepEqual((await two.files.list()).data, []);
    for (const call of ['retrieve', 'content', 'delete']) {
      await refused(two.files[call](file.id), 404, /No such file/);
    }
    await refused(sdk(gateway, 'no key of this box').files.list(), 401, /API key/);
  });
  await suite.test('another purpose, no file, no form', async () => {
    const blob = await toFile(Buffer.from('{}'), 'a');
    await refused(one.files.create({ file: blob, purpose: 'vision' }), 400, /purpose must be batch/);
    await refused(send(one, ''), 400, /empty/);
    await refused(one.post('/files', { body: { purpose: 'batch' } }), 415, /multipart/);
  });
  await suite.test('there after a restart and after kill -9; an upload that was cut is not', async () => {
    await gateway.stop();
    const second = await Gateway.start(KEYED, { folder: gateway.folder });
    const path = `${gateway.folder}/big`;
    writeFileSync(path, Buffer.alloc(8 * MIB, 'x'));
    const curl = spawn('curl', ['-s', '--limit-rate', '2M', '-H', 'Authorization: Bearer 1111111111111111',
      '-F', 'purpose=batch', '-F', `file=@${path}`, `http://127.0.0.1:${second.port}/v1/files`]);
    await until('half an upload', () => blobs(second).length === 2);
    await second.stop('SIGKILL');
    curl.kill('SIGKILL');
    const third = await Gateway.start(KEYED, { folder: gateway.folder });
    const client = sdk(third, '1111111111111111');
    assert.deepEqual((await client.files.list()).data, [file]);
    assert.equal(await (await client.files.content(file.id)).text(), text);
    await until('its blob to go', () => blobs(third).length === 1);
    assert.equal(blobs(third)[0], file.id);
    await third.stop();
  });
}

async function limits(suite) {
  const gateway = await Gateway.start(`${BOX}[batch]\nmax_file_bytes = 1000000\nmax_store_bytes = 1500000\n`);
  const client = sdk(gateway);
  await suite.test('a file or a store that grows too large: 413, 507, and nothing is left', async () => {
    const text = 'x'.repeat(1000000);
    await refused(send(client, `${text}y`), 413, /1000000 bytes \(\[batch\] max_file_bytes\)/);
    await refused(send(client, text.repeat(3)), 413, /max_file_bytes/);
    await until('nothing to be left', () => blobs(gateway).length === 0);
    const file = await send(client, text);
    await refused(send(client, text), 507, /1500000 bytes \(\[batch\] max_store_bytes\)/);
    await client.files.delete(file.id);
    await send(client, text);
  });
  await suite.test('a full disk: 507, and nothing is left; with room it goes again', async () => {
    const limit = (bytes) => spawnSync('prlimit', ['--pid', String(gateway.pid), `--fsize=${bytes}:`]);
    assert.equal(limit(200000).status, 0);
    await refused(send(client, 'x'.repeat(400000)), 507, /no room for the file on the gateway's disk/);
    await until('nothing to be left', () => blobs(gateway).length === 1);
    assert.equal(limit('unlimited').status, 0);
    await send(client, 'x'.repeat(400000));
  });
  await gateway.stop();
}

// Runs curl; what it printed.
async function curl(gateway, args) {
  const child = spawn('curl', ['-s', '-w', ' %{http_code}', ...args(`http://127.0.0.1:${gateway.port}/v1/files`)]);
  let said = '';
  child.stdout.on('data', (data) => (said += data));
  await new Promise((done) => child.on('close', done));
  return said;
}

async function memory(suite) {
  const gateway = await Gateway.start(BOX);
  const path = `${freshFolder('files')}/100MiB`;
  const out = `${path}.back`;
  const fd = openSync(path, 'w');
  for (let i = 0; i < 100; i++) {
    writeSync(fd, `${String(i).padEnd(MIB - 1)}\n`);
  }
  await suite.test('100 MiB there and back by curl, with 1 MiB of memory at the most', async () => {
    await send(sdk(gateway), '{}\n');
    await sleep(1500);
    const before = resident(gateway.pid);
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, resident(gateway.pid))), 20);
    const begun = Date.now();
    const said = await curl(gateway, (url) => ['-F', `file=@${path}`, '-F', 'purpose=batch', url]);
    const up = Date.now() - begun;
    assert.match(said, / 200$/);
    const { id, bytes } = JSON.parse(said.replace(/ 200$/, ''));
    assert.equal(bytes, 100 * MIB);
    assert.match(await curl(gateway, (url) => ['-o', out, `${url}/${id}/content`]), /^ 200$/);
    clearInterval(timer);
    assert.equal(spawnSync('cmp', [path, out]).status, 0);
    if (!CHECKED) {
      assert.ok(most - before <= 1024, `${most - before} KiB more`);
    }
    assert.ok(existsSync(`${gateway.folder}/state/${id}`));
    return `${most - before} KiB more, up in ${up} ms, back in ${Date.now() - begun - up} ms`;
  }, 120000);
  await gateway.stop();
}

export default async function (suite) {
  await roundTrip(suite);
  await limits(suite);
  await memory(suite);
}
