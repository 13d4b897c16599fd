// HTTP that is broken on purpose, above all so that two programs would see different requests in it. Each shape
// is sent at once and byte by byte; it gets one answer, of the status that stands here, and the connection is
// closed. None may reach the service, least of all the request that is hidden in most of them.
import assert from 'node:assert/strict';
import { Gateway, Upstream, model } from './harness.mjs';
import { CHAT, Wire, chatBody, request } from './wire.mjs';

const HIDDEN = request('POST', CHAT, { body: chatBody('mini', 'hidden') }).toString('latin1');
const BODY = chatBody('mini', 'open');
const DRIP_BYTES = 1200; // longer ones are sent at once alone

const post = (lines, body = '') => `POST ${CHAT} HTTP/1.1\r\nhost: localhost\r\n`
  + `content-type: application/json\r\n${lines}\r\n\r\n${body}`;
const chunks = (body) => post('transfer-encoding: chunked', body);
const get = (lines) => `GET /health HTTP/1.1\r\nhost: localhost\r\n${lines}\r\n\r\n${HIDDEN}`;
const line = (first, host = 'host: localhost\r\n') => `${first}\r\n${host}\r\n${HIDDEN}`;
const named = (host) => `GET /health HTTP/1.1\r\n${host}\r\n\r\n${HIDDEN}`;
const lengths = (...values) => post(values.map((value) => `content-length: ${value}`).join('\r\n'), `{}${HIDDEN}`);
const coding = (...values) => post(values.map((value) => `transfer-encoding: ${value}`).join('\r\n'),
  `0\r\n\r\n${HIDDEN}`);
const chunk = `${BODY.length.toString(16)}`;
const flood = (count, text) => Array.from({ length: count }, (_, i) => text(i)).join('');

// [status, what, bytes]
const FRAMING = [
  [400, 'a length and chunks', post('content-length: 5\r\ntransfer-encoding: chunked', `0\r\n\r\n${HIDDEN}`)],
  [400, 'chunks and a length', post('transfer-encoding: chunked\r\ncontent-length: 5', `0\r\n\r\n${HIDDEN}`)],
  [400, 'chunks and a length of 0', post('transfer-encoding: chunked\r\ncontent-length: 0', `0\r\n\r\n${HIDDEN}`)],
  [400, 'the same length twice', lengths(2, 2)],
  [400, 'two lengths, the first less', lengths(2, 2 + HIDDEN.length)],
  [400, 'two lengths, the first more', lengths(2 + HIDDEN.length, 2)],
  [400, 'a list of equal lengths', lengths('2, 2')],
  [400, 'a list with an empty length', lengths('2,')],
  [400, 'two lengths with a space', lengths('2 2')],
  [400, 'a length with a semicolon', lengths('2;')],
  [400, 'a length with a fraction', lengths('2.0')],
  [400, 'a length with an exponent', lengths('2e0')],
  [400, 'a length with a sign', lengths('+2')],
  [400, 'a negative length', lengths('-2')],
  [400, 'a length of minus 0', lengths('-0')],
  [400, 'a length in hexadecimal', lengths('0x2')],
  [400, 'a length in quotes', lengths('"2"')],
  [400, 'a length with an underscore', lengths('1_0')],
  [400, 'a length with a NUL', lengths('2\0')],
  [400, 'a length with a vertical tab', lengths('2\v')],
  [400, 'a length with a form feed', lengths('\f2')],
  [400, 'a length in other digits', Buffer.from(lengths('\u0662'))],
  [413, 'a length that is 2 in 32 bits', lengths('4294967298')],
  [413, 'a length that is 2 in 64 bits', lengths('18446744073709551618')],
  [400, 'a space before the length\'s colon', post('content-length : 2', `{}${HIDDEN}`)],
  [400, 'a tab before the length\'s colon', post('content-length\t: 2', `{}${HIDDEN}`)],
  [400, 'a length on a folded line', post('content-length:\r\n 2', `{}${HIDDEN}`)],
  [400, 'a second length behind a bare CR', post('content-length: 2\rcontent-length: 9', `{}${HIDDEN}`)],
  [400, 'a length behind a bare LF', post('x: y\ncontent-length: 2', `{}${HIDDEN}`)],
  [411, 'an underscore in its name', post('content_length: 2', `{}${HIDDEN}`)],
  [411, 'neither length nor chunks', post('x: y', HIDDEN)],
  [411, 'TE is no framing', post('te: chunked', `0\r\n\r\n${HIDDEN}`)],
  [411, 'an underscore in the coding\'s name', post('transfer_encoding: chunked', `0\r\n\r\n${HIDDEN}`)],
  [400, 'chunked twice in a list', coding('chunked, chunked')],
  [400, 'chunked in two fields', coding('chunked', 'chunked')],
  [501, 'chunked and identity', coding('identity, chunked')],
  [501, 'a coding that begins like chunked', coding('chunkedx')],
  [501, 'a coding that ends like chunked', coding('xchunked')],
  [501, 'chunked with a dash', coding('chunked-x')],
  [501, 'identity alone', coding('identity')],
  [501, 'gzip below chunked', coding('gzip, chunked')],
  [400, 'no coding', coding('')],
  [400, 'a coding with a vertical tab', coding('\vchunked')],
  [400, 'a coding with a NUL', coding('chunked\0')],
  [400, 'a coding with a bare CR', coding('\rchunked')],
  [400, 'a coding on a folded line', coding('\r\n chunked')],
  [400, 'a coding on a line folded by a tab', coding('\r\n\tchunked')],
  [400, 'a space before the coding\'s colon', post('transfer-encoding : chunked', `0\r\n\r\n${HIDDEN}`)],
  [400, 'a NUL in the coding\'s name', post('transfer-encoding\0: chunked', `0\r\n\r\n${HIDDEN}`)],
  [400, 'chunks in HTTP/1.0', coding('chunked').replace('HTTP/1.1', 'HTTP/1.0')],
];

