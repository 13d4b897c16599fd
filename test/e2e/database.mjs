// A ClickHouse to send records to: a small stand-in, and Debian's real server where it is installed. Both start
// and stop on the same port, ask for the same user and password, and tell what their tables hold.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { OUT, freePort, freshFolder, start, until } from './harness.mjs';

export const USER = 'default';
export const PASSWORD = 'pass word';
const SERVER = '/usr/sbin/clickhouse-server';
export const INSTALLED = existsSync(SERVER);

// modern: it knows async_insert, as every server of the last years does. tls: {cert, key}, texts.
export class StandIn {
  constructor({ modern = true, tls } = {}) {
    Object.assign(this, { modern, tls, rows: { ChatInference: [], ModelInference: [] }, inserts: [], asked: [] });
    this.sockets = new Set();
    this.refuse = undefined; // [status, text]: the answer to inserts
  }

  async start() {
    this.port ??= await freePort();
    const answer = (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (data) => (body += data));
      request.on('end', () => {
        const [status, text] = this.answer(request, body);
        response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
      });
    };
    this.server = this.tls === undefined ? http.createServer(answer) : https.createServer(this.tls, answer);
    this.server.on('connection', (socket) => this.sockets.add(socket.on('close', () => this.sockets.delete(socket))));
    await new Promise((done) => this.server.listen(this.port, '127.0.0.1', done));
  }

  answer(request, body) {
    const { searchParams } = new URL(request.url, 'http://x');
    this.asked.push({ method: request.method, parameters: searchParams, body });
    if (request.headers['x-clickhouse-user'] !== USER || request.headers['x-clickhouse-key'] !== PASSWORD) {
      return [403, 'Code: 516. DB::Exception: Authentication failed'];
    }
    const table = /^INSERT INTO (\w+) FORMAT JSONEachRow$/.exec(searchParams.get('query') ?? '')?.[1];
    if (table === undefined) {
      return [200, body.startsWith('SELECT 1 FROM system.settings') && this.modern ? '1\n' : ''];
    }
    if (this.refuse !== undefined) {
      return this.refuse;
    }
    this.inserts.push({ table, ms: Date.now() });
    this.rows[table].push(...body.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line)));
    return [200, ''];
  }

  async stop() {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((done) => this.server.close(done));
  }

  async table(name) {
    return this.rows[name];
  }
}

// Half a gigabyte: a new engine inside this process, behind the stand-in's HTTP.
const ENGINE = 'chdb@3.4.0';

export class Engine extends StandIn {
  async start() {
    const folder = `${OUT}/chdb`;
    if (!existsSync(`${folder}/node_modules/chdb`)) {
      mkdirSync(folder, { recursive: true });
      execFileSync('npm', ['install', '--prefix', folder, '--silent', '--no-progress', '--no-audit', ENGINE]);
    }
    const { Session } = createRequire(`${folder}/package.json`)('chdb');
    this.session ??= new Session(`${freshFolder('chdb')}/data`);
    await super.start();
  }

  answer(request, body) {
    const [status] = super.answer({ ...request, url: '/', headers: request.headers }, body);
    const { searchParams } = new URL(request.url, 'http://x');
    const insert = searchParams.get('query')?.replace('FORMAT', 'SETTINGS input_format_skip_unknown_fields = 1 FORMAT');
    try {
      if (searchParams.has('database')) {
        this.session.query(`USE \`${searchParams.get('database')}\``);
      }
      return status === 200 ? [200, this.session.query(insert === undefined ? body : `${insert}\n${body}`)] : [status, ''];
    } catch (error) {
      return [500, String(error.message)];
    }
  }

  async table(name) {
    const text = this.session.query(`SELECT * FROM ${name}`, 'JSONEachRow');
    return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  }
}

const file = (elements) => `<yandex>${elements}</yandex>\n`;
const element = (name, value) => `<${name}>${value}</${name}>`;

export class Real {
  constructor() {
    this.folder = freshFolder('clickhouse');
  }

  async start() {
    this.port ??= await freePort();
    const folders = ['path', 'tmp_path', 'user_files_path', 'format_schema_path'];
    const values = {
      logger: '<level>error</level><console>1</console>', http_port: this.port, listen_host: '127.0.0.1',
      uncompressed_cache_size: 67108864, mark_cache_size: 67108864, users_config: 'users.xml',
      default_profile: 'default', default_database: 'default', timezone: 'UTC',
    };
    for (const name of folders) {
      mkdirSync(`${this.folder}/${name}`, { recursive: true });
      values[name] = `${this.folder}/${name}/`;
    }
    const user = `<password>${PASSWORD}</password><networks><ip>::/0</ip></networks>`
      + '<profile>default</profile><quota>default</quota>';
    writeFileSync(`${this.folder}/server.xml`, file(Object.entries(values).map((entry) => element(...entry)).join('')));
    writeFileSync(`${this.folder}/users.xml`, file(element('profiles', '<default/>')
      + element('users', element(USER, user)) + element('quotas', '<default/>')));
    this.child = start(SERVER, [`--config-file=${this.folder}/server.xml`]);
    const ping = () => fetch(`http://127.0.0.1:${this.port}/ping`).then(({ status }) => status === 200, () => false);
    await until('ClickHouse', ping, 15000, 50);
  }

  async query(sql) {
    const headers = { 'x-clickhouse-user': USER, 'x-clickhouse-key': PASSWORD };
    const answer = await fetch(`http://127.0.0.1:${this.port}/?database=records%20here`, { method: 'POST', headers, body: sql });
    const text = await answer.text();
    if (answer.status !== 200) {
      throw new Error(text);
    }
    return text;
  }

  async table(name) {
    const text = await this.query(`SELECT * FROM ${name} FORMAT JSONEachRow`).catch(() => '');
    return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.child.ended;
  }
}

// A folder with a certificate for 127.0.0.1 that nobody trusts who is not told to.
export function selfSigned() {
  const folder = freshFolder('database-tls');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=database', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${folder}/key.pem`,
    '-out', `${folder}/cert.pem`], { stdio: 'ignore' });
  return folder;
}
