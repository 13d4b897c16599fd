// The command line: what people type, and what they get to read.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Gateway, Upstream, freePort, freshFolder, model, run, until, CERTS } from './harness.mjs';
import { chat } from './wire.mjs';

// The text of the user's document, as it stands there.
const SEED = `[models.rust-proxy.providers.rust_proxy_provider]
type = "rust-proxy"
model_name = "claude-3.5-sonnet"

# API settings (optional, defaults are used when absent)
api_endpoint = "https://api.devv.ai/api/v1/stream/chat"
device_id = "your-device-id"
session_id = "your-session-id"
os_type = "3"
accept_language = "en"

# model filter (optional)
[models.rust-proxy.providers.rust_proxy_provider.model_filter]
include_types = ["base", "freeTrial"]  # only models that cost nothing
exclude_types = ["premium"]            # no paid models
min_usage_left = 10                    # least uses left
only_new = false                       # true: new models only
`;

// What a TensorZero file carries besides.
const TENSORZERO = `
[functions.generate_haiku]
type = "chat"

[functions.generate_haiku.variants.rust_proxy]
type = "chat_completion"
model = "rust-proxy"

[models.rust-proxy]
routing = ["rust_proxy_provider"]
`;

const P = '[models.m.providers.p]\ntype = "rust-proxy"\n';

// [what, text, the line, what the fault must say]
const FAULTS = [
  ['a key nobody knows', `[gateway]\nbind_adress = "x"\n`, 2, /bind_address/],
  ['a section nobody knows', '[gatewy]\nx = 1\n', 1, /gateway/],
  ['a wrong type', '[gateway.limits]\nqueue_ms = "soon"\n', 2, /queue_ms/],
  ['a number out of range', '[gateway.timeouts]\nconnect_ms = 99\n', 2, /100/],
  ['a number beyond all numbers', '[gateway.timeouts]\nconnect_ms = 99999999999999999999\n', 2, /connect_ms/],
  ['a key given twice', '[gateway]\nlog_level = "info"\nlog_level = "warn"\n', 3, /log_level/],
  ['a log level nobody knows', '[gateway]\nlog_level = "inf"\n', 2, /info/],
  ['an empty value', '[gateway]\nlog_level =\n', 2, /log_level|value/],
  ['a string that never ends', '[gateway]\nlog_level = "info\n', 2, /string|quote/i],
  ['an array that never ends', `${P}model_name = "x"\n[models.m]\nrouting = ["p",\n`, 5, /array|\]/i],
  ['a route to nowhere', `${P}model_name = "x"\n[models.m]\nrouting = ["q"]\n`, 5, /q/],
  ['an alias to nowhere', '[aliases]\nnick = "nobody"\n', 2, /nobody/],
  ['a provider without a type', '[models.m.providers.p]\nmodel_name = "x"\n', 1, /type/],
  ['a type nobody knows', '[models.m.providers.p]\ntype = "rust-prox"\nmodel_name = "x"\n', 2, /rust-proxy/],
  ['no model_name', P, 1, /Failed to create DevApiClient: .*model_name/],
  ['an endpoint that is no URL', `${P}model_name = "x"\napi_endpoint = "somewhere"\n`, 4,
    /Failed to create DevApiClient: .*api_endpoint/],
  ['a filter type nobody knows',
    `${P}model_name = "x"\n[models.m.providers.p.model_filter]\ninclude_types = ["basic"]\n`, 5, /base/],
  ['an empty filter list',
    `${P}model_name = "x"\n[models.m.providers.p.model_filter]\ninclude_types = []\n`, 5, /include_types/],
  ['a variable that is not set', `${P}model_name = "x"\ndevice_id = "env::NOT_SET_AT_ALL"\n`, 4,
    /NOT_SET_AT_ALL/],
  ['a secret file that is not there', `${P}model_name = "x"\ndevice_id = "path::/no/such/file"\n`, 4,
    /\/no\/such\/file/],
  ['a bundle that is not there', '[gateway.upstream]\nca_file = "/no/such/bundle"\n', 2, /\/no\/such\/bundle/],
  ['a line that is nothing', '[gateway]\nwhat is this\n', 2, /./],
];

function written(text) {
  const file = `${freshFolder('check')}/moongate.ini`;
  writeFileSync(file, text);
  return file;
}

const check = (text, options) => {
  const file = written(text);
  return { file, ...run(['--check', '-c', file], options) };
};

async function checks(suite) {
  const good = [['the seed\'s text', SEED], ['with TensorZero\'s tables', SEED + TENSORZERO],
    ['an empty file', ''], ['CRLF and a byte order mark', `\ufeff${SEED.replaceAll('\n', '\r\n')}`],
    ['a table that means nothing here', `${SEED}[metrics.rated]\ntype = "boolean"\n`]];
  await suite.table(good, ([what]) => `--check: ${what} is good`, async ([, text]) => {
    const { code, stderr } = check(text);
    assert.equal(code, 0, stderr);
  });
  await suite.table(FAULTS, ([what]) => `--check: ${what}`, async ([, text, line, says]) => {
    const { code, stderr, file } = check(text);
    assert.equal(code, 2, stderr);
    const faults = stderr.split('\n').filter((one) => one.includes(`${file}:${line}: `));
    assert.ok(faults.length > 0, stderr);
    assert.match(faults.join('\n'), says);
  });
  await suite.test('--check: all faults of a file in one run', async () => {
    const text = '[gateway]\nbind_adress = "x"\nlog_level = "inf"\n[gateway.limits]\nqueue_ms = "soon"\n'
      + '[aliases]\nnick = "nobody"\n';
    const { code, stderr, file } = check(text);
    assert.equal(code, 2);
    [2, 3, 5, 7].forEach((line) => assert.ok(stderr.includes(`${file}:${line}: `), `line ${line}: ${stderr}`));
  });
  await suite.test('--check prints no secret', async () => {
    const { stdout, stderr } = check(`${SEED}sign_kye = "s3cret-key"\n`);
    assert.doesNotMatch(stdout + stderr, /your-device-id|your-session-id|s3cret-key/);
  });
  await suite.test('a file that is not there', async () => {
    const { code, stderr } = run(['--check', '-c', '/no/such/file.ini']);
    assert.equal(code, 2);
    assert.match(stderr, /\/no\/such\/file\.ini/);
  });
}