const CHUNKS = [
  [400, 'no size', chunks(`\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size with a sign', chunks(`+${chunk}\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a negative size', chunks(`-${chunk}\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size of minus 0', chunks(`-0\r\n\r\n${HIDDEN}`)],
  [400, 'a size with 0x', chunks(`0x${chunk}\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a space before the size', chunks(` ${chunk}\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size with an underscore', chunks(`1_0\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size with a comma', chunks(`${chunk},\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size with a point', chunks(`${chunk}.0\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size with a NUL', chunks(`${chunk}\0\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size that is no number', chunks(`hello\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size of 16 digits, zeros in front', chunks(`${chunk.padStart(16, '0')}\r\n${BODY}\r\n0\r\n\r\n`)],
  [400, 'a size that is small in 64 bits', chunks(`1${chunk.padStart(16, '0')}\r\n${BODY}\r\n0\r\n\r\n`)],
  [400, 'a size of all ones', chunks(`ffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`)],
  [400, 'a size that is small in 32 bits', chunks(`1${chunk.padStart(8, '0')}\r\n${BODY}\r\n0\r\n\r\n`)],
  [400, 'a size that ends in LF', chunks(`${chunk}\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size that ends in CR', chunks(`${chunk}\r${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a size that ends in CR CR LF', chunks(`${chunk}\r\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'an extension that ends in LF', chunks(`${chunk};a=b\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'an extension with a bare CR', chunks(`${chunk};a\rb\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'an extension with a NUL', chunks(`${chunk};a=\0\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'an extension of 20,000 bytes', chunks(`${chunk};${'a'.repeat(20000)}\r\n${BODY}\r\n0\r\n\r\n`)],
  [400, 'a thousand extensions of 20 bytes', chunks(`${flood(1000, () => `1;${'b'.repeat(20)}\r\n \r\n`)}0\r\n\r\n`)],
  [400, 'data without its line end', chunks(`${chunk}\r\n${BODY}0\r\n\r\n${HIDDEN}`)],
  [400, 'data that ends in LF', chunks(`${chunk}\r\n${BODY}\n0\r\n\r\n${HIDDEN}`)],
  [400, 'data that ends in CR', chunks(`${chunk}\r\n${BODY}\r0\r\n\r\n${HIDDEN}`)],
  [400, 'data that ends in LF CR', chunks(`${chunk}\r\n${BODY}\n\r0\r\n\r\n${HIDDEN}`)],
  [400, 'data longer than its size', chunks(`${chunk}\r\n${BODY}}\r\n0\r\n\r\n${HIDDEN}`)],
  [400, 'a last chunk that ends in LF', chunks(`${chunk}\r\n${BODY}\r\n0\n\r\n${HIDDEN}`)],
  [400, 'a body that ends in LF', chunks(`${chunk}\r\n${BODY}\r\n0\r\n\n${HIDDEN}`)],
  [400, 'a last chunk with a sign', chunks(`${chunk}\r\n${BODY}\r\n+0\r\n\r\n${HIDDEN}`)],
  [400, 'a trailer without a colon', chunks(`${chunk}\r\n${BODY}\r\n0\r\nx\r\n\r\n${HIDDEN}`)],
  [400, 'a trailer with a space before its colon', chunks(`${chunk}\r\n${BODY}\r\n0\r\nx : y\r\n\r\n${HIDDEN}`)],
  [400, 'a trailer on a folded line', chunks(`${chunk}\r\n${BODY}\r\n0\r\nx: y\r\n z\r\n\r\n${HIDDEN}`)],
  [400, 'a trailer without a name', chunks(`${chunk}\r\n${BODY}\r\n0\r\n: y\r\n\r\n${HIDDEN}`)],
  [400, 'a trailer with a NUL', chunks(`${chunk}\r\n${BODY}\r\n0\r\nx: \0\r\n\r\n${HIDDEN}`)],
  [400, 'a trailer with a bare CR', chunks(`${chunk}\r\n${BODY}\r\n0\r\nx: a\rb\r\n\r\n${HIDDEN}`)],
  [400, 'a trailer that ends in LF', chunks(`${chunk}\r\n${BODY}\r\n0\r\nx: y\n\r\n${HIDDEN}`)],
  [400, 'a second request as trailers', chunks(`${chunk}\r\n${BODY}\r\n0\r\n${HIDDEN}`)],
  [431, 'trailers of 10,000 bytes', chunks(`${chunk}\r\n${BODY}\r\n0\r\n${flood(500, (i) => `x-${i}: ${'y'.repeat(12)}\r\n`)}\r\n`)],
];

const LINES = [
  [400, 'two spaces behind the method', line('GET  /health HTTP/1.1')],
  [400, 'two spaces before the version', line('GET /health  HTTP/1.1')],
  [400, 'a space behind the version', line('GET /health HTTP/1.1 ')],
  [400, 'a space before the method', line(' GET /health HTTP/1.1')],
  [400, 'tabs instead of spaces', line('GET\t/health\tHTTP/1.1')],
  [400, 'a vertical tab instead of a space', line('GET\v/health HTTP/1.1')],
  [400, 'a NUL in the method', line('GE\0T /health HTTP/1.1')],
  [400, 'a colon in the method', line('GET: /health HTTP/1.1')],
  [400, 'a method in brackets', line('(GET) /health HTTP/1.1')],
  [400, 'no method', line('/health HTTP/1.1')],
  [400, 'no target', line('GET HTTP/1.1')],
  [400, 'an empty target', line('GET  HTTP/1.1')],
  [400, 'a target without a slash', line('GET health HTTP/1.1')],
  [400, 'a target with a space', line('GET /he alth HTTP/1.1')],
  [400, 'a target with a NUL', line('GET /health\0 HTTP/1.1')],
  [400, 'a target with a control character', line('GET /health\x01 HTTP/1.1')],
  [400, 'a target with DEL', line('GET /health\x7f HTTP/1.1')],
  [400, 'a target beyond ASCII', Buffer.from(line('GET /h\u00e9 HTTP/1.1'))],
  [400, 'a target with a bare CR', line('GET /health\rx HTTP/1.1')],
  [400, 'a target with a fragment', line('GET /health#x HTTP/1.1')],
  [400, 'an asterisk for GET', line('GET * HTTP/1.1')],
  [501, 'CONNECT with an authority', line('CONNECT localhost:80 HTTP/1.1')],
  [400, 'an absolute target without a host', line('GET http:///health HTTP/1.1')],
  [400, 'an absolute target with a user', line('GET http://a@localhost/health HTTP/1.1')],
  [400, 'an absolute target of another scheme', line('GET ftp://localhost/health HTTP/1.1')],
  [400, 'an absolute target with a bad port', line('GET http://localhost:8x/health HTTP/1.1')],
  [400, 'no version', line('GET /health')],
  [400, 'a version without a minor', line('GET /health HTTP/1')],
  [400, 'a version with an empty minor', line('GET /health HTTP/1.')],
  [400, 'a version of three digits', line('GET /health HTTP/1.10')],
  [400, 'a version with a zero in front', line('GET /health HTTP/01.1')],
  [400, 'a version in small letters', line('GET /health http/1.1')],
  [400, 'a version with a space', line('GET /health HTTP /1.1')],
  [400, 'something behind the version', line('GET /health HTTP/1.1x')],
  [400, 'another protocol', line('GET /health HTCPCP/1.0')],
  [505, 'HTTP/0.9', line('GET /health HTTP/0.9')],
  [505, 'HTTP/2.0', line('GET /health HTTP/2.0')],
  [505, 'the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  [400, 'a line that ends in LF', `GET /health HTTP/1.1\nhost: localhost\r\n\r\n${HIDDEN}`],
  [400, 'a line that ends in CR', `GET /health HTTP/1.1\rhost: localhost\r\n\r\n${HIDDEN}`],
  [400, 'a head that ends in LF', `GET /health HTTP/1.1\r\nhost: localhost\r\n\n${HIDDEN}`],
  [400, 'LF for every line end', `GET /health HTTP/1.1\nhost: localhost\n\n${HIDDEN}`],
];

const FIELDS = [
  [400, 'a first field that is folded', `GET /health HTTP/1.1\r\n host: localhost\r\n\r\n${HIDDEN}`],
  [400, 'a fold of white space alone', get('x: y\r\n  ')],
  [400, 'a fold by a tab', get('x: y\r\n\tz')],
  [400, 'a folded host', `GET /health HTTP/1.1\r\nhost:\r\n localhost\r\n\r\n${HIDDEN}`],
  [400, 'a field without a colon', get('x')],
  [400, 'a field without a name', get(': y')],
  [400, 'a space in a name', get('x y: z')],
  [400, 'a space before the colon', get('x : y')],
  [400, 'a tab before the colon', get('x\t: y')],
  [400, 'a NUL in a name', get('x\0: y')],
  [400, 'a control character in a name', get('x\x01: y')],
  [400, 'DEL in a name', get('x\x7f: y')],
  [400, 'a name beyond ASCII', Buffer.from(get('x\u00e9: y'))],
  [400, 'a name in quotes', get('"x": y')],
  [400, 'a name with a bracket', get('x[: y')],
  [400, 'a name with a slash', get('x/y: z')],
  [400, 'a name with an at', get('x@y: z')],
  [400, 'a NUL in a value', get('x: a\0b')],
  [400, 'a control character in a value', get('x: a\x01b')],
  [400, 'DEL in a value', get('x: a\x7fb')],
  [400, 'a bare CR in a value', get('x: a\rb')],
  [400, 'a value that ends in CR CR LF', get('x: a\r')],
  [400, 'a bare LF in a value', get('x: a\nb')],
  [400, 'a second request behind a bare CR', get(`x: a\r\rGET /health HTTP/1.1`)],
  [431, 'ten thousand fields', get(flood(10000, (i) => `x${i}:y\r\n`) + 'x:y')],
  [431, '101 fields', get(flood(100, (i) => `x${i}:y\r\n`).slice(0, -2))],
  [431, 'one field without an end', get(`x: ${'y'.repeat(40000)}`)],
  [431, 'a name without an end', get(`${'x'.repeat(40000)}: y`)],
  [414, 'a line without an end', line(`GET /${'x'.repeat(40000)} HTTP/1.1`)],
  [400, 'two Authorization fields', get('authorization: Bearer a\r\nauthorization: Bearer a')],
  [400, 'two X-Api-Key fields', get('x-api-key: a\r\nx-api-key: b')],
  [400, 'two Origin fields', get('origin: http://localhost\r\norigin: http://localhost')],
  [400, 'two Content-Type fields', post('content-type: application/json\r\ncontent-length: 2', `{}${HIDDEN}`)],
  [415, 'a content coding', post('content-encoding: gzip\r\ncontent-length: 2', `{}${HIDDEN}`)],
  [417, 'an expectation beside 100-continue', post('expect: 100-continue, more\r\ncontent-length: 2', `{}${HIDDEN}`)],
];

const HOSTS = [
  [400, 'no host', `GET /health HTTP/1.1\r\nx: y\r\n\r\n${HIDDEN}`],
  [400, 'an empty host', named('host:')],
  [400, 'the same host twice', named('host: localhost\r\nhost: localhost')],
  [400, 'two hosts', named('host: localhost\r\nhost: evil.example.com')],
  [400, 'a space before the host\'s colon', named('host : localhost')],
  [400, 'a list of hosts', named('host: localhost, localhost')],
  [400, 'a host with a space', named('host: local host')],
  [400, 'a host with a path', named('host: localhost/health')],
  [400, 'a host with a query', named('host: localhost?x')],
  [400, 'a host with a fragment', named('host: localhost#x')],
  [400, 'a host with a user', named('host: a@localhost')],
  [400, 'a host with a backslash', named('host: localhost\\x')],
  [400, 'a host with a scheme', named('host: http://localhost')],
  [400, 'a port alone', named('host: :3000')],
  [400, 'a port with a letter', named('host: localhost:3000x')],
  [400, 'a port with a sign', named('host: localhost:+80')],
  [400, 'two ports', named('host: localhost:80:80')],
  [400, 'a bracket that is not closed', named('host: [::1')],
  [400, 'something behind the brackets', named('host: [::1]x')],
  [400, 'IPv6 without brackets', named('host: ::1')],
];

const GROUPS = { framing: FRAMING, chunks: CHUNKS, lines: LINES, fields: FIELDS, hosts: HOSTS };

async function drip(wire, bytes) {
  for (const byte of Buffer.from(bytes, 'latin1')) {
    if (wire.ended || wire.buffer.length > 0) {
      return;
    }
    wire.send(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
}

// One answer of that status, and then the close.
async function refused(port, status, bytes, slowly) {
  const wire = await Wire.open(port);
  if (slowly) {
    await drip(wire, bytes);
  } else {
    wire.send(Buffer.from(bytes, 'latin1'));
  }
  const answer = await wire.answer();
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.connection, 'close');
  await wire.closed();
  wire.end();
}

// [answers, what, bytes]: what is allowed, or begins well. The service gets what is open in it, once each.
const ALLOWED = [
  [[200], 'a length with white space around', post(`content-length: \t ${BODY.length} \t`, BODY)],
  [[200], 'a length with zeros in front', post(`content-length: 000${BODY.length}`, BODY)],
  [[200], 'Chunked in large letters', post('Transfer-Encoding: CHUNKED', `${chunk}\r\n${BODY}\r\n0\r\n\r\n`)],
  [[200], 'a size in large letters, zeros in front',
    chunks(`000${chunk.toUpperCase()}\r\n${BODY}\r\n00\r\n\r\n`)],
  [[200], 'extensions and trailers', chunks(`${chunk};a;b="c d"\r\n${BODY}\r\n0;e\r\nx: y\r\ncontent-length: 9\r\n\r\n`)],
  [[200, 400], 'garbage behind', post(`content-length: ${BODY.length}`, `${BODY}\0\0\0\r\n\r\n`)],
  [[200, 400], 'a TLS hello behind', post(`content-length: ${BODY.length}`, `${BODY}\x16\x03\x01\x02\0\x01\r\n\r\n`)],
  [[200, 400], 'a length that is too small', post(`content-length: ${BODY.length}`, `${BODY}}\r\n\r\n`)],
  [[200, 400], 'a broken head behind', post(`content-length: ${BODY.length}`,
    `${BODY}GET /health HTTP/1.1\r\nhost : localhost\r\n\r\n`)],
  [[421, 200], 'a host that is not ours, then a good request', named('host: evil.example.com')],
  [[421, 200], 'one that begins like ours', named('host: localhost.evil.example.com')],
  [[421, 200], 'an absolute target elsewhere, a host that is ours', line('GET http://evil.example.com/health HTTP/1.1')],
  [[200, 200], 'a request behind chunks', chunks(`${chunk}\r\n${BODY}\r\n0\r\n\r\n${get('x: y').split(HIDDEN)[0]}`)],
];

async function allowed(port, answers, bytes, slowly) {
  const wire = await Wire.open(port);
  const text = Buffer.from(bytes, 'latin1');
  for (let at = 0; at < text.length; at += slowly ? 1 : text.length) {
    wire.send(text.subarray(at, slowly ? at + 1 : text.length));
    await new Promise(setImmediate);
  }
  for (const status of answers) {
    const answer = await wire.answer();
    assert.equal(answer.status, status, answer.text);
  }
  if (answers.at(-1) >= 400) {
    await wire.closed();
  }
  if (answers.at(-1) < 400) {
    await wire.open();
  }
  assert.equal(wire.buffer.length, 0);
  wire.end();
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(model('mini', upstream, { id: 'gpt-4.1-mini' }));
  for (const [group, rows] of Object.entries(GROUPS)) {
    await suite.table(rows, ([status, what]) => `${group}: ${status} for ${what}`,
      ([status, , bytes]) => refused(gateway.port, status, bytes, false));
    await suite.test(`${group}: the same byte by byte`, async () => {
      for (const [status, what, bytes] of rows.filter((row) => row[2].length <= DRIP_BYTES)) {
        await refused(gateway.port, status, bytes, true).catch((error) => {
          throw new Error(`${what}: ${error.message}`);
        });
      }
    });
  }
  await suite.test('there are 150 shapes at the least, and none has reached the service', async () => {
    const count = Object.values(GROUPS).flat().length;
    assert.ok(count >= 150, `${count}`);
    assert.equal((await upstream.stats()).requests.chat, 0);
    return `${count}`;
  });
  for (const slowly of [false, true]) {
    await suite.table(ALLOWED, ([answers, what]) => `${answers.join(', ')} for ${what}${slowly ? ', slowly' : ''}`,
      async ([answers, , bytes]) => {
        await upstream.reset();
        await allowed(gateway.port, answers, bytes, slowly);
        assert.equal((await upstream.stats()).requests.chat, 1);
      });
  }
  await gateway.stop();
  await upstream.stop();
}
