// Discovery, names, filter, validation and quota of the rust-proxy provider.
import assert from 'node:assert/strict';
import { Gateway, Upstream, freshFolder, model, until } from './harness.mjs';
import { chat, isError, once } from './wire.mjs';

const S37 = 'us.anthropic.claude-3-7-sonnet-20250219-v1:0';
const S4 = 'us.anthropic.claude-sonnet-4-20250514-v1:0';
const O4 = 'us.anthropic.claude-opus-4-20250514-v1:0';

// [what stands as model_name, the identifier the service must be sent]
const NAMES = [
  ['claude-3.5-sonnet', S37], ['claude-3-5-sonnet', S37],
  ['claude-3.5-sonnet-thinking', `${S37}-thinking`], ['claude-3-5-sonnet-thinking', `${S37}-thinking`],
  ['claude-sonnet-4', S4], ['claude-4-sonnet', S4],
  ['claude-opus-4', O4], ['claude-4-opus', O4],
  ['gpt-4.1', 'gpt-4.1'], ['gpt-4-1', 'gpt-4.1'],
  ['gpt-4.1-mini', 'gpt-4.1-mini'], ['gpt-4-1-mini', 'gpt-4.1-mini'],
  ['gemini-2.0-flash', 'gemini-2.0-flash-001'], ['gemini-2-flash', 'gemini-2.0-flash-001'],
  ['gemini-1.5-pro', 'gemini-1.5-pro-002'], ['gemini-1-5-pro', 'gemini-1.5-pro-002'],
  ['Claude-3.5-SONNET', S37], ['GPT-4.1-Mini', 'gpt-4.1-mini'],
  [S37, S37], ['premium-hundred', 'premium-hundred'],
  ['house-model', 'odd-keys'], ['claude-3.7-sonnet', 'gpt-4.1'],
];
const FRIENDLY = '[friendly_names]\nhouse-model = "odd-keys"\n"claude-3.7-sonnet" = "gpt-4.1"\n';

async function names(suite, upstream) {
  const sections = NAMES.map(([name], i) => model(`m${i}`, upstream, { id: name }));
  const gateway = await Gateway.start(`${sections.join('')}${FRIENDLY}[aliases]\nnick = "m10"\n`);
  const rows = NAMES.map(([name, id], i) => [`m${i}`, name, id]);
  await suite.table(rows, ([, name, id]) => `${name} is ${id}`, async ([asked, , id]) => {
    const answer = await chat(gateway.port, asked, 'hi');
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await upstream.lastChat()).body.extra.model, id);
  });
  const spellings = ['m10', 'nick', 'tensorzero::model_name::m10'];
  await suite.table(spellings, (asked) => `clients may ask for ${asked}`, async (asked) => {
    const answer = await chat(gateway.port, asked, 'hi');
    assert.equal(answer.said.text, 'You said: hi', answer.text);
    assert.equal((await upstream.lastChat()).body.extra.model, 'gpt-4.1-mini');
  });
  await suite.test('o3 is o3, and used up', async () => {
    await gateway.stop();
    const o3 = await Gateway.start(model('m', upstream, { id: 'o3' }));
    isError(await chat(o3.port, 'm', 'hi'), 429, { message: /^Model not available: .*\bo3\b/ });
    await o3.stop();
  });
}

// [identifier, filter, status, reason]: the model has the type, uses left and newness of the stand-in's table.
const FILTERS = [
  ['gpt-4.1-mini', 'include_types = ["base"]', 200],
  ['gpt-4.1', 'include_types = ["base"]', 404],
  ['gpt-4.1', 'include_types = ["base", "freeTrial"]', 200],
  ['premium-hundred', 'include_types = ["base", "freeTrial"]', 404],
  ['premium-hundred', 'include_types = ["premium"]', 200],
  ['premium-hundred', 'exclude_types = ["premium"]', 404],
  ['gpt-4.1', 'exclude_types = ["premium"]', 200],
  ['gpt-4.1-mini', 'exclude_types = ["base"]', 404],
  ['premium-hundred', 'include_types = ["premium"]\nexclude_types = ["premium"]', 404],
  ['gpt-4.1', 'min_usage_left = 10', 200],
  ['gemini-1.5-pro-002', 'min_usage_left = 10', 404],
  ['trial-three', 'min_usage_left = 3', 200],
  ['trial-negative', 'min_usage_left = 1', 404],
  ['trial-untold', 'min_usage_left = 1', 404],
  ['gemini-2.0-flash-001', 'min_usage_left = 10', 200],
  ['base-used-up', 'min_usage_left = 10', 200],
  ['gemini-2.0-flash-001', 'only_new = true', 200],
  ['gpt-4.1-mini', 'only_new = true', 404],
  ['gpt-4.1-mini', 'only_new = false', 200],
  ['corporate', 'only_new = true', 404, /unknown/],
  ['gpt-4.1', 'include_types = ["base", "freeTrial"]\nexclude_types = ["premium"]\n'
    + 'min_usage_left = 10\nonly_new = false', 200],
];

