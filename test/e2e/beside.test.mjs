// How people's requests fare while a batch runs at full speed: alone on the machine, for it measures time.
import assert from 'node:assert/strict';
import { begin, ended, line, look, sdk } from './batch.mjs';
import { Gateway, KEY, Upstream, relay, until } from './harness.mjs';
import { CHAT } from './wire.mjs';

const ASKED = '@@delay=20 @@words=3';
const ROUNDS = 6;  // of chats alone and chats beside a batch, so that the machine's moods reach both
const CHATS = 40;  // of either kind in a round
const TRIES = 2;
const MOST_PERCENT = 25; // 10 are promised on a quiet machine; the rest is for one that is not

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

// Of one chat, until its first byte, in milliseconds.
async function firstByte(gateway) {
  const begun = process.hrtime.bigint();
  const answer = await fetch(`http://127.0.0.1:${gateway.port}${CHAT}`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: ASKED }] }),
  });
  const reader = answer.body.getReader();
  await reader.read();
  const ms = Number(process.hrtime.bigint() - begun) / 1e6;
  while (!(await reader.read()).done);
  return ms;
}

async function firstBytes(gateway, into) {
  for (let i = 0; i < CHATS; i++) {
    into.push(await firstByte(gateway));
  }
}

// The lines of a batch that were done while so many chats were measured.
async function firstBytesBeside(gateway, into) {
  const client = sdk(gateway);
  const done = async (batch) => (await look(client, batch)).request_counts.completed;
  const batch = await begin(client, Array.from({ length: 5000 }, (_, i) => line(`id-${i}`, 'm', ASKED)));
  await until('the batch to run', async () => (await done(batch)) > 10);
  const before = await done(batch);
  await firstBytes(gateway, into);
  const lines = (await done(batch)) - before;
  await client.batches.cancel(batch.id);
  await ended(client, batch);
  return lines;
}

async function measure(gateway) {
  const alone = [];
  const beside = [];
  let lines = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await firstBytes(gateway, alone);
    lines += await firstBytesBeside(gateway, beside);
  }
  const [before, after] = [median(alone), median(beside)];
  const percent = (100 * (after - before)) / before;
  const told = `${before.toFixed(2)} ms alone, ${after.toFixed(2)} ms beside ${lines} lines: ${percent.toFixed(1)} percent`;
  return { percent, lines, told };
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const config = `${relay('m', upstream, { id: 'gpt-of-tests' })}[batch]\nconcurrency = 4\n`;
  const gateway = await Gateway.start(config, { env: KEY });
  await suite.test(`a batch at full speed delays first bytes of people's chats by ${MOST_PERCENT} percent at the most`, async () => {
    await firstBytes(gateway, []);
    const tries = [];
    do {
      tries.push(await measure(gateway));
    } while (tries.at(-1).percent > MOST_PERCENT && tries.length < TRIES);
    const told = tries.map((one) => one.told).join('; ');
    assert.ok(tries.at(-1).percent <= MOST_PERCENT, told);
    assert.ok(tries.at(-1).lines > ROUNDS * CHATS, `the batch hardly ran: ${told}`);
    return told;
  }, 180000);
  await gateway.stop();
  await upstream.stop();
}
