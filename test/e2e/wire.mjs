// HTTP by hand over a plain socket, so that tests can break its rules and see every byte.
import assert from 'node:assert/strict';
import net from 'node:net';

const WAIT_MS = 10000;

export class Wire {
  buffer = Buffer.alloc(0);
  ended = false;
  error = null;

  static open(port, host = '127.0.0.1') {
    return new Promise((done, fail) => {
      const wire = new Wire();
      const socket = net.connect({ port, host, noDelay: true, allowHalfOpen: true });
      wire.socket = socket;
      wire.wake = () => {};
      socket.on('connect', () => done(wire));
      socket.on('data', (data) => {
        wire.buffer = wire.buffer.length === 0 ? data : Buffer.concat([wire.buffer, data]);
        wire.wake();
      });
      socket.on('end', () => { wire.ended = true; wire.wake(); });
      socket.on('error', (error) => { wire.ended = true; wire.error = error; wire.wake(); fail(error); });
      socket.on('close', () => { wire.ended = true; wire.wake(); });
    });
  }

  send(data) {
    this.socket.write(data);
    return this;
  }

  // Waits until take() gives something other than undefined, or no more can come.
  async wait(take, what, ms = WAIT_MS) {
    const end = Date.now() + ms;
    for (;;) {
      const taken = take();
      if (taken !== undefined) {
        return taken;
      }
      if (this.ended) {
        throw new Error(`closed while waiting for ${what}: ${JSON.stringify(String(this.buffer.subarray(0, 200)))}`);
      }
      if (Date.now() >= end) {
        throw new Error(`no ${what} within ${ms} ms`);
      }
      await new Promise((done) => {
        const timer = setTimeout(done, end - Date.now());
        this.wake = () => { clearTimeout(timer); done(); };
      });
    }
  }

  take(len) {
    const taken = this.buffer.subarray(0, len);
    this.buffer = this.buffer.subarray(len);
    return taken;
  }

  line(what, ms) {
    return this.wait(() => {
      const at = this.buffer.indexOf('\r\n');
      return at < 0 ? undefined : this.take(at + 2).subarray(0, at).toString('latin1');
    }, what, ms);
  }

  bytes(len, what, ms) {
    return this.wait(() => (this.buffer.length < len ? undefined : this.take(len)), what, ms);
  }

  // The next answer's head: {status, reason, version, headers}; names in lower case, equal ones joined.
  async head(ms) {
    const text = await this.wait(() => {
      const at = this.buffer.indexOf('\r\n\r\n');
      return at < 0 ? undefined : this.take(at + 4).subarray(0, at).toString('latin1');
    }, 'head of an answer', ms);
    const [first, ...lines] = text.split('\r\n');
    const match = /^(HTTP\/1\.[01]) (\d{3}) ?(.*)$/.exec(first);
    assert.ok(match, `status line: ${first}`);
    const headers = {};
    for (const line of lines) {
      const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
      assert.ok(field, `field line: ${line}`);
      const name = field[1].toLowerCase();
      headers[name] = name in headers ? `${headers[name]}, ${field[2]}` : field[2];
    }
    return { version: match[1], status: Number(match[2]), reason: match[3], headers };
  }

  // The next final answer with its body. complete: false where the body broke off.
  async answer({ method = 'GET', ms } = {}) {
    let answer = await this.head(ms);
    while (answer.status < 200) {
      answer = await this.head(ms);
    }
    answer.complete = true;
    answer.body = Buffer.alloc(0);
    if (method !== 'HEAD' && answer.status !== 204 && answer.status !== 304) {
      await this.body(answer, ms);
    }
    answer.text = answer.body.toString();
    answer.json = () => JSON.parse(answer.text);
    return answer;
  }

  async body(answer, ms) {
    const parts = [];
    try {
      if (/chunked/i.test(answer.headers['transfer-encoding'] ?? '')) {
        await this.chunks(parts, ms);
      } else if ('content-length' in answer.headers) {
        parts.push(await this.bytes(Number(answer.headers['content-length']), 'body', ms));
      } else {
        await this.wait(() => (this.ended ? true : undefined), 'end', ms);
        parts.push(this.take(this.buffer.length));
      }
    } catch (error) {
      if (!this.ended) {
        throw error;
      }
      answer.complete = false;
    }
    answer.body = Buffer.concat(parts);
  }

  async chunks(parts, ms) {
    for (;;) {
      const size = await this.line('chunk size', ms);
      assert.match(size, /^[0-9a-fA-F]+$/);
      const len = parseInt(size, 16);
      if (len > 0) {
        parts.push(await this.bytes(len, 'chunk', ms));
      }
      assert.equal(await this.line('end of chunk', ms), '');
      if (len === 0) {
        return;
      }
    }
  }

