// moongate --health URL: what a container's engine asks with.
import assert from 'node:assert/strict';
import net from 'node:net';
import { Gateway, MOONGATE, freePort, sleep, start } from './harness.mjs';

const LOOPBACK = '[models.m.providers.p]\ntype = "loopback"\n';
const KEYED = `${LOOPBACK}[keys.house]\nsecret = "a-key-of-the-house"\n`;
const MOST_MS = 2000;
const SLACK_MS = 1500; // a busy machine, and sanitizers

async function ask(...url) {
  const begun = Date.now();
  const child = start(MOONGATE, ['--health', ...url]);
  const { code } = await child.ended;
  return { code, ...child.text, ms: Date.now() - begun };
}

// A server that does as it is told with each connection.
async function serve(act) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    act(socket);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

async function drip(socket, text) {
  for (const byte of text) {
    socket.write(byte);
    await sleep(5);
  }
}

// [what, what the server does, status, what is said]
const SERVERS = [
  ['200, byte by byte', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n\r\n'), 0, /^$/],
  ['200 in HTTP/1.0, without a reason', (socket) => socket.end('HTTP/1.0 200\r\n\r\n'), 0, /^$/],
  ['503', (socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'), 1, /status is not 200/],
  ['a redirect', (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n'), 1, /status is not 200/],
  ['another protocol', (socket) => socket.end('220 mail.example ESMTP\r\n'), 1, /not HTTP/],
  ['no word, and the end', (socket) => socket.end(), 1, /closed/],
  ['half a status line, and the end', (socket) => socket.end('HTTP/1.1 2'), 1, /closed/],
  ['a reset', (socket) => socket.resetAndDestroy(), 1, /closed|reset|refused/],
];

// [what, arguments, what is said]
const URLS = [
  ['no URL', [], /URL/],
  ['an empty one', [''], /URL/],
  ['no scheme', ['127.0.0.1:3000'], /http:\/\//],
  ['https://', ['https://127.0.0.1:3000'], /http:\/\//],
  ['a user', ['http://me@127.0.0.1:3000'], /user/],
  ['a query', ['http://127.0.0.1:3000/?a=b'], /query/],
  ['no port of this world', ['http://127.0.0.1:65536'], /port/],
  ['more than a URL can be', [`http://127.0.0.1/${'x'.repeat(5000)}`], /too long/],
  ['a line break', ['http://127.0.0.1/\r\nX: y'], /character/],
  ['an address of somebody else\'s', ['http://203.0.113.1:3000'], /private|public/],
];

async function silent(suite) {
  await suite.test('a server that accepts and says nothing: 1 after two seconds', async () => {
    const server = await serve(() => {});
    const { code, stderr, ms } = await ask(server.url);
    server.close();
    assert.deepEqual([code, /no answer came in time/.test(stderr)], [1, true], stderr);
    assert.ok(ms >= MOST_MS - 100 && ms < MOST_MS + SLACK_MS, `${ms} ms`);
    return `${ms} ms`;
  });
  await suite.test('a gateway that stands is not well, and is again when it goes on', async () => {
    const gateway = await Gateway.start(LOOPBACK);
    const url = `http://127.0.0.1:${gateway.port}`;
    gateway.child.kill('SIGSTOP');
    const { code, ms } = await ask(url);
    gateway.child.kill('SIGCONT');
    assert.deepEqual([code, (await ask(url)).code], [1, 0]);
    assert.ok(ms < MOST_MS + SLACK_MS, `${ms} ms`);
    await gateway.stop();
  });
}

export default async function health(suite) {
  const gateway = await Gateway.start(KEYED, { gateway: 'base_path = "/llm"' });
  const path = `:${gateway.port}/llm`;
  const urls = [`http://127.0.0.1${path}`, `http://127.0.0.1${path}/`, `http://localhost${path}`];
  await suite.table(urls, (url) => `a gateway that runs, keys or not: ${url.replace(/:\d+/, '')}`, async (url) => {
    const { code, stdout, stderr } = await ask(url);
    assert.deepEqual([code, stdout, stderr], [0, '', '']);
  });
  await suite.test('another path than the gateway\'s', async () => {
    assert.equal((await ask(`http://127.0.0.1:${gateway.port}`)).code, 1);
  });
  await gateway.stop();
  await suite.test('nobody listens', async () => {
    const { code, stderr } = await ask(`http://127.0.0.1:${await freePort()}`);
    assert.equal(code, 1);
    assert.match(stderr, /^moongate: --health http:\S+: connection refused\n$/);
  });
  await suite.table(SERVERS, ([what]) => `the answer is ${what}`, async ([, act, status, says]) => {
    const server = await serve(act);
    const { code, stderr } = await ask(server.url);
    server.close();
    assert.equal(code, status, stderr);
    assert.match(stderr, says);
  });
  await suite.table(URLS, ([what]) => `the URL is ${what}`, async ([, args, says]) => {
    const { code, stderr } = await ask(...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, says);
  });
  await silent(suite);
}
