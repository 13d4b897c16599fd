// The log: a line a request, each of one shape; and whatever happens, no secret and nothing of what was said.
import assert from 'node:assert/strict';
import http from 'node:http';
import { Gateway, Upstream, claude, model, relay, until } from './harness.mjs';
import { CHAT, Wire, chatBody, once, request } from './wire.mjs';

// Whatever must not show. Answers repeat the prompt.
const SECRETS = {
  key: 'client-key-of-the-log-tests', wrong: 'wrong-key-of-the-log-tests', service: 'sk-service-of-the-log-tests',
  device: 'device-of-the-log-tests', session: 'session-of-the-log-tests', sign: 'sign-of-the-log-tests',
  prompt: 'prompt-of-the-log-tests', system: 'system-of-the-log-tests', query: 'query-of-the-log-tests',
};
const ENV = { OPENAI_API_KEY: SECRETS.service, ANTHROPIC_API_KEY: SECRETS.service, SIGN: SECRETS.sign };
const ACCOUNT = `device_id = "${SECRETS.device}"\nsession_id = "${SECRETS.session}"\nsign = "hmac-sha256"\n`
  + 'sign_key = "env::SIGN"\n';
const LINE = /^\S+Z (INFO|WARN|ERROR|DEBUG) [A-Za-z][^=]*?( [a-z_]+=("[^"]*"|[^ "=]+))*$/;
const ENDS = / INFO (chat|relayed) outcome=/;

