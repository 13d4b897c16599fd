// JSON in a request's body: what RFC 8259 forbids is a 400 that the service never sees, what it allows passes.
// Each text stands where a member's value may, and where it makes sense as a message's content too.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, model, relay } from './harness.mjs';
import { CHAT, chatBody, isError, once } from './wire.mjs';

const GOOD = chatBody('mini', 'hi');
const bytes = (...parts) => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part)
  : Buffer.from(part))));
const member = (value) => bytes(GOOD.slice(0, -1), ',"x":', value, '}');
const string = (...inside) => bytes('"', ...inside, '"');
const nest = (depth, open, close, inside = '') => open.repeat(depth) + inside + close.repeat(depth);

const FORBIDDEN_VALUES = [
  // numbers
  '-', '+1', '++1', '-01', '01', '00', '012', '0x1', '0x', '1x', '.5', '-.5', '1.', '-1.', '1.e1', '1e', '1E', '1e+', '1e-',
  '1e1.5', '1e+-1', '1ee1', '1eE2', '1.2.3', '1 2', '1,000', '1_000', '1f', '1L', '0b1', 'Infinity', '-Infinity', 'NaN',
  '-NaN', 'inf', '-foo', '- 1', '\uff11', '0e', '0e+', '-2.', '2.e3', '2.e-3', '1/2', '9.3e+',
  // words
  'nul', 'nulll', 'Null', 'NULL', 'tru', 'True', 'truee', 'fals', 'False', 'undefined', 'yes', 'a', 'null null', 'true1',
  // strings
  '"', '"a', '\'a\'', '"a" "b"', '"\\', '"\\"', '"\\a"', '"\\x41"', '"\\0"', '"\\\'"', '"\\ "', '"\\u"', '"\\u1"',
  '"\\u12"', '"\\u123"', '"\\u123g"', '"\\uD834\\u"', '"\\uD834\\uD"', '"\\U0041"', '"\\u{41}"', '"a\nb"', '"a\tb"', '"a\rb"',
  '"\u0000"', '"\u0001"', '"\u001f"', '"\\\u0000"', '"\\\u00e9"', '\\u0022a\\u0022', '`a`', '\u201ca\u201d', 'a"b"',
  // arrays
  '[', ']', '[1', '[1,', '[,', '[,]', '[1,]', '[1,,2]', '[,1]', '[1 2]', '[1:2]', '["a":1]', '[1]]', '[[1]', '[1}', '[1;2]',
  '[a]', '[1,\n', '[""', '["a', '[1]x', '[\u000b]', '[\u00a0]', '[\u2060]', '[*]', '[3[4]]', '[/**/]', '[1//\n]', '[#\n]',
  // objects
  '{', '}', '{}}', '{,}', '{"a"}', '{"a":}', '{"a",1}', '{"a":1,}', '{"a":1,,"b":2}', '{,"a":1}', '{"a":1 "b":2}', '{a:1}',
  '{\'a\':1}', '{1:1}', '{null:1}', '{"a"::1}', '{"a":1:2}', '{"a":1', '{"a"', '{"a":', '{"a":1]', '{:1}', '{"a" 1}', '{[1]:1}',
  '{"a":"b"/**/}', '{"a":1}{}', '{"a":1;}', '{"a":"b",#\n}', '{"a"=1}', '{"a":1,"b"}',
  // white space that is none
  '\u000b1', '\u000c1', '\u00a01', '\u20281', '\u30001', '\ufeff1', '1\u0000', '1\u0085',
].map((text) => [JSON.stringify(text), member(text)]);

