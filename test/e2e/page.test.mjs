// The page at /: what is answered, and what a real browser makes of it. Without Chromium on the machine only
// the first is tested, unless MOONGATE_ALL asks for everything.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { line } from './batch.mjs';
import { Gateway, KEY, OUT, Upstream, model, relay, require, sleep, until } from './harness.mjs';
import { CHAT, Wire, chat, chatBody, once, request } from './wire.mjs';

const BROWSER = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'];
const LIMIT = 40960;
const MARKUP = '<img src=x onerror=pwned=1>';
const BOSS = 'the-boss-of-the-house';
const CHILD = 'a-child-of-the-house';
const KEYS = `[keys.boss]\nsecret = "${BOSS}"\nadmin = true\n[keys.child]\nsecret = "${CHILD}"\n`;
const CONTENT = '[gateway.observability]\ncontent = true\n';

const own = (upstream) => model('mini', upstream, { id: 'gpt-4.1-mini' })
  + model('nowhere', upstream, { id: 'no-such-model' })
  + model('trial', upstream, { id: 'gpt-4.1' })
  + model('spent', upstream, { id: 'trial-used-up' })
  + relay('thinker', upstream, { id: 'vendor/model:free' })
  + relay(MARKUP, upstream, { id: 'vendor/model:free' });

// ---- the answer ----

