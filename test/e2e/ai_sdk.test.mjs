// The AI SDK with its provider for services that are compatible with OpenAI's, unmodified.
import assert from 'node:assert/strict';
import { Gateway, KEY, Upstream, require, sleep, until } from './harness.mjs';
import { CAN, TYPES, models } from './providers.mjs';

const { APICallError, embed, generateText, stepCountIs, streamText, tool } = require('ai');
const { createOpenAICompatible } = require('@ai-sdk/openai-compatible');
const { z } = require('zod');

const quiet = { maxRetries: 0, onError: () => {} };
const LOOK_UP = tool({
  description: 'Looks a word up',
  inputSchema: z.object({ q: z.string() }),
  execute: async ({ q }) => `found a ${q}`,
});

async function texts(suite, sdk, type) {
  await suite.test(`AI SDK, ${type}: generateText`, async () => {
    const answer = await generateText({ model: sdk(type), system: 'Be short.', prompt: 'hi there', ...quiet });
    assert.equal(answer.text, 'You said: hi there');
    assert.equal(answer.finishReason, 'stop');
    if (CAN[type].counts) {
      assert.deepEqual([answer.usage.inputTokens, answer.usage.outputTokens], [7, 5]);
    }
  });
  await suite.test(`AI SDK, ${type}: streamText`, async () => {
    const answer = streamText({ model: sdk(type), prompt: '@@words=50', ...quiet });
    let text = '';
    for await (const piece of answer.textStream) {
      text += piece;
    }
    assert.equal(text, Array.from({ length: 50 }, (_, i) => `w${i}`).join(' '));
    assert.equal(await answer.finishReason, 'stop');
    if (CAN[type].counts) {
      assert.equal((await answer.usage).outputTokens, 5);
    }
  });
  await suite.test(`AI SDK, ${type}: reasoning, whole and streamed`, async () => {
    const answer = await generateText({ model: sdk(type), prompt: '@@reasoning=1 hi', ...quiet });
    assert.equal(answer.reasoningText, 'thought 0. ');
    const streamed = streamText({ model: sdk(type), prompt: '@@reasoning=3 hi', ...quiet });
    assert.equal(await streamed.reasoningText, 'thought 0. thought 1. thought 2. ');
    assert.equal(await streamed.text, 'You said: hi');
  });
}

async function tools(suite, sdk, type) {
  const asked = { model: sdk(type), prompt: '@@tools', tools: { look_up: LOOK_UP }, stopWhen: stepCountIs(3), ...quiet };
  await suite.test(`AI SDK, ${type}: a tool is called and its result told, whole and streamed`, async () => {
    const whole = await generateText(asked);
    const streamed = streamText(asked);
    for (const answer of [whole, { text: await streamed.text, steps: await streamed.steps }]) {
      assert.equal(answer.steps.length, 2);
      assert.deepEqual(answer.steps[0].toolCalls.map((one) => [one.toolName, one.input]), [['look_up', { q: 'gate' }]]);
      assert.equal(answer.steps[0].finishReason, 'tool-calls');
      assert.equal(answer.text, 'You said: found a gate');
    }
  });
}

async function troubles(suite, sdk, type, upstream) {
  await suite.test(`AI SDK, ${type}: errors`, async () => {
    for (const [how, status] of [['@@status=400', 400], ['@@close', 502], ['@@status=503', 503]]) {
      const error = await generateText({ model: sdk(type), prompt: how, ...quiet }).catch((thrown) => thrown);
      assert.ok(APICallError.isInstance(error), String(error));
      assert.equal(error.statusCode, status);
      assert.equal(error.isRetryable, status >= 500);
    }
  });
  await suite.test(`AI SDK, ${type}: a stream that is cut is no answer`, async () => {
    const parts = [];
    for await (const part of streamText({ model: sdk(type), prompt: '@@cut a b c d e', ...quiet }).fullStream) {
      parts.push(part);
    }
    const error = parts.find((one) => one.type === 'error');
    assert.match(JSON.stringify(error), /Request failed/);
    assert.notEqual(parts.at(-1).finishReason, 'stop');
  });
  await suite.test(`AI SDK, ${type}: an abort ends it upstream`, async () => {
    await upstream.reset();
    const controller = new AbortController();
    const { textStream } = streamText({
      model: sdk(type), prompt: '@@words=1000 @@gap=20', abortSignal: controller.signal, ...quiet,
    });
    const reading = (async () => { for await (const piece of textStream) { assert.ok(piece); } })().catch(() => {});
    await until('a chat upstream', async () => (await upstream.stats()).chat.open === 1);
    await sleep(100);
    controller.abort();
    await until('its end', async () => (await upstream.stats()).chat.aborted === 1, 1000);
    await reading;
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(models(upstream), { env: KEY });
  const sdk = createOpenAICompatible({
    name: 'moongate', baseURL: `http://127.0.0.1:${gateway.port}/v1`, apiKey: 'none', includeUsage: true,
  });
  for (const type of TYPES) {
    await texts(suite, sdk, type);
    if (CAN[type].tools) {
      await tools(suite, sdk, type);
    }
    await troubles(suite, sdk, type, upstream);
  }
  await suite.test('AI SDK: an embedding', async () => {
    const { embedding, usage } = await embed({ model: sdk.textEmbeddingModel('openai'), value: 'hi', maxRetries: 0 });
    assert.deepEqual(embedding, [0.1, -0.0025]);
    assert.equal(usage.tokens, 3);
  });
  await gateway.stop();
  await upstream.stop();
}