// [identifier, status, code, message]: without a filter.
const VERDICTS = [
  ['gpt-4.1-mini', 200],
  ['base-used-up', 200],
  [S37, 200],
  ['gpt-4.1', 200],
  ['premium-hundred', 200],
  ['trial-untold', 200],
  ['trial-negative', 200],
  ['odd-keys', 200],
  ['trial-used-up', 429, 'insufficient_quota', /trial-used-up.*used up/],
  ['o3', 429, 'insufficient_quota', /o3.*used up/],
  ['corporate', 404, 'model_not_found', /corporate.*type.*enterprise.*unknown/],
  ['never-heard-of', 404, 'model_not_found', /never-heard-of.*not found/],
];

async function judged(suite, upstream, row, port) {
  const { asked, status, code, message, what } = row;
  await suite.test(what, async () => {
    const before = (await upstream.stats()).requests.chat;
    const answer = await chat(port, asked, 'hi');
    const after = (await upstream.stats()).requests.chat;
    if (status === 200) {
      assert.equal(answer.status, 200, answer.text);
      assert.equal(after, before + 1);
      return;
    }
    const error = isError(answer, status, { code });
    assert.match(error.message, /^Model not available: /);
    assert.match(error.message, message ?? /filtered out/);
    assert.equal(after, before, 'no chat request went upstream');
  });
}

async function verdicts(suite, upstream) {
  const rows = [
    ...FILTERS.map(([id, filter, status, message], i) => ({
      asked: `f${i}`, id, filter, status, message,
      code: status === 404 ? 'model_not_found' : undefined,
      what: `filter ${filter.replaceAll('\n', ', ')}: ${id} is ${status}`,
    })),
    ...VERDICTS.map(([id, status, code, message], i) => ({
      asked: `v${i}`, id, filter: '', status, code, message, what: `validation of ${id}: ${status}`,
    })),
  ];
  for (const row of rows) { // each with uses of its own, so that none counts down another's
    const alone = await Gateway.start(model(row.asked, upstream, row));
    await judged(suite, upstream, row, alone.port);
    await alone.stop();
  }
  const text = rows.map(({ asked, id, filter }) => model(asked, upstream, { id, filter })).join('');
  await upstream.reset();
  const gateway = await Gateway.start(text);
  await suite.test('one account has one list, fetched once for all its models', async () => {
    await Promise.all(rows.map(({ asked }) => chat(gateway.port, asked, 'hi')));
    const { models } = (await upstream.stats()).requests;
    assert.ok(models <= 2, `${models} fetches`);
  });
  await suite.test('a name that is not configured is 404, and costs the service nothing', async () => {
    const before = (await upstream.stats()).requests;
    for (let i = 0; i < 20; i++) {
      isError(await chat(gateway.port, `nonsense-${i}`, 'hi'), 404,
        { code: 'model_not_found', message: /^Model not available: .*nonsense/ });
    }
    const after = (await upstream.stats()).requests;
    assert.equal(after.chat, before.chat);
    assert.ok(after.models - before.models <= 1);
  });
  await gateway.stop();
}

const left = async (port, name) => (await once(port, 'GET', `/v1/models/${name}`)).json().usage_left;

