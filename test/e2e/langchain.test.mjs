// LangChain's client for OpenAI's API, unmodified.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { Gateway, KEY, Upstream, require } from './harness.mjs';
import { CAN, TYPES, models } from './providers.mjs';

globalThis.crypto ??= webcrypto; // Node 18 lacks it, and what LangChain stands on asks for it

const { ChatOpenAI } = require('@langchain/openai');
const { HumanMessage, SystemMessage, ToolMessage } = require('@langchain/core/messages');
const { tool } = require('@langchain/core/tools');
const { z } = require('zod');

const LOOK_UP = tool(({ q }) => `found a ${q}`, {
  name: 'look_up', description: 'Looks a word up', schema: z.object({ q: z.string() }),
});

async function chats(suite, client, type) {
  await suite.test(`LangChain, ${type}: invoke`, async () => {
    const answer = await client.invoke([new SystemMessage('Be short.'), new HumanMessage('hi there')]);
    assert.equal(answer.content, 'You said: hi there');
    assert.equal(answer.response_metadata.finish_reason, 'stop');
    if (CAN[type].counts) {
      assert.equal(answer.usage_metadata.total_tokens, 12);
    }
  });
  await suite.test(`LangChain, ${type}: stream`, async () => {
    let added;
    for await (const chunk of await client.stream('@@words=50')) {
      added = added === undefined ? chunk : added.concat(chunk);
    }
    assert.equal(added.content, Array.from({ length: 50 }, (_, i) => `w${i}`).join(' '));
    if (CAN[type].counts) {
      assert.equal(added.usage_metadata.output_tokens, 5);
    }
  });
  await suite.test(`LangChain, ${type}: batch`, async () => {
    const answers = await client.batch(['one', 'two', 'three']);
    assert.deepEqual(answers.map((one) => one.content), ['one', 'two', 'three'].map((one) => `You said: ${one}`));
  });
}

async function tools(suite, client, type) {
  const bound = client.bindTools([LOOK_UP]);
  await suite.test(`LangChain, ${type}: a tool is called and its result told`, async () => {
    const asked = new HumanMessage('@@tools');
    const call = await bound.invoke([asked]);
    assert.deepEqual(call.tool_calls.map((one) => [one.name, one.args]), [['look_up', { q: 'gate' }]]);
    const told = new ToolMessage({ content: await LOOK_UP.invoke(call.tool_calls[0].args), tool_call_id: call.tool_calls[0].id });
    assert.equal((await bound.invoke([asked, call, told])).content, 'You said: found a gate');
  });
  await suite.test(`LangChain, ${type}: a tool's call in a stream`, async () => {
    let added;
    for await (const chunk of await bound.stream('@@tools')) {
      added = added === undefined ? chunk : added.concat(chunk);
    }
    assert.deepEqual(added.tool_calls.map((one) => [one.name, one.args]), [['look_up', { q: 'gate' }]]);
  });
}

async function troubles(suite, client, type) {
  await suite.test(`LangChain, ${type}: errors`, async () => {
    for (const [how, status] of [['@@status=400', 400], ['@@close', 502], ['@@status=503', 503]]) {
      const error = await client.invoke(how).then(() => assert.fail('no error'), (thrown) => thrown);
      assert.equal(error.status, status, String(error));
    }
  });
  await suite.test(`LangChain, ${type}: a stream that is cut is no answer`, async () => {
    const read = async () => { for await (const chunk of await client.stream('@@cut a b c d e')) { assert.ok(chunk); } };
    await assert.rejects(read, /Request failed/);
  });
}

export default async function (suite) {
  const upstream = await Upstream.start();
  const gateway = await Gateway.start(models(upstream), { env: KEY });
  for (const type of TYPES) {
    const client = new ChatOpenAI({
      model: type, apiKey: 'none', maxRetries: 0, configuration: { baseURL: `http://127.0.0.1:${gateway.port}/v1` },
    });
    await chats(suite, client, type);
    if (CAN[type].tools) {
      await tools(suite, client, type);
    }
    await troubles(suite, client, type);
  }
  await gateway.stop();
  await upstream.stop();
}
