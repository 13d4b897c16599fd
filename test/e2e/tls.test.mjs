// TLS to the service: both versions, resumption, a real bundle of authorities, and every bad certificate.
import assert from 'node:assert/strict';
import { CERTS, Gateway, Upstream, model, sleep } from './harness.mjs';
import { chat, isError } from './wire.mjs';

const ID = { id: 'gpt-4.1-mini' };
const ENOUGH = Array.from({ length: 100 }, (_, i) => `w${i}`).join(' ');

// [what, options of the stand-in, more of the provider, counter that must move]
const GOOD = [
  ['TLS 1.3', { args: ['--tls-min', '1.3'] }, '', 'tls13'],
  ['TLS 1.2', { args: ['--tls-max', '1.2'] }, '', 'tls12'],
  ['TLS 1.2 by tls_max', {}, 'tls_max = "1.2"\n', 'tls12'],
  ['TLS 1.3 where both can', {}, '', 'tls13'],
  ['TLS 1.3 with an RSA certificate', { cert: 'server-rsa', args: ['--tls-min', '1.3'] }, '', 'tls13'],
  ['TLS 1.2 with an RSA certificate', { cert: 'server-rsa', args: ['--tls-max', '1.2'] }, '', 'tls12'],
  ['TLS without tickets', { args: ['--no-tickets'] }, '', 'tls13'],
];

async function good(suite) {
  await suite.table(GOOD, ([what]) => `the same answer over ${what}`, async ([, options, more, counter]) => {
    const upstream = await Upstream.start(options);
    const gateway = await Gateway.start(model('m', upstream, { ...ID, more }));
    for (const stream of [false, true]) {
      const { said } = await chat(gateway.port, 'm', '@@words=100 @@split=100', { stream });
      assert.equal(said.text, ENOUGH);
    }
    const { handshakes } = await upstream.stats();
    assert.ok(handshakes[counter] > 0, JSON.stringify(handshakes));
    assert.equal(handshakes.tls12 > 0 && handshakes.tls13 > 0, false, 'one version alone');
    await gateway.stop();
    await upstream.stop();
  });
}

async function resumption(suite) {
  const rows = [['1.3', []], ['1.2', ['--tls-max', '1.2']]];
  await suite.table(rows, ([version]) => `TLS ${version}: sessions are resumed`, async ([, args]) => {
    const upstream = await Upstream.start({ args });
    const gateway = await Gateway.start(model('m', upstream, ID));
    for (let i = 0; i < 10; i++) {
      assert.equal((await chat(gateway.port, 'm', '@@close-after hi')).status, 200);
    }
    const { handshakes } = await upstream.stats();
    assert.ok(handshakes.resumed >= 8, JSON.stringify(handshakes));
    await gateway.stop();
    await upstream.stop();
  });
  await suite.test('a service that was restarted knows no session: no request fails', async () => {
    const first = await Upstream.start();
    const gateway = await Gateway.start(model('m', first, ID));
    await chat(gateway.port, 'm', 'hi');
    const { port } = first;
    await first.stop();
    await sleep(50);
    const second = await Upstream.start({ args: ['--listen', `127.0.0.1:${port}`] });
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200, gateway.log());
    await gateway.stop();
    await second.stop();
  });
}

// [certificate, the reason that the answer must name]
const BAD = [
  ['expired', /expired/i],
  ['notyet', /not (yet )?valid|future/i],
  ['othername', /name|host/i],
  ['selfsigned', /self-signed|not trusted|unknown|authority|CA\b/i],
  ['unknownca', /not trusted|unknown|authority|CA\b/i],
];

async function bad(suite) {
  await suite.table(BAD, ([cert]) => `502 for the certificate ${cert}`, async ([cert, reason]) => {
    const upstream = await Upstream.start({ cert });
    const gateway = await Gateway.start(model('m', upstream, ID));
    for (const stream of [false, true]) {
      const answer = await chat(gateway.port, 'm', 'hi', { stream });
      isError(answer, 502, { message: /^Request failed: .*certificate/i });
      assert.match(answer.said.error.message, reason);
    }
    assert.match(gateway.log(), /certificate/i);
    assert.equal((await upstream.stats()).requests.chat, 0, 'nothing was sent to it');
    assert.equal((await upstream.stats()).requests.models, 0, 'nothing was sent to it');
    await gateway.stop();
    await upstream.stop();
  });
  await suite.test('502 for a service that speaks plain HTTP where TLS is due', async () => {
    const upstream = await Upstream.start({ args: ['--plain'] });
    upstream.endpoint = upstream.endpoint.replace('http:', 'https:');
    const gateway = await Gateway.start(model('m', upstream, ID));
    isError(await chat(gateway.port, 'm', 'hi'), 502, { message: /TLS/i });
    await gateway.stop();
    await upstream.stop();
  });
  await suite.test('never a fall to TLS 1.2 where tls_max allows 1.2 alone and the service 1.3', async () => {
    const upstream = await Upstream.start({ args: ['--tls-min', '1.3'] });
    const gateway = await Gateway.start(model('m', upstream, { ...ID, more: 'tls_max = "1.2"\n' }));
    isError(await chat(gateway.port, 'm', 'hi'), 502, { message: /TLS/i });
    await gateway.stop();
    await upstream.stop();
  });
}

async function anchors(suite) {
  await suite.test('the authority is found among others in a bundle', async () => {
    const upstream = await Upstream.start();
    const gateway = await Gateway.start(model('m', upstream, ID), { ca: `${CERTS}/bundle.pem` });
    assert.equal((await chat(gateway.port, 'm', 'hi')).status, 200, gateway.log());
    await gateway.stop();
    await upstream.stop();
  });
  await suite.test('http:// to a loopback address needs no TLS', async () => {
    const upstream = await Upstream.start({ args: ['--plain'] });
    const gateway = await Gateway.start(model('m', upstream, ID));
    assert.equal((await chat(gateway.port, 'm', 'hi')).said.text, 'You said: hi');
    await gateway.stop();
    await upstream.stop();
  });
}

export default async function (suite) {
  await good(suite);
  await resumption(suite);
  await bad(suite);
  await anchors(suite);
}