// [arguments, status, stream, what it says]
const COMMANDS = [
  [['--version'], 0, 'stdout', /^moongate \d+\.\d+\.\d+\n/],
  [['--version'], 0, 'stdout', /mbed ?tls/i],
  [['--help'], 0, 'stdout', /--check[^]*--limits[^]*--models|--models[^]*--check/],
  [['--limits'], 0, 'stdout', /clients[^]*\d+/i],
  [['--nonsense'], 2, 'stderr', /--nonsense/],
  [['-x'], 2, 'stderr', /-x/],
  [['-c'], 2, 'stderr', /-c/],
];

async function tables(suite, upstream) {
  await suite.test('--models prints what the filter kept, and why not', async () => {
    const text = model('m', upstream, {
      id: 'claude-3.5-sonnet',
      filter: 'include_types = ["base", "freeTrial"]\nexclude_types = ["premium"]\nmin_usage_left = 10\n',
    });
    const file = written(`[gateway.upstream]\nca_file = "${CERTS}/ca.pem"\n${text}`);
    const { code, stdout, stderr } = run(['--models', '-c', file]);
    assert.equal(code, 0, stderr);
    const line = (name) => stdout.split('\n').find((one) => one.includes(name)) ?? '';
    assert.match(line('gpt-4.1-mini'), /GPT-4\.1 mini.*base.*kept/);
    assert.match(line('gemini-1.5-pro-002'), /freeTrial.*9.*(usage|under|filter)/);
    assert.match(line('premium-hundred'), /premium.*100/);
    assert.doesNotMatch(line('premium-hundred'), /\bkept\b/);
    assert.match(line('corporate'), /enterprise/);
    assert.doesNotMatch(stdout + stderr, /device-of-tests/);
  });
  await suite.test('--models says what is wrong when the service cannot be had', async () => {
    const nobody = { endpoint: `https://localhost:${await freePort()}/api/v1/stream/chat` };
    const file = written(`[gateway.upstream]\nca_file = "${CERTS}/ca.pem"\n${model('m', nobody)}`);
    const { code, stderr } = run(['--models', '-c', file], { ms: 20000 });
    assert.notEqual(code, 0);
    assert.match(stderr, /refused/i);
  });
}

async function environment(suite, upstream) {
  const env = { API_ENDPOINT: upstream.endpoint, DEVICE_ID: 'dev-env', OS_TYPE: '9', SID: 'sid-env' };
  const bare = '[models.m.providers.p]\ntype = "rust-proxy"\nmodel_name = "gpt-4.1-mini"\n';
  await suite.test('the old environment variables fill what the file leaves out, with a warning', async () => {
    const gateway = await Gateway.start(bare, { env });
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200, gateway.log());
    const { headers } = await upstream.lastChat();
    assert.deepEqual([headers['device-id'], headers['os-type'], headers.sid], ['dev-env', '9', 'sid-env']);
    for (const key of ['api_endpoint', 'device_id', 'os_type', 'session_id']) {
      await until('warning', () => gateway.log().includes(key));
    }
    assert.doesNotMatch(gateway.log(), /dev-env|sid-env/);
    await gateway.stop();
  });
  await suite.test('the file wins over them', async () => {
    const text = `${bare}api_endpoint = "${upstream.endpoint}"\ndevice_id = "dev-file"\nos_type = "5"\n`;
    const gateway = await Gateway.start(text, { env: { ...env, API_ENDPOINT: 'https://localhost:1/x' } });
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200, gateway.log());
    const { headers } = await upstream.lastChat();
    assert.deepEqual([headers['device-id'], headers['os-type'], headers.sid], ['dev-file', '5', 'sid-env']);
    await gateway.stop();
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  await checks(suite);
  await suite.table(COMMANDS, ([args]) => `moongate ${args.join(' ')}`, async ([args, status, stream, says]) => {
    const result = run(args);
    assert.equal(result.code, status, result.stderr);
    assert.match(result[stream], says);
  });
  await tables(suite, upstream);
  await environment(suite, upstream);
  await suite.test('the loopback provider answers from the box itself, whole and paced', async () => {
    const text = '[models.here.providers.p]\ntype = "loopback"\n';
    const gateway = await Gateway.start(text);
    const whole = (await chat(gateway.port, 'here', 'one two three')).said.text;
    assert.match(whole, /loopback/i);
    assert.match(whole, /\b3\b/);
    const { said } = await chat(gateway.port, 'here', 'one two three', { stream: true });
    assert.equal(said.text, whole);
    assert.ok(said.done);
    await gateway.stop();
  });
  await upstream.stop();
}