async function answered(suite, gateway) {
  const get = (fields) => once(gateway.port, 'GET', '/', { fields });
  await suite.test('one packed file, with a policy, known by its tag', async () => {
    const answer = await get({ 'accept-encoding': 'gzip, deflate, br' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-encoding'], 'gzip');
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.match(answer.headers['content-security-policy'], /^default-src 'none'; script-src 'sha256-[^;]*'; style-src 'sha256/);
    assert.ok(answer.body.length <= LIMIT, `${answer.body.length} bytes`);
    const html = gunzipSync(answer.body).toString();
    assert.ok(html.startsWith('<!DOCTYPE html>'));
    const again = await get({ 'accept-encoding': 'gzip', 'if-none-match': answer.headers.etag });
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
    const line = await get({});
    assert.equal(line.headers['content-type'], 'text/plain; charset=utf-8');
    assert.match(line.text, /\/v1\//);
    return `${answer.body.length} bytes packed, ${html.length} unpacked`;
  });
}

// ---- in a browser ----

// A page whose every complaint is kept; goes is its address behind the port.
async function open(browser, gateway, { goes = '/', secret, ...options } = {}) {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    // What the network refuses is the page's to tell, and the browser's to complain of.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) page.complaints.push(message.text());
  });
  if (secret) {
    await context.addInitScript((key) => sessionStorage.setItem('moongate-key', key), secret);
  }
  await page.goto(`http://127.0.0.1:${gateway.port}${goes}`);
  return page;
}

async function done(page) {
  assert.deepEqual(page.complaints, []);
  assert.equal(await page.evaluate('window.pwned'), undefined);
  await page.context().close();
}

const text = (page, where) => page.locator(where).innerText();
async function sees(page, where, what, ms = 15000) {
  let seen;
  await until(`${what} in ${where}`, async () => what.test(seen = await text(page, where)), ms, 50)
    .catch((error) => assert.fail(`${error.message}, but: ${seen}`));
}

async function say(page, words, name = 'mini') {
  await page.locator('nav a[href="#chat"]').click();
  await page.locator('#chat-model').selectOption(name);
  await page.locator('#chat-text').fill(words);
  await page.locator('#send').click();
}

async function axe(page) {
  // The policy lets no script in but the page's: this one is put in by the browser's own door.
  const faults = await page.evaluate(`(() => { const module = undefined; ${axe.source}; })(); axe.run()
    .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html).join(' ')))`);
  assert.deepEqual(faults, []);
}

async function loads(suite, browser, gateway) {
  await suite.test('the state of the box, its services, pools and plots', async () => {
    await chat(gateway.port, 'mini', '@@words=8', { stream: true }, { fields: { authorization: `Bearer ${BOSS}` } });
    const page = await open(browser, gateway, { secret: BOSS });
    await sees(page, '#facts', /works[\s\S]*0\.1\.0/);
    const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
    await sees(page, '#services', /p\s+mini\s+closed\s+1\s+0/);
    await sees(page, '#pools', /requests\s+0\s+1/);
    await sees(page, '#plots', /The last inferences/);
    await chat(gateway.port, 'mini', 'again', {}, { fields: { authorization: `Bearer ${BOSS}` } });
    await until('plots', async () => await page.locator('#plots svg[role=img]').count() >= 4, 20000, 100);
    assert.match(await page.locator('#plots svg').nth(0).getAttribute('aria-label'), /complete: [\d.]+/);
    await axe(page);
    await page.screenshot({ path: `${OUT}/run/page-box.png`, fullPage: true });
    await done(page);
    return `first paint after ${Math.round(painted)} ms`;
  });
}

async function keys(suite, browser, gateway) {
  await suite.test('a key is asked for, kept for the tab, and what it may not see is said', async () => {
    const page = await open(browser, gateway);
    await sees(page, '#services', /needs a key/);
    await sleep(7000);
    const asked = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    assert.ok(asked.filter((name) => name.endsWith('/status')).length >= 2);
    assert.ok(asked.filter((name) => name.endsWith('/metrics')).length <= 2, `asked again and again: ${asked}`);
    await page.locator('#key').click();
    await page.locator('#ask-key').fill('wrong');
    await axe(page);
    await page.locator('#ask-form button').click();
    await sees(page, '#services', /does not know this key/);
    await page.locator('#key').click();
    await page.locator('#ask-key').fill(CHILD);
    await page.keyboard.press('Enter');
    await sees(page, '#services', /admin = true/);
    await page.locator('nav a[href="#models"]').click();
    await sees(page, '#models-list', /mini/);
    assert.equal(await page.evaluate(() => localStorage.getItem('moongate-key')), null);
    await page.locator('#key').click();
    await page.locator('#ask-key').fill(BOSS);
    await page.locator('#ask-keep').check();
    await page.locator('#ask-form button').click();
    await page.reload();
    await page.locator('nav a[href="#box"]').click();
    await sees(page, '#services', /mini/);
    await done(page);
  });
}

async function models(suite, browser, gateway) {
  await suite.test('models with what is left, and why one is not there', async () => {
    const page = await open(browser, gateway, { secret: BOSS, goes: '/#models' });
    await sees(page, '#models-list', /nowhere\s+not in the service/);
    await sees(page, '#models-list', /trial[^\n]*yes\s+10\s+freeTrial/);
    await sees(page, '#models-list', /spent[^\n]*its uses are used up/);
    assert.ok((await text(page, '#models-list')).includes(MARKUP));
    assert.equal(await page.locator('main img').count(), 0);
    await page.locator('#search').fill('MINI');
    await sees(page, '#models-said', /1 \/ 6/);
    await axe(page);
    await page.locator('#models-list button').click();
    await until('the chat', async () => await page.locator('#chat-model').inputValue() === 'mini');
    await done(page);
  });
}

async function chats(suite, browser, gateway, upstream) {
  await suite.test('a chat comes word by word, and can be stopped', async () => {
    const page = await open(browser, gateway, { secret: BOSS });
    await sees(page, '#facts', /works/);
    await page.locator('nav a[href="#chat"]').click();
    await sees(page, '#chat-model', /mini/);
    await say(page, '@@words=5');
    await sees(page, '#talk', /w0 w1 w2 w3 w4/);
    await sees(page, '#chat-said', /p · First word .*Total/);
    await say(page, '@@words=400 @@gap=50');
    await sees(page, '#talk .turn:last-child', /w3/);
    assert.ok(await page.locator('#send').isDisabled());
    await page.locator('#stop').click();
    await sees(page, '#chat-said', /stopped/);
    await until('the service to be left', async () => (await upstream.stats()).chat.open === 0);
    const was = await text(page, '#talk .turn:last-child');
    assert.ok(!was.includes('w399'));
    await say(page, 'and now?');
    await sees(page, '#talk .turn:last-child', /and now\?/);
    await axe(page);
    await page.locator('#fresh').click();
    assert.equal(await text(page, '#talk'), '');
    await done(page);
  });
  await suite.test('reasoning is folded; errors are told; markup is text', async () => {
    const page = await open(browser, gateway, { secret: BOSS });
    await page.locator('nav a[href="#chat"]').click();
    await sees(page, '#chat-model', /thinker/);
    await say(page, '@@reasoning=3 @@words=4', 'thinker');
    await sees(page, '#talk', /w0 w1 w2 w3/);
    assert.equal(await page.locator('#talk details').getAttribute('open'), null);
    await page.locator('#talk summary').click();
    await sees(page, '#talk details', /thought 0/);
    await sees(page, '#chat-said', /Tokens \d+ \+ \d+/);
    await say(page, '@@status=500');
    await sees(page, '#talk .bad', /Request failed: .*500/);
    await page.locator('#fresh').click();
    await say(page, '@@words=100 @@cut=5');
    await sees(page, '#talk .bad', /Request failed/);
    await page.locator('#fresh').click();
    await say(page, `${MARKUP}<script>pwned=1</script>`, MARKUP);
    await sees(page, '#talk .turn:last-child', /<img src=x onerror=pwned=1><script>/);
    assert.equal(await page.locator('main img, #talk script').count(), 0);
    await page.locator('#chat-key').fill('wrong');
    await say(page, 'hello');
    await sees(page, '#talk .bad', /does not know this key/);
    await done(page);
  });
}

async function inferences(suite, browser, gateway) {
  await suite.test('inferences as they come, with filters, and one in full', async () => {
    const page = await open(browser, gateway, { secret: BOSS, goes: '/#log' });
    await sees(page, '#log-list', /mini\s+complete[^\n]*200\s+p/);
    const fields = { authorization: `Bearer ${BOSS}` };
    await chat(gateway.port, 'mini', `look: ${MARKUP}`, {}, { fields });
    await chat(gateway.port, MARKUP, 'hello', {}, { fields });
    await sees(page, '#log-list tbody tr:first-child', /<img src=x onerror=pwned=1>/);
    await page.locator('#log-list tbody tr:first-child button').focus();
    const held = () => page.evaluate('document.activeElement.dataset.record');
    const record = await held();
    await chat(gateway.port, 'mini', `look: ${MARKUP}`, {}, { fields });
    await sees(page, '#log-list tbody tr:first-child', /mini/);
    assert.equal(await held(), record);
    await page.locator('#log-status').selectOption('502');
    await until('failed ones alone', async () => {
      const rows = await page.locator('#log-list tbody tr').allInnerTexts();
      return rows.length > 0 && rows.every((row) => row.includes('502'));
    }, 15000);
    await page.locator('#log-status').selectOption('');
    await page.locator('#log-model').selectOption('mini');
    await until('one model alone', async () => {
      const rows = await page.locator('#log-list tbody tr').allInnerTexts();
      return rows.length > 1 && rows.every((row) => row.includes('mini'));
    }, 15000);
    await axe(page);
    await page.locator('#log-list tbody tr:first-child button').click();
    await sees(page, '#one', /look: <img src=x onerror=pwned=1>/);
    await sees(page, '#one-facts', /boss/);
    await axe(page);
    await page.screenshot({ path: `${OUT}/run/page-one.png` });
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#one').isVisible(), false);
    assert.equal(await page.locator('img').count(), 0);
    await done(page);
  });
}

async function batches(suite, browser, gateway) {
  await suite.test('a file of requests is started, looked at, and its answers saved', async () => {
    const page = await open(browser, gateway, { secret: BOSS, goes: '/#batches' });
    const lines = [line('c0', 'mini', 'hello'), 'not JSON', line('c1', 'mini', '@@words=5'), line('c2', 'mini', MARKUP)].join('\n');
    await page.locator('#batch-file').setInputFiles({ name: 'asks.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(lines) });
    await page.locator('#batch-go').click();
    await sees(page, '#batches-list tbody tr:first-child', /done\s+3 \/ 4\s+1/, 30000);
    assert.equal(await page.locator('#batches-list progress').first().getAttribute('value'), '4');
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#batches-list button', { hasText: 'answers' }).first().click()]);
    const saved = readFileSync(await download.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(saved.map((one) => one.custom_id).sort(), ['c0', 'c1', 'c2']);
    await axe(page);
    await page.screenshot({ path: `${OUT}/run/page-batches.png`, fullPage: true });
    await done(page);
  });
  await suite.test('while one runs: a bar, how many a minute, the time left; and it can be cancelled', async () => {
    const page = await open(browser, gateway, { secret: BOSS, goes: '/#batches' });
    const first = '#batches-list tbody tr:first-child';
    const lines = Array.from({ length: 400 }, (_, i) => line(`slow-${i}`, 'mini', '@@delay=500 hi')).join('\n');
    await page.locator('#batch-file').setInputFiles({ name: 'slow.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(lines) });
    await page.locator('#batch-go').click();
    await sees(page, first, /under way\s+\d+ \/ 400\s+0\s+[1-9]\d*\s+\d+ (s|min)/, 40000);
    const bar = page.locator(`${first} progress`);
    const value = Number(await bar.getAttribute('value'));
    assert.deepEqual([await bar.getAttribute('max'), value > 0 && value < 400], ['400', true], `${value}`);
    await page.locator(`${first} button`, { hasText: 'Cancel' }).click();
    await sees(page, first, /cancelled\s+\d+ \/ 400/);
    await done(page);
  });
}

async function looks(suite, browser, gateway) {
  for (const [name, options] of [['dark, narrow', { colorScheme: 'dark', viewport: { width: 360, height: 740 }, locale: 'zh-CN' }],
    ['light, narrow', { colorScheme: 'light', viewport: { width: 360, height: 740 } }],
    ['dark', { colorScheme: 'dark' }]]) {
    await suite.test(`${name}: everything fits, nothing to complain of`, async () => {
      const page = await open(browser, gateway, { secret: BOSS, ...options });
      await sees(page, '#services', /mini/);
      for (const part of ['box', 'models', 'chat', 'log', 'batches']) {
        await page.locator(`nav a[href="#${part}"]`).click();
        await until(part, async () => ['chat', 'batches'].includes(part) || /mini/.test(await text(page, `#${part}`)));
        const [all, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(all <= seen, `${part} is ${all} wide, ${seen} are seen`);
        await axe(page);
        await page.screenshot({ path: `${OUT}/run/page-${name.replace(', ', '-')}-${part}.png`, fullPage: true });
      }
      await done(page);
    });
  }
  await suite.test('English and Chinese: the browser’s, or the one that is chosen', async () => {
    const page = await open(browser, gateway, { secret: BOSS, locale: 'zh-CN' });
    await sees(page, 'nav', /本机\s+模型\s+对话\s+推理记录\s+批处理/);
    assert.equal(await page.evaluate('document.documentElement.lang'), 'zh');
    await page.locator('#lang').selectOption('en');
    await sees(page, 'nav', /Box\s+Models\s+Chat\s+Inferences\s+Batches/);
    await page.reload();
    await sees(page, 'nav', /Box/);
    const missing = await page.evaluate(() => [Object.keys(WORDS.en).filter((name) => !(name in WORDS.zh)),
      Object.keys(WORDS.zh).filter((name) => !(name in WORDS.en))].flat());
    assert.deepEqual(missing, []);
    await done(page);
  });
}

async function underLoad(suite, browser, gateway, upstream) {
  await suite.test('it stays right while 64 streams run', async () => {
    const page = await open(browser, gateway, { secret: BOSS });
    const wires = await Promise.all(Array.from({ length: 64 }, () => Wire.open(gateway.port)));
    const fields = { authorization: `Bearer ${BOSS}`, connection: 'close' };
    const body = chatBody('mini', '@@words=1000 @@gap=50', { stream: true });
    const answers = wires.map((wire) => wire.send(request('POST', CHAT, { body, fields })).answer({ ms: 50000 }));
    await sees(page, '#pools', /\nrequests\s+64\s+64/);
    await sees(page, '#facts', /Chats under way\s+64/);
    await say(page, '@@words=6');
    await sees(page, '#talk', /w0 w1 w2 w3 w4 w5/);
    await upstream.control({ hurry: true });
    const ends = await Promise.all(answers);
    await upstream.reset();
    assert.ok(ends.every(({ status, text: said }) => status === 200 && said.includes('[DONE]')));
    await page.locator('nav a[href="#log"]').click();
    await sees(page, '#log-said', /^50 shown/);
    await page.locator('#older').click();
    await sees(page, '#log-said', /^([6-9]\d|1\d\d) shown/);
    await page.locator('nav a[href="#box"]').click();
    await sees(page, '#pools', /\nrequests\s+0\s+65/);
    await page.screenshot({ path: `${OUT}/run/page-after.png`, fullPage: true });
    await done(page);
    wires.forEach((wire) => wire.end());
  });
}

async function elsewhere(suite, browser, upstream) {
  await suite.test('under a base path, without keys, and when the gateway is gone', async () => {
    const gateway = await Gateway.start(own(upstream), { env: KEY, gateway: 'base_path = "/ai"' });
    const page = await open(browser, gateway, { goes: '/ai' });
    await sees(page, '#services', /mini/);
    await page.locator('nav a[href="#chat"]').click();
    await sees(page, '#chat-model', /mini/);
    await say(page, 'hello');
    await sees(page, '#talk .turn:last-child', /hello/);
    for (let i = 0; i < 5; i++) {
      const { status } = await once(gateway.port, 'POST', `/ai${CHAT}`, { body: chatBody('trial', '@@status=500') });
      assert.equal(status, 502);
    }
    await page.locator('nav a[href="#box"]').click();
    await sees(page, '#services', /p\s+trial\s+open: passed over/);
    await gateway.stop();
    await sees(page, '#trouble', /does not answer/);
    await done(page);
  });
}

export default async function all(suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(own(upstream) + CONTENT + KEYS, { env: KEY });
  await answered(suite, gateway);
  if (BROWSER || process.env.MOONGATE_ALL) {
    const { chromium } = require('playwright-core');
    axe.source = require('axe-core').source;
    const browser = await chromium.launch({ executablePath: BROWSER, args: QUIET });
    try {
      await loads(suite, browser, gateway);
      await keys(suite, browser, gateway);
      await models(suite, browser, gateway);
      await chats(suite, browser, gateway, upstream);
      await inferences(suite, browser, gateway);
      await batches(suite, browser, gateway);
      await looks(suite, browser, gateway);
      await underLoad(suite, browser, gateway, upstream);
      await elsewhere(suite, browser, upstream);
    } finally {
      await browser.close();
    }
  } else {
    suite.skip('the page in a browser', 'no Chromium is here (MOONGATE_ALL=1 brings it)');
  }
  await gateway.stop();
  await upstream.stop();
}
