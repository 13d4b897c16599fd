// What every test file needs: to count, to start programs and to end them again, to write configurations.
import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

export const OUT = resolve('build/e2e');
export const CERTS = `${OUT}/certs`;
export const MOONGATE = process.env.MOONGATE ?? resolve('build/linux/moongate');
export const CHECKED = MOONGATE === process.env.MOONGATE_CHECKED; // sanitizers are in it
const UPSTREAM = process.env.UPSTREAM ?? `${OUT}/upstream`;
const TEST_MS = 60000;

export const require = createRequire(`${OUT}/package.json`);

// ---- what was started, and is ended whatever happens ----

const running = new Set();
const file = new AsyncLocalStorage(); // which test file is running here: several do at once
const files = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
process.on('exit', () => files.forEach(print)); // what was cut short
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(1));
}

// uid: another user, who may do no more than that.
export function start(program, args, env = {}, uid = undefined) {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
    uid,
    gid: uid,
  });
  running.add(child);
  child.file = file.getStore();
  child.text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].on('data', (data) => (child.text[stream] += data));
  }
  child.ended = new Promise((done) => {
    child.on('error', (error) => done({ code: -1, error }));
    child.on('close', (code, signal) => done({ code, signal }));
  });
  child.ended.then(() => running.delete(child));
  return child;
}

// ---- counting ----

export class Suite {
  passed = 0;
  failed = 0;

  async test(name, body, ms = TEST_MS) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took more than ${ms} ms`)), ms);
    });
    try {
      const remark = await Promise.race([body(), late]);
      this.passed++;
      say(`  ok    ${name}${typeof remark === 'string' ? ` (${remark})` : ''}`);
    } catch (error) {
      this.failed++;
      say(`  FAIL  ${name}\n        ${describe(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }

  // A table: one test a row; its name is made of the row.
  async table(rows, name, body) {
    for (const row of rows) {
      await this.test(name(row), () => body(row));
    }
  }

  // What cannot be tested here, and why; toolchain/test.sh repeats the line.
  skip(name, why) {
    say(`  #     ${name}: not tested: ${why}`);
  }

  // One file: what it says comes in one piece, and what it started ends with it.
  async file(name, body) {
    const own = { said: [`${name}:`] };
    files.add(own);
    try {
      await file.run(own, () => body(this));
    } catch (error) {
      this.failed++;
      own.said.push(`  FAIL  ${name} stopped\n        ${describe(error)}`);
    }
    print(own);
    files.delete(own);
    [...running].filter((child) => child.file === own).forEach((child) => child.kill('SIGKILL'));
  }
}

function say(line) {
  file.getStore().said.push(line);
}

function print(own) {
  console.log(own.said.join('\n'));
}

function describe(error) {
  const lines = String(error?.stack ?? error).split('\n');
  return lines.slice(0, 14).map((line) => line.slice(0, 300)).join('\n        ');
}

// ---- small things ----

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Asks until the answer is good; gives the answer.
export async function until(what, ask, ms = 5000, every = 10) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`${what}: not within ${ms} ms`);
    }
    await sleep(every);
  }
}