const FORBIDDEN_BYTES = [
  ['a lone continuation', [0x80]], ['the last continuation', [0xbf]], ['a start of two alone', [0xc3]],
  ['a start of two, then ASCII', [0xc3, 0x28]], ['a start of three, one behind', [0xe2, 0x82]],
  ['a start of three, then ASCII', [0xe2, 0x28, 0xa1]], ['a start of four, two behind', [0xf0, 0x9d, 0x84]],
  ['a start of four, then ASCII', [0xf0, 0x28, 0x8c, 0xbc]], ['an overlong NUL', [0xc0, 0x80]],
  ['an overlong slash', [0xc0, 0xaf]], ['an overlong DEL', [0xc1, 0xbf]], ['an overlong of three', [0xe0, 0x80, 0xaf]],
  ['an overlong quote of three', [0xe0, 0x80, 0xa2]], ['an overlong of four', [0xf0, 0x80, 0x80, 0xaf]],
  ['the first surrogate', [0xed, 0xa0, 0x80]], ['the last surrogate', [0xed, 0xbf, 0xbf]],
  ['a pair of surrogates', [0xed, 0xa0, 0xb4, 0xed, 0xb4, 0x9e]], ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
  ['far beyond Unicode', [0xf7, 0xbf, 0xbf, 0xbf]], ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['six bytes', [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]], ['FE', [0xfe]], ['FF', [0xff]], ['Latin-1', [0xe9]],
].flatMap(([what, some]) => [
  [`${what}, in a string`, member(string(some))],
  [`${what}, in a name`, member(bytes('{', string(some), ':1}'))],
  [`${what}, outside`, bytes(GOOD, some)],
]);

const FORBIDDEN_DOCUMENTS = [
  ['nothing', ''], ['white space', ' \t\r\n'], ['a byte order mark', '\ufeff'], ['one before the document', `\ufeff${GOOD}`],
  ['UTF-16', Buffer.from(GOOD, 'utf16le')], ['UTF-16 with its mark', Buffer.from(`\ufeff${GOOD}`, 'utf16le')],
  ['UTF-32', bytes(...[...GOOD].map((c) => [c.charCodeAt(0), 0, 0, 0]))],
  ['a NUL before', `\0${GOOD}`], ['a NUL behind', `${GOOD}\0`], ['two documents', GOOD + GOOD], ['a comma behind', `${GOOD},`],
  ['a brace behind', `${GOOD}}`], ['a word behind', `${GOOD} true`], ['a comment before', `/* */${GOOD}`],
  ['a comment behind', `${GOOD}// x`], ['a BOM behind', `${GOOD}\ufeff`], ['a form feed behind', `${GOOD}\f`],
  ['its last byte missing', GOOD.slice(0, -1)], ['its first byte missing', GOOD.slice(1)],
  ['65 arrays', member(nest(64, '[', ']'))], ['65 objects', member(nest(64, '{"a":', '}', '1'))],
  ['100,000 arrays', member(nest(100000, '[', ']'))], ['100,000 that are not closed', member('['.repeat(100000))],
  ['100,000 objects not closed', member('{"a":'.repeat(100000))], ['both by turns', member('[{"a":'.repeat(50000))],
];

// Names there twice: those that are read. They are compared as what they mean.
const TWICE = [
  ['model', GOOD.replace('{', '{"model":"mini",')],
  ['model, escaped', GOOD.replace('{', '{"m\\u006fdel":"mini",')],
  ['messages', GOOD.replace('{', '{"messages":[],')],
  ['stream', GOOD.replace('{', '{"stream":false,"stream":true,')],
  ['role', GOOD.replace('"role"', '"role":"system","role"')],
  ['content', GOOD.replace('"content"', '"content":"a","content"')],
  ['content, escaped', GOOD.replace('"content"', '"\\u0063ontent":"a","content"')],
];

