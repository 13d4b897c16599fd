// Much of everything: long answers in little memory, slow clients, many clients, many chats.
import assert from 'node:assert/strict';
import net from 'node:net';
import { Gateway, Upstream, model, resident, sleep, until } from './harness.mjs';
import { CHAT, Wire, chat, chatBody, read, request } from './wire.mjs';

const MIB = 1048576;
const LONG = 50 * MIB;
const GROWTH_KIB = 1024;

// Reads a stream of numbered pieces as it comes, without keeping it, and checks each.
function pieceReader() {
  let rest = '';
  const seen = { pieces: 0, bytes: 0, done: false, error: null };
  seen.take = (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      readLine(seen, line.trim());
    }
  };
  return seen;
}

function readLine(seen, line) {
  if (line === 'data: [DONE]') {
    seen.done = true;
  } else if (line.startsWith('data: {')) {
    const chunk = JSON.parse(line.slice(6));
    seen.error = chunk.error ?? seen.error;
    const text = chunk.choices?.[0]?.delta?.content ?? '';
    if (text !== '') {
      seen.bytes += text.length;
      readPiece(seen, text);
    }
  }
}

// A gateway may join pieces, so only their numbers are looked at.
function readPiece(seen, text) {
  for (const [, number] of text.matchAll(/\[(\d{8})\]/g)) {
    assert.equal(Number(number), seen.pieces, 'pieces in order');
    seen.pieces++;
  }
}

// Sends a chat and gives each piece of the answer to take(); resolves at its end.
function stream(port, body, take) {
  return new Promise((done, fail) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.write(request('POST', CHAT, { body, fields: { connection: 'close' } }));
    socket.on('data', (data) => {
      try {
        take(data.toString('latin1'));
      } catch (error) {
        socket.destroy();
        fail(error);
      }
    });
    socket.on('end', () => done()).on('error', fail);
  });
}

async function long(suite, gateway) {
  await chat(gateway.port, 'mini', `@@bytes=${MIB}`, { stream: true });
  for (const how of ['streamed', 'whole']) {
    await suite.test(`50 MB ${how}, with less than 1 MiB of growth`, async () => {
      const before = resident(gateway.pid);
      let most = before;
      let total = 0;
      const watch = setInterval(() => { most = Math.max(most, resident(gateway.pid)); }, 5);
      const body = chatBody('mini', `@@bytes=${LONG}`, { stream: how === 'streamed' });
      const seen = pieceReader();
      const start = Date.now();
      await stream(gateway.port, body, (data) => {
        total += data.length;
        if (how === 'streamed') {
          seen.take(data);
        }
      });
      clearInterval(watch);
      if (how === 'streamed') {
        assert.deepEqual([seen.error, seen.done, seen.bytes, seen.pieces], [null, true, LONG, LONG / 1024]);
      }
      assert.ok(total > LONG, `${total} bytes`);
      assert.ok(most - before < GROWTH_KIB, `${most - before} KiB more than ${before}`);
      return `${most - before} KiB, ${Math.round(total / MIB / ((Date.now() - start) / 1000))} MiB/s`;
    }, 120000);
  }
}

async function scarce(suite, gateway, upstream) {
  await suite.test('where bodies run short, one that was sent whole is given up for a new one', async () => {
    await upstream.reset();
    const large = (text) => chatBody('mini', `${text} ${'x'.repeat(4000000)}`);
    const silent = [];
    for (let i = 0; i < 16; i++) { // all the large slots there are
      const wire = await Wire.open(gateway.port);
      wire.send(request('POST', CHAT, { body: large('@@stall0') }));
      silent.push(wire);
    }
    await until('all 16', async () => (await upstream.stats()).chat.open === 16, 20000, 20);
    const start = Date.now();
    const wire = await Wire.open(gateway.port);
    wire.send(request('POST', CHAT, { body: large('@@words=3') }));
    const answer = read(await wire.answer(), false);
    assert.equal(answer.said.text, 'w0 w1 w2', answer.text);
    const took = Date.now() - start;
    assert.ok(took < 5000, `${took} ms, queue_ms is 10,000`);
    [wire, ...silent].forEach((one) => one.end());
    await until('their end', async () => (await upstream.stats()).chat.open === 0);
    return `${took} ms`;
  }, 60000);
}

