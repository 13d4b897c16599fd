// What a person types: curl, as the README has it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Gateway, Upstream, model } from './harness.mjs';

const body = (content, more) => JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more });

function curl(...args) {
  const { status, stdout, stderr } = spawnSync('curl', ['-sS', '-m', '10', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

// [what, arguments behind the address, body, exit status, what is printed]
const CALLS = [
  ['a chat, whole', [], body('Hello, moon'), 0, /"content":"You said: Hello, moon"/],
  ['a chat, streamed with -N', ['-N'], body('Hello', { stream: true }), 0, /^data: \{[^]*data: \[DONE\]\n\n$/],
  ['HTTP/1.0', ['-0'], body('Hello'), 0, /"content":"You said: Hello"/],
  ['a body from a pipe, chunked', ['-H', 'Transfer-Encoding: chunked'], body('Hello'), 0, /You said: Hello/],
  ['Expect: 100-continue', ['-H', 'Expect: 100-continue'], body('x'.repeat(50000)), 0, /xxxx/],
  ['--compressed is not needed', ['--compressed'], body('Hello'), 0, /You said: Hello/],
  ['an error with -f is an exit status', ['-f'], body('@@status=500'), 22, /^$/],
  ['a whole answer that is cut in the middle', [], body('@@bytes=1000000 @@cut=800'), 18, /\[0000/],
  ['the same over HTTP/1.0: a reset', ['-0'], body('@@bytes=1000000 @@cut=800'), 56, /\[0000/],
  ['JSON that is none', [], '{"model":', 0, /"type":"invalid_request_error"/],
];

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(model('m', upstream, { id: 'gpt-4.1-mini' }));
  const base = `http://127.0.0.1:${gateway.port}`;
  const json = ['-H', 'Content-Type: application/json'];
  await suite.table(CALLS, ([what]) => `curl: ${what}`, ([, args, data, status, printed]) => {
    const call = curl(`${base}/v1/chat/completions`, ...json, ...args, '-d', data);
    assert.equal(call.status, status, call.stderr + call.stdout.slice(0, 300));
    assert.match(call.stdout, printed);
  });
  await suite.test('curl: HEAD and GET /health, two requests on one connection', () => {
    assert.match(curl('-I', `${base}/health`).stdout, /^HTTP\/1\.1 200 OK/);
    const two = curl('-v', `${base}/health`, `${base}/status`);
    assert.match(two.stderr, /Re-using existing connection/);
  });
  await gateway.stop();
  await upstream.stop();
}
