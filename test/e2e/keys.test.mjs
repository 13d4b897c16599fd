// Keys of clients: made by the program, and each of their limits, which a restart does not forget.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, freshFolder, model, relay, run, sleep } from './harness.mjs';
import { CHAT, Wire, chat, chatBody, isError, once, request } from './wire.mjs';

const ID = { id: 'gpt-4.1-mini' };
const SECRET = 'a-secret-of-tests-1234';
const OTHER = 'another-secret-of-tests';
const bearer = (secret) => ({ authorization: `Bearer ${secret}` });
const limited = (limits) => `[keys.phone]\nsecret = "${SECRET}"\n${limits}\n[keys.free]\nsecret = "${OTHER}"\n`;
const ask = (gateway, secret, more = {}) =>
  chat(gateway.port, 'm', 'hi', more, { fields: bearer(secret) });

async function made(suite, upstream) {
  await suite.test('--new-key makes a key that lets its client in', async () => {
    const { code, stdout } = run(['--new-key', 'phone']);
    assert.equal(code, 0);
    const [, key] = /^(mg-[0-9a-f]{48})$/m.exec(stdout);
    const lines = stdout.slice(stdout.indexOf('[keys.phone]'));
    const gateway = await Gateway.start(`${model('m', upstream, ID)}${lines}`);
    assert.equal((await ask(gateway, key)).status, 200);
    assert.equal((await ask(gateway, `${key.slice(0, -1)}x`)).status, 401);
    assert.ok(!gateway.log().includes(key));
    await gateway.stop();
  });
  await suite.test('two keys are two', () => {
    assert.notEqual(run(['--new-key', 'a']).stdout, run(['--new-key', 'a']).stdout);
  });
  await suite.table([[], [''], ['two words'], ['a.b']], (row) => `--new-key ${row} is refused`, (row) => {
    assert.equal(run(['--new-key', ...row]).code, 2);
  });
}

async function perMinute(suite, upstream) {
  await suite.test('requests_per_minute: 429 with Retry-After, for that key alone', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID) + limited('requests_per_minute = 3'));
    for (const left of ['2', '1', '0']) {
      const { status, headers } = await ask(gateway, SECRET, { stream: left === '1' });
      assert.equal(status, 200);
      assert.equal(headers['x-ratelimit-limit-requests'], '3');
      assert.equal(headers['x-ratelimit-remaining-requests'], left);
      assert.match(headers['x-ratelimit-reset-requests'], /^(\d+m)?\d+s$/);
      assert.equal(headers['x-ratelimit-limit-tokens'], undefined);
    }
    const refused = await once(gateway.port, 'POST', CHAT,
      { body: chatBody('m', 'hi'), fields: bearer(SECRET) });
    isError(refused, 429, { code: 'rate_limit_exceeded', message: /requests_per_minute/ });
    assert.ok(refused.headers['retry-after'] >= 19 && refused.headers['retry-after'] <= 20);
    assert.equal(refused.headers['x-ratelimit-remaining-requests'], '0');
    const free = await ask(gateway, OTHER);
    assert.equal(free.status, 200);
    assert.equal(free.headers['x-ratelimit-limit-requests'], undefined);
    await gateway.stop();
  });
  await suite.test('the model list costs nothing', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID) + limited('requests_per_minute = 1'));
    for (let i = 0; i < 5; i++) {
      assert.equal((await once(gateway.port, 'GET', '/v1/models', { fields: bearer(SECRET) })).status, 200);
    }
    assert.equal((await ask(gateway, SECRET)).status, 200);
    await gateway.stop();
  });
}

async function perDay(suite, upstream) {
  await suite.test('tokens_per_day: one request may go over, the next is refused, also after kill -9', async () => {
    const folder = freshFolder('keys');
    const text = relay('m', upstream, { id: 'vendor/model:free' }) + limited('tokens_per_day = 5');
    const options = { folder, env: KEY, gateway: 'state_flush_s = 1' };
    const gateway = await Gateway.start(text, options);
    const first = await ask(gateway, SECRET);
    assert.equal(first.status, 200);
    assert.equal(first.headers['x-ratelimit-limit-tokens'], '5');
    assert.equal(first.headers['x-ratelimit-remaining-tokens'], '5');
    assert.match(first.headers['x-ratelimit-reset-tokens'], /^(\d+h)?(\d+m)?\d+s$/);
    const second = await ask(gateway, SECRET);
    assert.equal(second.status, 429);
    assert.ok(Number(second.headers['retry-after']) <= 86400);
    await sleep(1500);
    await gateway.stop('SIGKILL');
    const again = await Gateway.start(text, options);
    assert.equal((await ask(again, SECRET)).status, 429);
    assert.equal((await ask(again, OTHER)).status, 200);
    await again.stop();
  });
  await suite.test('and where a service counts none, what was said counts', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID) + limited('tokens_per_day = 20'));
    const chatty = () => chat(gateway.port, 'm', '@@words=60', {}, { fields: bearer(SECRET) });
    assert.equal((await chatty()).status, 200);
    assert.equal((await chatty()).status, 429);
    await gateway.stop();
  });
}

async function atOnce(suite, upstream) {
  await suite.test('concurrent: the next is let in when one is over, or left', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID) + limited('concurrent = 1'));
    const wire = await Wire.open(gateway.port);
    const body = chatBody('m', '@@words=400 @@gap=20', { stream: true });
    wire.send(request('POST', CHAT, { body, fields: bearer(SECRET) }));
    await wire.head();
    const refused = await ask(gateway, SECRET);
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal((await ask(gateway, OTHER)).status, 200);
    wire.end();
    await sleep(100);
    for (let i = 0; i < 3; i++) {
      assert.equal((await ask(gateway, SECRET)).status, 200);
    }
    await gateway.stop();
  });
}

export default async function keys(suite) {
  const upstream = await Upstream.start();
  await made(suite, upstream);
  await perMinute(suite, upstream);
  await perDay(suite, upstream);
  await atOnce(suite, upstream);
  await upstream.stop();
}
