// Clients that mean no good, in numbers: slow ones do not make others wait, and a flood leaves room for a client
// that has a key.
import assert from 'node:assert/strict';
import net from 'node:net';
import { Gateway, Upstream, model, resident, run, sleep } from './harness.mjs';
import { CHAT, Wire, chatBody, read, request } from './wire.mjs';

const SLOW = 1000;
const SLOWER = 1500; // more than there are head buffers (LIMIT_HEADS)
const DELAY_MS = 5;
const FLOOD = 10000;
const SERVED_MS = 10000; // queue_ms
const TOKEN = 'sk-key-of-the-good-client';
const fields = { authorization: `Bearer ${TOKEN}` };
const CHATTING = request('POST', CHAT, { body: chatBody('mini', 'hi'), fields });

const open = (port) => new Promise((done) => {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('connect', () => done(socket)).on('error', () => done(socket));
});

// The median of some chats on one connection, in milliseconds.
async function median(port) {
  const wire = await Wire.open(port);
  const took = [];
  for (let i = 0; i < 101; i++) {
    const start = process.hrtime.bigint();
    wire.send(CHATTING);
    assert.equal((await wire.answer()).status, 200);
    took.push(Number(process.hrtime.bigint() - start) / 1e6);
    await sleep(10);
  }
  wire.end();
  return took.sort((a, b) => a - b)[took.length >> 1];
}

// Sends each a byte a second, some every few milliseconds.
function dripping(sockets, text) {
  let next = 0;
  return setInterval(() => {
    for (let i = 0; i < sockets.length / 50; i++, next++) {
      const at = Math.floor(next / sockets.length) % text.length;
      sockets[next % sockets.length].write(text[at], () => {});
    }
  }, 20);
}

async function slow(suite, gateway) {
  await suite.test(`${SLOW} clients of a byte a second delay a good one by ${DELAY_MS} ms at the most`, async () => {
    const alone = await median(gateway.port);
    const sockets = await Promise.all(Array.from({ length: SLOW }, () => open(gateway.port)));
    const drips = dripping(sockets, CHATTING.toString('latin1'));
    await sleep(1000);
    const among = await median(gateway.port);
    clearInterval(drips);
    const left = sockets.filter((socket) => !socket.destroyed).length;
    sockets.forEach((socket) => socket.destroy());
    assert.ok(left > SLOW * 0.9, `${left} were there to the end`);
    assert.ok(among - alone <= DELAY_MS, `${alone} ms alone, ${among} ms among them`);
    return `${alone.toFixed(2)} ms alone, ${among.toFixed(2)} ms among them`;
  });
}

// The box itself may have as many connections as there are: behind a proxy all clients are it. The buffers that
// heads without an end have taken are given to whoever waits.
async function slower(suite, gateway) {
  await suite.test(`${SLOWER} of them, more than there are head buffers, neither`, async () => {
    const alone = await median(gateway.port);
    const sockets = await Promise.all(Array.from({ length: SLOWER }, () => open(gateway.port)));
    let late = 0;
    sockets.forEach((socket) => socket.on('data', (bytes) => { late += bytes.includes(' 408 ') ? 1 : 0; }).on('error', () => {}));
    sockets.forEach((socket) => socket.write('P'));
    const drips = dripping(sockets, CHATTING.toString('latin1').slice(1));
    await sleep(1000);
    const among = await median(gateway.port);
    clearInterval(drips);
    sockets.forEach((socket) => socket.destroy());
    assert.ok(late > 0, 'all of them have buffers');
    assert.ok(among - alone <= DELAY_MS, `${alone} ms alone, ${among} ms among them`);
    return `${alone.toFixed(2)} ms alone, ${among.toFixed(2)} ms among them, ${late} of them were given up`;
  });
}

async function one(port) {
  const start = Date.now();
  const wire = await Wire.open(port);
  wire.send(CHATTING);
  const answer = read(await wire.answer({ ms: SERVED_MS }), false);
  wire.end();
  assert.equal(answer.said.text, 'You said: hi', answer.text);
  return Date.now() - start;
}

async function flood(suite, gateway) {
  await suite.test(`a flood of ${FLOOD} connections leaves a client with a key served`, async () => {
    const limit = Number(/([\d ,.]+)\D*$/.exec(run(['--limits']).stdout.trim())[1].replace(/\D/g, '')) / 1024;
    const sockets = [];
    let most = resident(gateway.pid);
    let worst = 0;
    let served = 0;
    let running = true;
    const good = (async () => {
      while (running) {
        worst = Math.max(worst, await one(gateway.port));
        served++;
        most = Math.max(most, resident(gateway.pid));
      }
    })();
    for (let i = 0; i < FLOOD; i += 100) {
      const some = Array.from({ length: 100 }, () => net.connect(gateway.port, '127.0.0.1').on('error', () => {}));
      // Heads that never end: less than one address could have of them, were it not the box itself.
      some.filter((_, n) => n % 16 === 0).forEach((socket) => socket.write('GET / HTTP/1.1\r\nx'));
      sockets.push(...some);
      await sleep(1);
    }
    await sleep(2000);
    running = false;
    await good;
    sockets.forEach((socket) => socket.destroy());
    assert.ok(served > 0 && worst < SERVED_MS, `${served} chats, the slowest ${worst} ms`);
    assert.ok(most < limit, `${most} KiB, --limits has ${limit}`);
    return `${served} chats, the slowest ${worst} ms; ${most} KiB`;
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const key = `[keys.good]\nsecret = "${TOKEN}"\n`;
  const gateway = await Gateway.start(model('mini', upstream, { id: 'gpt-4.1-mini' }) + key);
  await slow(suite, gateway);
  await slower(suite, gateway);
  await flood(suite, gateway);
  await gateway.stop();
  await upstream.stop();
}