  // Waits until the other side has closed; nothing more may have come.
  async closed(ms = 5000) {
    await this.wait(() => (this.ended ? true : undefined), 'close', ms);
    assert.equal(this.buffer.toString(), '', 'bytes before the close');
  }

  // Waits a little and makes sure that the connection is still open.
  async open(ms = 50) {
    await new Promise((done) => setTimeout(done, ms));
    assert.equal(this.ended, false, 'the connection was closed');
  }

  end() {
    this.socket.destroy();
  }
}

// ---- requests ----

// A request's bytes. fields: {name: value}; a value that is a list is sent as several fields.
export function request(method, path, { fields = {}, body, version = 'HTTP/1.1' } = {}) {
  const all = { host: 'localhost', ...fields };
  if (body !== undefined) {
    all['content-type'] ??= 'application/json';
    all['content-length'] ??= Buffer.byteLength(body);
  }
  const lines = Object.entries(all)
    .filter(([, value]) => value !== null)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  const head = `${method} ${path} ${version}\r\n${lines.join('')}\r\n`;
  return body === undefined ? head : Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

// One request on a connection of its own, and its answer.
export async function once(port, method, path, options = {}) {
  const wire = await Wire.open(port);
  try {
    wire.send(request(method, path, options));
    return await wire.answer({ method, ms: options.ms });
  } finally {
    wire.end();
  }
}

export const CHAT = '/v1/chat/completions';

export function chatBody(model, content, more = {}) {
  const messages = typeof content === 'string' ? [{ role: 'user', content }] : content;
  return JSON.stringify({ model, messages, ...more });
}

// One chat on a connection of its own: the answer, read by `read`.
export async function chat(port, model, content, more = {}, options = {}) {
  const body = chatBody(model, content, more);
  const answer = await once(port, 'POST', CHAT, { body, ...options });
  return read(answer, more.stream === true);
}

// ---- answers ----

// The data of each event, comments left out; a broken last event is not one.
export function events(text) {
  return text.split('\n\n').slice(0, -1)
    .map((event) => event.split('\n').filter((line) => !line.startsWith(':')))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => {
      assert.match(line, /^data: /, `line of an event: ${line}`);
      return line.slice(6);
    }).join('\n'));
}

// Adds to a chat's answer what it says: {text, reasoning, finish, error, done, moongate, chunks}.
export function read(answer, stream) {
  const said = { text: '', reasoning: '', finish: null, error: null, done: false, chunks: [] };
  if (stream && /event-stream/.test(answer.headers['content-type'])) {
    events(answer.text).forEach((data) => readChunk(said, data));
  } else {
    const object = JSON.parse(answer.text);
    const choice = object.choices?.[0];
    said.error = object.error ?? null;
    said.text = choice?.message.content ?? '';
    said.reasoning = choice?.message.reasoning_content ?? '';
    said.finish = choice?.finish_reason ?? null;
    said.moongate = object.moongate;
    said.object = object;
  }
  return Object.assign(answer, { said });
}

function readChunk(said, data) {
  assert.equal(said.done, false, 'an event behind [DONE]');
  if (data === '[DONE]') {
    said.done = true;
    return;
  }
  const chunk = JSON.parse(data);
  said.chunks.push(chunk);
  said.error = chunk.error ?? said.error;
  said.moongate = chunk.moongate ?? said.moongate;
  const choice = chunk.choices?.[0];
  said.text += choice?.delta?.content ?? '';
  said.reasoning += choice?.delta?.reasoning_content ?? '';
  said.finish = choice?.finish_reason ?? said.finish;
}

// A chat's answer without what differs from one answer to the next: identifiers and times.
export const plain = (text) => text
  .replace(/chatcmpl-[0-9a-f-]{36}/g, 'chatcmpl-ID')
  .replace(/"created":\d{10}/g, '"created":TIME')
  .replace(/"thread-\d+\.[0-9a-f]{32}"/g, '"THREAD"');

// A UUID that has its time in front.
export const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

// Checks the shape of an error, and gives its error object.
export function isError(answer, status, { code, param, message, type } = {}) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'], /^application\/json/);
  assert.ok(answer.headers['x-request-id'], 'x-request-id');
  const { error } = JSON.parse(answer.text);
  assert.equal(typeof error.message, 'string');
  assert.notEqual(error.message, '');
  assert.equal(typeof error.type, 'string');
  assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
  for (const [name, value] of Object.entries({ code, param, type })) {
    if (value !== undefined) {
      assert.equal(error[name], value, `${name} of ${answer.text}`);
    }
  }
  if (message !== undefined) {
    assert.match(error.message, message);
  }
  return error;
}
