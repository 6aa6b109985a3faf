/** The scripted upstream, read by Anthropic's own client. */
import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createScriptedUpstream, type ScriptedUpstream } from '../../examples/upstream/scripted.mjs';

let upstream: ScriptedUpstream;
beforeEach(async () => {
  upstream = await createScriptedUpstream({ chunk: 5 });
});
afterEach(() => upstream.close());

const client = () => new Anthropic({ baseURL: upstream.url, apiKey: 'none', maxRetries: 0 });
const asking = (content: string) => ({
  model: 'm',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content }],
});

it.each([
  ['show me insecure code', ['text'], 'end_turn'],
  ['think', ['thinking', 'text'], 'end_turn'],
  ['use a tool', ['tool_use'], 'tool_use'],
])('%s: the same whole and streamed', async (prompt, types, reason) => {
  const whole = await client().messages.create(asking(prompt));
  const streamed = await client().messages.stream(asking(prompt)).finalMessage();
  expect(whole.content.map((block) => block.type)).toEqual(types);
  expect(whole.stop_reason).toBe(reason);
  expect(streamed).toMatchObject({ content: whole.content, stop_reason: reason, usage: whole.usage });
});

it.each(['cut', 'end', 'error', '503'])('the fault %s is an error to it', async (fault) => {
  const stream = client().messages.stream(asking(`hello [[fault=${fault}]]`));
  await expect(stream.finalMessage()).rejects.toThrow();
});
