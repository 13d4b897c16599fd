// SIGHUP: another configuration for what begins afterwards, while what is under way ends with the old one.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import tls from 'node:tls';
import { CERTS, Gateway, Upstream, freshFolder, model, sleep, until } from './harness.mjs';
import { CHAT, Wire, chat, chatBody, isError, once, request } from './wire.mjs';

const ID = { id: 'gpt-4.1-mini' };
const bearer = (secret) => ({ authorization: `Bearer ${secret}` });
const key = (name, secret) => `[keys.${name}]\nsecret = "${secret}"\n`;
const OLD = 'the-old-key-of-the-house';
const NEW = 'the-new-key-of-the-house';

// Writes the file anew behind the sections that every gateway has, and waits until the log has told of it.
async function reload(gateway, change, tells) {
  const text = readFileSync(gateway.file, 'utf8');
  const before = gateway.log().length;
  writeFileSync(gateway.file, change(text));
  gateway.child.kill('SIGHUP');
  await until(`the log: ${tells}`, () => tells.test(gateway.log().slice(before)))
    .catch((error) => { throw new Error(`${error.message}\n${gateway.log().slice(before - 300)}`.slice(0, 3000)); });
  return gateway.log().slice(before);
}

const TAKEN = /config_hash=/;
const hash = async (gateway) => (await once(gateway.port, 'GET', '/status')).json().config_hash;

async function takesOver(suite, upstream) {
  await suite.test('a stream under way ends whole; a model that is gone is 404, a new one answers', async () => {
    const gateway = await Gateway.start(model('old', upstream, ID));
    const first = await hash(gateway);
    const streaming = chat(gateway.port, 'old', '@@words=60 @@gap=20', { stream: true });
    await until('the chat', async () => (await upstream.stats()).chat.open === 1);
    await reload(gateway, (text) => text.replaceAll('"old"', '"new"'), TAKEN);
    assert.notEqual(await hash(gateway), first);
    assert.equal((await chat(gateway.port, 'new', 'hi')).status, 200);
    isError(await once(gateway.port, 'POST', CHAT, { body: chatBody('old', 'hi') }), 404, { code: 'model_not_found' });
    const { said } = await streaming;
    assert.ok(said.done && said.text.includes('w59'), said.text.slice(-40));
    assert.equal((await gateway.stop()).code, 0);
  });
  await suite.test('ten of them in a row under load: every answer is whole', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID));
    let going = true;
    const client = async () => {
      let count = 0;
      for (; going; count++) {
        const { status, said } = await chat(gateway.port, 'm', '@@words=5', { stream: count % 2 === 0 });
        assert.equal(status, 200);
        assert.ok(said.text.includes('w4'), said.text);
      }
      return count;
    };
    const clients = Array.from({ length: 8 }, client);
    clients.forEach((one) => one.catch(() => {})); // told at the end
    for (let i = 0; i < 10; i++) {
      await reload(gateway, (text) => `${text}\n[aliases]\nnick${i} = "m"\n`, TAKEN);
      await sleep(30);
    }
    going = false;
    const count = (await Promise.all(clients)).reduce((a, b) => a + b);
    assert.equal((await chat(gateway.port, 'nick9', 'hi')).status, 200);
    await gateway.stop();
    return `${count} chats`;
  });
}

async function keys(suite, upstream) {
  await suite.test('keys are rotated without dropping a stream', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID) + key('house', OLD));
    const streaming = chat(gateway.port, 'm', '@@words=60 @@gap=20', { stream: true }, { fields: bearer(OLD) });
    await until('the chat', async () => (await upstream.stats()).chat.open === 1);
    const log = await reload(gateway, (text) => text.replace(OLD, NEW), TAKEN);
    const status = async (secret) => (await chat(gateway.port, 'm', 'hi', {}, { fields: bearer(secret) })).status;
    assert.equal(await status(OLD), 401);
    assert.equal(await status(NEW), 200);
    assert.ok((await streaming).said.done);
    assert.ok(!log.includes(OLD) && !log.includes(NEW));
    await gateway.stop();
  });
  await suite.test('a key that is gone while a body comes in is no key any more', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID) + key('house', OLD));
    const body = chatBody('m', 'hi');
    const wire = await Wire.open(gateway.port);
    const fields = { ...bearer(OLD), 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    wire.send(request('POST', CHAT, { fields }) + body.slice(0, 10));
    await sleep(100);
    await reload(gateway, (text) => text.replace('[keys.house]', '[keys.another]'), TAKEN);
    wire.send(body.slice(10));
    assert.equal((await wire.answer()).status, 401);
    wire.end();
    await gateway.stop();
  });
}

async function bad(suite, upstream) {
  await suite.test('a bad file is told with its line, and the old one stays', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID));
    const first = await hash(gateway);
    const log = await reload(gateway, (text) => `${text}\n[gatewy]\nx = 1\n`, /gatewy/);
    assert.match(log, /at=\S+moongate\.ini:\d+ fault=/);
    assert.equal(await hash(gateway), first);
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200);
    await reload(gateway, (text) => text.replace('\n[gatewy]\nx = 1\n', ''), TAKEN);
    await gateway.stop();
  });
  await suite.test('another address needs a restart, and the log says so', async () => {
    const gateway = await Gateway.start(model('m', upstream, ID));
    await reload(gateway, (text) => text.replace(/bind_address = "[^"]*"/, 'bind_address = "127.0.0.1:1"'), /bind_address/);
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200);
    await gateway.stop();
  });
}

const serial = (port) => new Promise((done, fail) => {
  const socket = tls.connect({ host: 'localhost', family: 4, port, rejectUnauthorized: false }, () => {
    done(socket.getPeerCertificate().serialNumber);
    socket.destroy();
  });
  socket.on('error', fail);
});

async function certificates(suite, upstream) {
  await suite.test('a renewed certificate is shown to new connections', async () => {
    const folder = freshFolder('certificates');
    const put = (name) => ['pem', 'key'].forEach((end) => copyFileSync(`${CERTS}/${name}.${end}`, `${folder}/own.${end}`));
    put('server');
    const section = `[gateway.tls]\ncert_file = "${folder}/own.pem"\nkey_file = "${folder}/own.key"\n`;
    const gateway = await Gateway.start(model('m', upstream, ID) + section);
    const before = await serial(gateway.port);
    put('server-rsa');
    await reload(gateway, (text) => text, TAKEN);
    assert.notEqual(await serial(gateway.port), before);
    await gateway.stop();
  });
}

export default async function all(suite) {
  const upstream = await Upstream.start();
  await takesOver(suite, upstream);
  await keys(suite, upstream);
  await bad(suite, upstream);
  await certificates(suite, upstream);
  await upstream.stop();
}