export async function freePort() {
  const server = net.createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

let folders = 0;
export function freshFolder(name) {
  const folder = `${OUT}/run/${name}-${process.pid}-${folders++}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

// Resident set in KiB.
export function resident(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Rss:\s+(\d+) kB/m.exec(text)[1]);
}

// ---- the stand-in ----

export class Upstream {
  // options: cert (a name in CERTS), args
  static async start({ cert = 'server', args = [] } = {}) {
    const files = ['--cert', `${CERTS}/${cert}.pem`, '--key', `${CERTS}/${cert}.key`];
    const upstream = new Upstream();
    upstream.child = start(UPSTREAM, ['--listen', '127.0.0.1:0', ...files, ...args]);
    upstream.trust = cert === 'server' || cert === 'server-rsa';
    upstream.plain = args.includes('--plain');
    const line = await until('stand-in', () => /listening (\d+)/.exec(upstream.child.text.stdout));
    upstream.port = Number(line[1]);
    const scheme = upstream.plain ? 'http' : 'https';
    upstream.endpoint = `${scheme}://localhost:${upstream.port}/api/v1/stream/chat`;
    upstream.protocol = upstream.plain ? http : https;
    upstream.agent = new upstream.protocol.Agent({ keepAlive: true, maxSockets: 1 });
    return upstream;
  }

  ask(method, path, body) {
    return new Promise((done, fail) => {
      const options = {
        host: 'localhost', family: 4, port: this.port, path, method, agent: this.agent,
        ca: readFileSync(`${CERTS}/ca.pem`), rejectUnauthorized: this.trust,
      };
      const request = this.protocol.request(options, (response) => {
        let text = '';
        response.on('data', (data) => (text += data));
        response.on('end', () => done(JSON.parse(text)));
      });
      request.on('error', fail);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async control(order) {
    const { fault } = await this.ask('POST', '/control', order);
    if (fault !== '') {
      throw new Error(`stand-in: ${fault}`);
    }
  }

  reset(order = {}) {
    return this.control({ reset: true, ...order });
  }

  stats() {
    return this.ask('GET', '/control/stats');
  }

  // The newest chat's body, and its headers in lower case.
  async lastChat() {
    const { last } = (await this.stats()).chat;
    const headers = Object.entries(last.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return { body: JSON.parse(last.body), headers: Object.fromEntries(headers) };
  }

  async stop() {
    this.agent.destroy();
    this.child.kill('SIGKILL');
    await this.child.ended;
  }
}

// ---- the gateway ----

const quote = (text) => JSON.stringify(text);

// [models.NAME.providers.p] and, if there are any, its filter. more: lines of the provider's section;
// account: the ids, which are generated where it is ''.
const ACCOUNT = 'device_id = "device-of-tests"\nsession_id = "session-of-tests"\n';
export function model(name, upstream, options = {}) {
  const { id = name, retries = 0, filter = '', more = '', account = ACCOUNT } = options;
  const base = `models.${quote(name)}`;
  const lines = [
    `[${base}]\nretries = ${retries}\n[${base}.providers.p]\ntype = "rust-proxy"`,
    `model_name = ${quote(id)}\napi_endpoint = ${quote(upstream.endpoint)}\n${account}${more}`,
  ];
  if (filter !== '') {
    lines.push(`[${base}.providers.p.model_filter]\n${filter}`);
  }
  return `${lines.join('\n')}\n`;
}

// The same for a service that speaks OpenAI's protocol; a gateway that has one is started with KEY.
const SECRET = 'sk-key-of-tests';
export const KEY = { OPENAI_API_KEY: SECRET, VLLM_API_KEY: SECRET, ANTHROPIC_API_KEY: SECRET };

// The same for one that speaks Anthropic's.
export function claude(name, upstream, options = {}) {
  return relay(name, upstream, { ...options, type: 'anthropic' });
}

export function relay(name, upstream, options = {}) {
  const { id = name, retries = 0, filter = '', more = '', type = 'openai' } = options;
  const base = `models.${quote(name)}`;
  const path = type === 'anthropic' ? '/anthropic' : '/oai/v1';
  const address = `${upstream.plain ? 'http' : 'https'}://localhost:${upstream.port}${path}`;
  const lines = [
    `[${base}]\nretries = ${retries}\n[${base}.providers.p]\ntype = ${quote(type)}`,
    `model_name = ${quote(id)}\napi_base = ${quote(address)}\n${more}`,
  ];
  if (filter !== '') {
    lines.push(`[${base}.providers.p.model_filter]\n${filter}`);
  }
  return `${lines.join('\n')}\n`;
}

export class Gateway {
  // text: the configuration behind the sections that every gateway has. gateway, timeouts:
  // further lines of those sections. ca: the bundle to trust. folder: where its state is, to start again
  // on the same. env: its environment. args: further arguments. uid: whose it is.
  // wait: false not to wait until it listens.
  static async start(text, options = {}) {
    const gateway = new Gateway();
    gateway.folder = options.folder ?? freshFolder('gateway');
    gateway.port = options.port ?? (await freePort());
    mkdirSync(`${gateway.folder}/state`, { recursive: true });
    gateway.file = `${gateway.folder}/moongate.ini`;
    writeFileSync(gateway.file, configuration(text, gateway, options));
    gateway.started = process.hrtime.bigint();
    gateway.child = start(MOONGATE, [...(options.args ?? []), '-c', gateway.file], options.env, options.uid);
    gateway.pid = gateway.child.pid;
    if (options.wait !== false) {
      await gateway.ready();
    }
    return gateway;
  }

  // Waits until it listens. Gives the milliseconds since it was started.
  async ready() {
    await until('gateway', async () => {
      if (this.child.exitCode !== null) {
        throw new Error(`gateway ended: ${this.log()}`);
      }
      return canConnect(this.port);
    }, 5000, 1);
    return Number(process.hrtime.bigint() - this.started) / 1e6;
  }

  log() {
    return this.child.text.stderr;
  }

  // Ends it, and gives its exit status.
  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.child.ended;
  }
}

function configuration(text, gateway, options) {
  const { gateway: lines = '', timeouts = '', ca = `${CERTS}/ca.pem` } = options;
  return `[gateway]
bind_address = "127.0.0.1:${gateway.port}"
state_dir = ${quote(`${gateway.folder}/state`)}
${lines}
[gateway.upstream]
ca_file = ${quote(ca)}
[gateway.timeouts]
${timeouts}
${text}`;
}

function canConnect(port) {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => done(true)).on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });
}

// Runs the program to its end: {code, stdout, stderr}.
export function run(args, { env = {}, ms = 10000 } = {}) {
  const options = { encoding: 'utf8', timeout: ms, env: { PATH: process.env.PATH, ...env } };
  const { status, stdout, stderr } = spawnSync(MOONGATE, args, options);
  return { code: status, stdout, stderr };
}
