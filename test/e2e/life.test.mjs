// From start to end: how fast, how small, what it leaves behind and finds again.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { Gateway, Upstream, freePort, freshFolder, model, resident, run, sleep, until } from './harness.mjs';
import { chat, isError, once } from './wire.mjs';

const ID = { id: 'gpt-4.1-mini' };
const READY_MS = 50;
const IDLE_KIB = 2048;

async function small(suite, upstream) {
  await suite.test('ready in 50 ms', async () => {
    let best = Infinity;
    for (let i = 0; i < 5; i++) {
      const gateway = await Gateway.start(model('m', upstream, ID), { wait: false });
      best = Math.min(best, await gateway.ready());
      assert.equal((await once(gateway.port, 'GET', '/health')).status, 200);
      await gateway.stop();
    }
    assert.ok(best <= READY_MS, `${best} ms`);
    return `${best.toFixed(1)} ms`;
  });
  await suite.test('idle it is 2 MiB at most, before and after work', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID));
    await until('discovery', async () => (await upstream.stats()).requests.models > 0);
    await sleep(300);
    const fresh = resident(gateway.pid);
    await Promise.all(Array.from({ length: 50 }, () => chat(gateway.port, 'm', '@@words=20', { stream: true })));
    await sleep(3000);
    const after = resident(gateway.pid);
    await gateway.stop();
    assert.ok(Math.max(fresh, after) <= IDLE_KIB, `${fresh} KiB, ${after} KiB after 50 chats`);
    return `${fresh} KiB, ${after} KiB after 50 chats`;
  });
}

async function ends(suite, upstream) {
  await suite.test('SIGTERM lets a stream finish, takes no new client, and exits 0', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID));
    const chatting = chat(gateway.port, 'm', '@@words=20 @@gap=100', { stream: true });
    await until('the chat', async () => (await upstream.stats()).chat.open === 1);
    const ended = gateway.stop();
    await sleep(100);
    await assert.rejects(once(gateway.port, 'GET', '/health'), 'new clients are refused');
    const { said } = await chatting;
    assert.equal(said.text.split(' ').length, 20);
    assert.ok(said.done);
    const { code, signal } = await ended;
    assert.deepEqual([code, signal], [0, null]);
  });
  await suite.test('idle, SIGTERM and SIGINT end it at once', async () => {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      const gateway = await Gateway.start(model('m', upstream, ID));
      const start = Date.now();
      assert.equal((await gateway.stop(signal)).code, 0);
      assert.ok(Date.now() - start < 1000, `${Date.now() - start} ms`);
    }
  });
  await suite.test('a second signal ends it at once', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID));
    const chatting = chat(gateway.port, 'm', '@@stall', { stream: true }).catch(() => null);
    await until('the chat', async () => (await upstream.stats()).chat.open === 1);
    gateway.stop();
    await sleep(300);
    assert.equal(gateway.child.exitCode, null, 'it waits for the stream');
    const start = Date.now();
    await gateway.stop();
    assert.ok(Date.now() - start < 1000, `${Date.now() - start} ms`);
    await chatting;
  });
  await suite.test('a stream that goes on has 10 s', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID));
    const chatting = chat(gateway.port, 'm', '@@words=1000 @@gap=100', { stream: true }, { ms: 20000 })
      .catch(() => null);
    await until('the chat', async () => (await upstream.stats()).chat.open === 1);
    const start = Date.now();
    assert.equal((await gateway.stop()).code, 0);
    const took = Date.now() - start;
    assert.ok(took > 9000 && took < 12000, `${took} ms`);
    await chatting;
  });
}

async function refuses(suite, upstream) {
  await suite.test('a port that is taken: exit status 1 with the reason', async () => {
    const server = net.createServer();
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address();
    const gateway = await Gateway.start(model('m', upstream, ID), { port, wait: false });
    assert.equal((await gateway.child.ended).code, 1);
    assert.match(gateway.log(), new RegExp(`${port}`));
    assert.match(gateway.log(), /in use/i);
    server.close();
  });
  await suite.test('a state directory that cannot be written: exit status 1 with the reason', async () => {
    const folder = freshFolder('state');
    writeFileSync(`${folder}/file`, '');
    const file = `${folder}/moongate.ini`;
    const port = await freePort();
    writeFileSync(file, `[gateway]\nbind_address = "127.0.0.1:${port}"\nstate_dir = "${folder}/file/state"\n`);
    const { code, stderr } = run(['-c', file]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /file\/state/);
  });
  await suite.test('no key and open to the network: it does not start, and says why', async () => {
    const folder = freshFolder('open');
    const file = `${folder}/moongate.ini`;
    writeFileSync(file, `[gateway]\nbind_address = "0.0.0.0:${await freePort()}"\nstate_dir = "${folder}"\n`);
    const { code, stderr } = run(['-c', file]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /allow_anonymous/);
  });
}

async function identity(gateway, upstream) {
  assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200, gateway.log());
  const { headers } = await upstream.lastChat();
  return [headers['device-id'], headers.sid];
}

async function remembers(suite, upstream) {
  const section = model('m', upstream, { ...ID, account: '' });
  await suite.test('generated ids are UUIDs and kept across restarts', async () => {
    const folder = freshFolder('ids');
    const first = await Gateway.start(section, { folder });
    const before = await identity(first, upstream);
    await first.stop();
    before.forEach((id) => assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/));
    assert.notEqual(before[0], before[1]);
    const second = await Gateway.start(section, { folder });
    assert.deepEqual(await identity(second, upstream), before);
    assert.equal(second.log().includes(before[0]), false, 'they are secrets');
    await second.stop();
    const third = await Gateway.start(section);
    assert.notDeepEqual(await identity(third, upstream), before, 'elsewhere they are others');
    await third.stop();
  });
  await suite.test('generated ids survive a kill', async () => {
    const folder = freshFolder('kill');
    const first = await Gateway.start(section, { folder });
    const before = await identity(first, upstream);
    await sleep(2500);
    await first.stop('SIGKILL');
    const second = await Gateway.start(section, { folder });
    assert.deepEqual(await identity(second, upstream), before);
    await second.stop();
  });
  await suite.test('the quota counted down is known after a restart without a list', async () => {
    const folder = freshFolder('quota');
    const text = model('m', upstream, { id: 'trial-three' });
    const first = await Gateway.start(text, { folder });
    for (let i = 0; i < 3; i++) {
      assert.equal((await chat(first.port, 'm', 'hi')).status, 200);
    }
    await first.stop();
    await upstream.control({ models_faults: '@@status=503' });
    const second = await Gateway.start(text, { folder });
    isError(await chat(second.port, 'm', 'hi'), 429, { code: 'insufficient_quota' });
    await second.stop();
    await upstream.reset();
  });
  await suite.test('a state that is damaged is not trusted, does not stop it, and is told once', async () => {
    const folder = freshFolder('damaged');
    const first = await Gateway.start(section, { folder });
    await identity(first, upstream);
    await first.stop();
    for (const name of readdirSync(`${folder}/state`)) {
      writeFileSync(`${folder}/state/${name}`, 'not what was written\n');
    }
    const second = await Gateway.start(section, { folder });
    await identity(second, upstream);
    await second.stop();
    assert.match(second.log(), / WARN a state file is damaged: set aside as this one, and made anew file=identity.bad /);
    const third = await Gateway.start(section, { folder });
    await third.stop();
    assert.doesNotMatch(third.log(), / is damaged/);
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  await small(suite, upstream);
  await ends(suite, upstream);
  await refuses(suite, upstream);
  await remembers(suite, upstream);
  await upstream.stop();
}