const ALLOWED_VALUES = [
  // numbers
  '0', '-0', '1', '-1', '10', '123456789', '0.5', '-0.5', '0e1', '0E1', '0e+1', '0e-1', '1e5', '1E5', '1e+5', '1e-5', '1.5e10',
  '1.5E-10', '0.0', '-0.0', '1e400', '-1e400', '1e-400', '123123e100000', '0.4e00669999999999999999999999999999999999999',
  '100000000000000000000', '-237462374673276894279832749832423479823246327846', `0.${'0'.repeat(300)}1`, '9007199254740993',
  // words
  'true', 'false', 'null',
  // strings
  '""', '" "', '"a"', '"\\""', '"\\\\"', '"\\/"', '"/"', '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\u0022"', '"\\u005c"', '"\\uFFFF"',
  '"\\uffff"', '"\\u00e9"', '"\\uD834\\uDD1E"', '"\\ud834"', '"\\udd1e"', '"\\udd1e\\ud834"', '"\\ud834a"', '"\\ud834\\ud834\\udd1e"',
  '"\\uDBFF\\uDFFF"', '"\\\\u0041"', '"\\\\a"', '"\u007f"', '"\u00e9"', '"\u20ac"', '"\u{1d11e}"', '"\u{10ffff}"', '"\uffff"',
  '"\ufeff"', '"\ufdd0"', '"\u2028\u2029"', '"\u0080"', '"\u200b"', '"/* */"', '"// a"', '"[]{},:"', '"\'"', '"null"',
  // arrays
  '[]', '[ ]', '[1]', '[1,2]', '[1 , 2]', '[null]', '[[]]', '[[],[[]]]', '[1,"a",true,null,{},[]]', ' [1]', '[1] ', '[\n1\t,\r2 ]',
  // objects
  '{}', '{ }', '{"a":1}', '{"a":1,"b":2}', '{"":0}', '{"a":{}}', '{"a":[]}', '{"a":1,"a":2}', '{"a":1,"\\u0061":2}',
  '{"\\u0000":1}', '{"\\ud800":1}', '{ "a" : 1 , "b" : [ ] }', '{"a":{"b":{"c":{}}}}', '{"\u00e9":1}', '{"null":null}',
  nest(63, '[', ']'), nest(62, '{"a":', '}', '{}'), `[${'1,'.repeat(5000)}1]`, `"${'a'.repeat(50000)}"`, `{"${'a'.repeat(5000)}":1}`,
];

const ALLOWED_DOCUMENTS = [
  ['white space around', ` \t\r\n${GOOD} \t\r\n`],
  ['white space inside', JSON.stringify(JSON.parse(GOOD), null, ' \t ')],
  ['escaped names', GOOD.replace('"model"', '"\\u006d\\u006f\\u0064\\u0065\\u006c"')],
  ['members in any order', '{"messages":[{"content":"hi","role":"user"}],"model":"mini"}'],
  ['a content with every escape', GOOD.replace('"hi"', '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud834\\udd1e"')],
  ['a content with a lone surrogate', GOOD.replace('"hi"', '"\\ud800"')],
  ['a content of four bytes each', GOOD.replace('"hi"', `"${'\u{1f600}'.repeat(100)}"`)],
];

// The service gets the value byte for byte: what a client may say is not ours to change.
async function passes(port, upstream, value) {
  const answer = await once(port, 'POST', CHAT, { body: member(value) });
  assert.equal(answer.status, 200, answer.text);
  const { last } = (await upstream.stats()).chat;
  assert.ok(last.body.includes(`"x":${value}`), 'as it was');
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(relay('mini', upstream, { id: 'vendor/model:free' })
    + model('told', upstream, { id: 'gpt-4.1-mini' }), { env: KEY });
  const refused = async ([, body]) => isError(await once(gateway.port, 'POST', CHAT, { body }), 400,
    { type: 'invalid_request_error' });
  await suite.table([...FORBIDDEN_VALUES, ...FORBIDDEN_BYTES, ...FORBIDDEN_DOCUMENTS], ([what]) => `400 for ${what}`, refused);
  await suite.table(TWICE, ([what]) => `400 for ${what} twice`, refused);
  await suite.test('none of it has reached the service', async () => {
    const { requests } = await upstream.stats();
    assert.equal(requests.chat + (requests.openai ?? 0), 0, JSON.stringify(requests));
  });
  await suite.table(ALLOWED_VALUES, (value) => `passes: ${value.slice(0, 60)}`, (value) => passes(gateway.port, upstream, value));
  await suite.table(ALLOWED_DOCUMENTS, ([what]) => `passes: ${what}`, async ([, body]) => {
    const answer = await once(gateway.port, 'POST', CHAT, { body: body.replace('"mini"', '"told"') });
    assert.equal(answer.status, 200, answer.text);
  });
  await gateway.stop();
  await upstream.stop();
}