async function pressure(suite, gateway, upstream) {
  await suite.test('a client that reads 1 KB/s stops the service, and its leaving ends it', async () => {
    await upstream.reset();
    const wire = net.connect({ port: gateway.port, host: '127.0.0.1' });
    wire.write(request('POST', CHAT, { body: chatBody('mini', `@@bytes=${400 * MIB}`, { stream: true }) }));
    const reading = setInterval(() => wire.read(1024), 1000);
    wire.pause();
    const sent = async () => (await upstream.stats()).chat.bytes_sent;
    let last = -1;
    await until('the service to stop', async () => {
      const now = await sent();
      const still = now === last && now > 0;
      last = now;
      return still;
    }, 20000, 1000);
    assert.ok(last < 64 * MIB, `${last} bytes were taken`);
    await sleep(2000);
    assert.ok((await sent()) - last < MIB, 'it stays stopped');
    clearInterval(reading);
    const left = Date.now();
    wire.destroy();
    await until('the end upstream', async () => (await upstream.stats()).chat.open === 0, 2000, 2);
    const took = Date.now() - left;
    assert.equal((await upstream.stats()).chat.aborted, 1);
    assert.ok(took <= 100, `${took} ms`);
    return `${(last / MIB).toFixed(1)} MiB in buffers, ended after ${took} ms`;
  });
  const rows = [
    ['while the service is silent before its answer', '@@stall0', true],
    ['while a stream stands still', '@@stall=1 a b', true],
    ['while a whole answer is waited for', '@@stall=1 a b', false],
  ];
  await suite.table(rows, ([what]) => `a client that leaves ${what}`, async ([, how, streaming]) => {
    await upstream.reset();
    const wire = await Wire.open(gateway.port);
    wire.send(request('POST', CHAT, { body: chatBody('mini', how, { stream: streaming }) }));
    await until('the chat', async () => (await upstream.stats()).chat.open === 1);
    await sleep(50);
    const left = Date.now();
    wire.end();
    await until('the end upstream', async () => (await upstream.stats()).chat.open === 0, 2000, 2);
    const took = Date.now() - left;
    assert.ok(took <= 100, `${took} ms`);
    return `${took} ms`;
  });
}

async function many(suite, gateway, upstream) {
  await suite.test('200 clients at once, streaming', async () => {
    await upstream.reset();
    const words = Array.from({ length: 30 }, (_, i) => `w${i}`).join(' ');
    const one = () => chat(gateway.port, 'mini', '@@words=30 @@gap=150', { stream: true }, { ms: 30000 });
    const answers = await Promise.all(Array.from({ length: 200 }, one));
    for (const { status, said, text } of answers) {
      assert.equal(status, 200, text);
      assert.deepEqual([said.text, said.error, said.done], [words, null, true]);
    }
    const { chat: seen, connections, handshakes } = await upstream.stats();
    assert.equal(seen.peak, 200, 'all at the service at once');
    assert.ok(connections.open >= 200 || connections.accepted >= 199);
    return `${handshakes.full} full handshakes, ${handshakes.resumed} resumed`;
  });
  await suite.test('a new client is served at once while 200 stream', async () => {
    const one = () => chat(gateway.port, 'mini', '@@words=20 @@gap=150', { stream: true }, { ms: 30000 });
    const crowd = Promise.all(Array.from({ length: 200 }, one));
    await until('the crowd', async () => (await upstream.stats()).chat.open >= 200, 15000);
    const start = Date.now();
    assert.equal((await chat(gateway.port, 'mini', 'hi')).said.text, 'You said: hi');
    const took = Date.now() - start;
    await crowd;
    assert.ok(took < 1000, `${took} ms`);
    return `${took} ms`;
  });
  await suite.test('1,000 chats in sequence on one connection use at most two upstream', async () => {
    await upstream.reset();
    const wire = await Wire.open(gateway.port);
    const bytes = request('POST', CHAT, { body: chatBody('mini', 'hello there') });
    const before = resident(gateway.pid);
    const start = Date.now();
    for (let i = 0; i < 1000; i++) {
      wire.send(bytes);
      assert.equal(read(await wire.answer(), false).said.text, 'You said: hello there');
    }
    const took = Date.now() - start;
    wire.end();
    const { connections } = await upstream.stats();
    assert.ok(connections.accepted <= 2, `${connections.accepted} connections`);
    assert.ok(resident(gateway.pid) - before < 256, 'memory stays flat');
    return `${took} ms, ${connections.accepted} new connections`;
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(model('mini', upstream, { id: 'gpt-4.1-mini' }));
  await long(suite, gateway);
  await scarce(suite, gateway, upstream);
  await pressure(suite, gateway, upstream);
  await many(suite, gateway, upstream);
  await gateway.stop();
  await upstream.stop();
}