async function quota(suite, upstream) {
  await suite.test('the quota is counted down, and not by failures', async () => {
    const gateway = await Gateway.start(model('three', upstream, { id: 'trial-three' }));
    isError(await chat(gateway.port, 'three', '@@close'), 502);
    isError(await chat(gateway.port, 'three', '@@error0'), 502);
    for (let i = 3; i > 0; i--) {
      assert.equal(await left(gateway.port, 'three'), i);
      assert.equal((await chat(gateway.port, 'three', 'hi')).status, 200);
    }
    isError(await chat(gateway.port, 'three', 'hi'), 429, { code: 'insufficient_quota' });
    assert.equal(await left(gateway.port, 'three'), 0);
    await gateway.stop();
  });
  await suite.test('a base model has none to count', async () => {
    const gateway = await Gateway.start(model('mini', upstream, { id: 'gpt-4.1-mini' }));
    assert.equal((await chat(gateway.port, 'mini', 'hi')).status, 200);
    assert.equal(await left(gateway.port, 'mini'), null);
    await gateway.stop();
  });
}

// [what, order for the stand-in, identifier, status]: lists of every shape.
const LISTS = [
  ['under a data key', { models: 'data' }, 'corporate', 404],
  ['of 1,000 models', { models: 'huge' }, 'bulk-999', 200],
  ['of 1,000 models, one that is not there', { models: 'huge' }, 'bulk-1000', 404],
  ['that is empty', { models: 'empty' }, 'gpt-4.1-mini', 404],
  ['in pieces of one byte', { models_faults: '@@split=1' }, 'corporate', 404],
  ['with a length', { models_faults: '@@length' }, 'corporate', 404],
  ['to the end of the connection', { models_faults: '@@eof' }, 'corporate', 404],
  ['that comes late', { models_faults: '@@delay=1000' }, 'corporate', 404],
  ['with escapes and odd spaces', {
    models_body: ' [ { "modelName" : "a\\u0062c" , "modelType" : "corp" , "x":[{}] } ]\n',
  }, 'abc', 404],
  ['that is malformed: let through', { models: 'malformed' }, 'corporate', 200],
  ['that breaks off: let through', { models_faults: '@@cut' }, 'corporate', 200],
  ['that is 503: let through', { models_faults: '@@status=503' }, 'corporate', 200],
  ['that is a web page: let through', { models_faults: '@@html' }, 'corporate', 200],
  ['that is closed on: let through', { models_faults: '@@close' }, 'corporate', 200],
  ['that is no list: let through', { models_body: '{"error":"no"}' }, 'corporate', 200],
];

async function lists(suite, upstream) {
  await suite.table(LISTS, ([what]) => `a list ${what}`, async ([, order, id, status]) => {
    await upstream.reset(order);
    const gateway = await Gateway.start(model('m', upstream, { id }));
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, status, gateway.log());
    await gateway.stop();
    await upstream.reset();
  });
  await suite.test('the models discovered are in the log', async () => {
    const gateway = await Gateway.start(model('m', upstream, { id: 'gpt-4.1-mini' }));
    await until('log', () => /gemini-1\.5-pro-002/.test(gateway.log()));
    assert.match(gateway.log(), /17/);
    await gateway.stop();
    assert.doesNotMatch(gateway.log(), /device-of-tests|session-of-tests/);
  });
  await suite.test('the last good list serves across a restart', async () => {
    const folder = freshFolder('stale');
    const text = model('m', upstream, { id: 'corporate' });
    const first = await Gateway.start(text, { folder });
    isError(await chat(first.port, 'm', 'hi'), 404);
    await first.stop();
    await upstream.reset({ models_faults: '@@status=503' });
    const second = await Gateway.start(text, { folder });
    isError(await chat(second.port, 'm', 'hi'), 404, { message: /enterprise/ });
    await until('log', () => /stale/i.test(second.log()));
    await second.stop();
    await upstream.reset();
  });
  await suite.test('with no list at all the log says that it lets requests through', async () => {
    await upstream.reset({ models_faults: '@@status=500' });
    const gateway = await Gateway.start(model('m', upstream, { id: 'gpt-4.1-mini' }));
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200);
    assert.match(gateway.log(), /list/i);
    await gateway.stop();
    await upstream.reset();
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  await names(suite, upstream);
  await verdicts(suite, upstream);
  await quota(suite, upstream);
  await lists(suite, upstream);
  await upstream.stop();
}