// A service that repeats in its errors what it was sent, key and all; in an event where it is asked to stream.
async function parrot() {
  const server = http.createServer(async (asked, answer) => {
    let body = '';
    for await (const piece of asked) body += piece;
    const message = `cannot do ${body} for ${asked.headers.authorization}`;
    const error = JSON.stringify({ error: { message } });
    if (/"stream": ?true/.test(body)) {
      answer.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${error}\n\n`);
    } else {
      answer.writeHead(asked.method === 'GET' ? 401 : 400, { 'content-type': 'application/json' }).end(error);
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { plain: true, port: server.address().port, close: () => server.close() };
}

const bearer = { authorization: `Bearer ${SECRETS.key}` };
const words = (how) => `${how} ${SECRETS.prompt}`;
const body = (name, how, more = {}) => {
  const object = JSON.parse(chatBody(name, words(how), more));
  object.messages.unshift({ role: 'system', content: SECRETS.system });
  return JSON.stringify(object);
};

// [model, directives, stream]: requests that reach a service, or try to. A good one between the bad ones, and
// what benches a provider at last, so that each goes out.
const HOWS = ['@@status=400', '', '@@error0', '', '@@error', '', '@@cut', '', '@@html', '', '@@status=401'];
const CHATS = ['rust', 'oai', 'claude', 'parrot', 'nobody'].flatMap((name) =>
  (['parrot', 'nobody'].includes(name) ? [''] : HOWS).flatMap((how) => [[name, how, false], [name, how, true]]));

// [what, fields, path, body]: requests that do not.
const REFUSED = [
  ['a wrong key', { authorization: `Bearer ${SECRETS.wrong}` }, CHAT, body('rust', '')],
  ['two keys', { authorization: [bearer.authorization, `Bearer ${SECRETS.wrong}`] }, CHAT, body('rust', '')],
  ['no JSON', bearer, CHAT, `{"messages": "${SECRETS.prompt}`],
  ['a field of a wrong type', bearer, CHAT, JSON.stringify({ model: 'rust', messages: SECRETS.prompt })],
  ['a role that is none', bearer, CHAT, JSON.stringify({ model: 'rust', messages: [{ role: SECRETS.prompt }] })],
  ['an unknown model', bearer, CHAT, body('unknown', '')],
  ['a key in the query', {}, `/v1/models?key=${SECRETS.query}`, undefined],
  ['and on no route at all', bearer, `/v1/nothing?key=${SECRETS.query}`, undefined],
  ['a head that is none', { 'x y': SECRETS.prompt }, CHAT, body('rust', '')],
];

async function ask(gateway, path, text, fields = bearer) {
  return once(gateway.port, text === undefined ? 'GET' : 'POST', path, { fields, body: text });
}

async function leave(gateway) {
  const wire = await Wire.open(gateway.port);
  wire.send(request('POST', CHAT, { fields: bearer, body: body('rust', '@@stall', { stream: true }) }));
  await wire.head();
  wire.socket.destroy();
  await until('its line', () => /outcome=client_gone/.test(gateway.log()));
}

async function fillLog(suite, gateway) {
  await leave(gateway);
  await suite.test('one line for each request that goes to a service', async () => {
    const ends = () => lines(gateway).filter((line) => ENDS.test(line)).length - 1;
    for (const [name, how, stream] of CHATS) {
      await ask(gateway, CHAT, body(name, how, { stream })).catch(() => {}); // cut ones throw
    }
    await ask(gateway, '/v1/embeddings', JSON.stringify({ model: 'oai', input: SECRETS.prompt }));
    await until('the lines', () => ends() >= CHATS.length + 1);
    assert.equal(ends(), CHATS.length + 1);
    return `${CHATS.length + 1} requests`;
  });
  const ids = new Set();
  for (const [, fields, path, text] of REFUSED) {
    const { headers } = await ask(gateway, path, text, fields);
    ids.add(headers['x-request-id']);
  }
  await suite.test('what is refused has an id, which its line has too (a line a second for each status)', () => {
    assert.equal(ids.size, REFUSED.length);
    const told = lines(gateway).filter((line) => / refused status=/.test(line));
    assert.ok(told.length >= 3, `${told.length} lines`);
    told.forEach((line) => assert.ok(ids.has(/ request_id=(\S+)$/.exec(line)?.[1]), line));
  });
}

// Without what it says of its configuration, before it has a log.
const lines = (gateway) =>
  gateway.log().split('\n').slice(0, -1).filter((line) => !line.startsWith(gateway.file));

export default async function logs(suite) {
  const upstream = await Upstream.start();
  const bird = await parrot();
  const text = model('rust', upstream, { id: 'gpt-4.1-mini', account: ACCOUNT }) + relay('oai', upstream)
    + claude('claude', upstream, { id: 'claude-sonnet-4-5' }) + relay('parrot', bird)
    + model('nobody', { endpoint: 'https://localhost:9/api/v1/stream/chat' }, { account: ACCOUNT })
    + `[keys.house]\nsecret = "${SECRETS.key}"\nadmin = true\n[gateway.observability]\ncontent = true\n`;
  const gateway = await Gateway.start(text, { env: ENV, gateway: 'log_level = "debug"' });
  await fillLog(suite, gateway);
  const seen = await ask(gateway, '/v1/inferences?limit=100');
  await suite.test('what is looked for was there: the records have it', () => {
    assert.ok(seen.text.includes(SECRETS.prompt));
  });
  await suite.table(['/status', '/metrics', '/health', '/v1/models', '/'], (path) => `nothing of any in ${path}`, async (path) => {
    const { status, text: said } = await ask(gateway, path);
    assert.equal(status, 200);
    assert.deepEqual(Object.values(SECRETS).filter((secret) => said.includes(secret)), []);
  });
  await gateway.stop();
  await suite.table(Object.entries(SECRETS), ([what]) => `nothing of it: ${what}`, async ([, secret]) => {
    assert.deepEqual(gateway.log().split('\n').filter((line) => line.includes(secret)), []);
  });
  await suite.test('each line has the shape of all', () => {
    assert.deepEqual(lines(gateway).filter((line) => !LINE.test(line)), []);
  });
  await suite.test('each request can be found by the id that its client got', () => {
    const ended = lines(gateway).filter((line) => ENDS.test(line));
    const ids = new Set(ended.map((line) => / request_id=(\S+)$/.exec(line)?.[1]));
    assert.equal(ids.size, ended.length);
    JSON.parse(seen.text).data.forEach((record) => assert.ok(ids.has(record.x_request_id), record.x_request_id));
  });
  await upstream.stop();
  bird.close();
}
