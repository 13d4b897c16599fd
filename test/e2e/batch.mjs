// Batches as a test begins and reads them, by the official SDK.
import { require, until } from './harness.mjs';
import { CHAT } from './wire.mjs';

const OpenAI = require('openai');
const { toFile } = OpenAI;
const ENDED = ['completed', 'failed', 'expired', 'cancelled'];

// A model that the box itself answers.
export const BOX = '[models.box.providers.c]\ntype = "loopback"\n';

export const sdk = (gateway, apiKey = 'none') =>
  new OpenAI({ apiKey, baseURL: `http://127.0.0.1:${gateway.port}/v1`, maxRetries: 0 });

// Uploads text as a file of a batch.
export const send = (client, text, name = 'in.jsonl') =>
  toFile(Buffer.from(text), name).then((file) => client.files.create({ file, purpose: 'batch' }));

export const line = (id, name, content = 'hi', url = CHAT) => JSON.stringify({
  custom_id: id, method: 'POST', url, body: { model: name, messages: [{ role: 'user', content }] },
});

export async function begin(client, lines, endpoint = CHAT) {
  const file = await send(client, `${lines.join('\n')}\n`);
  return client.batches.create({ input_file_id: file.id, endpoint, completion_window: '24h' });
}

export const look = (client, batch) => client.batches.retrieve(batch.id);

export async function ended(client, batch, ms = 50000) {
  return until('the batch to end', async () => {
    const now = await look(client, batch);
    return ENDED.includes(now.status) && now;
  }, ms, 50);
}

// The lines of a file, parsed; none for null.
export async function results(client, id) {
  const text = id === null ? '' : await (await client.files.content(id)).text();
  return text.split('\n').filter((one) => one !== '').map((one) => JSON.parse(one));
}
