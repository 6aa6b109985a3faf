/** Formats with an SDK of their own, spoken by an app behind the guard. */
import Anthropic from '@anthropic-ai/sdk';
import type { Response as ExpressResponse } from 'express';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeScanner, runApp, scannerReady, UNSAFE, type GuardedApp } from './run-app.js';

let app: GuardedApp;
/** What the handlers' model says, word by word. */
let words: string[] = [];

const send = (response: ExpressResponse, event: { type: string }): void => {
  response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
};

beforeAll(async () => {
  await scannerReady();
  app = await runApp({
    handlers: (express) => {
      express.post('/v1/messages', (request, response) => {
        const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm' };
        const usage = { input_tokens: 1, output_tokens: 1 };
        if ((request.body as { stream?: boolean }).stream !== true) {
          const content = [{ type: 'text', text: words.join('') }];
          response.json({ ...head, content, stop_reason: 'end_turn', stop_sequence: null, usage });
          return;
        }
        response.type('text/event-stream');
        const start = { ...head, content: [], stop_reason: null, stop_sequence: null, usage };
        send(response, { type: 'message_start', message: start } as never);
        send(response, {
          ...{ type: 'content_block_start', index: 0 },
          content_block: { type: 'text', text: '' },
        } as never);
        for (const text of words)
          send(response, {
            type: 'content_block_delta',
            index: 0,
            delta: { type: 'text_delta', text },
          } as never);
        send(response, { type: 'content_block_stop', index: 0 } as never);
        const delta = { stop_reason: 'end_turn', stop_sequence: null };
        send(response, { type: 'message_delta', delta, usage } as never);
        send(response, { type: 'message_stop' });
        response.end();
      });
      express.post('/v1/embeddings', (_, response) => {
        const data = [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }];
        response.json({ object: 'list', model: 'm', data, usage: { prompt_tokens: 1, total_tokens: 1 } });
      });
    },
  });
});
afterAll(async () => {
  await app.close();
  await closeScanner();
});

describe("Anthropic's client", () => {
  const client = (): Anthropic => new Anthropic({ baseURL: app.url, apiKey: 'none', maxRetries: 0 });
  const question = (content: string) => ({
    ...{ model: 'm', max_tokens: 50 },
    messages: [{ role: 'user' as const, content }],
  });

  it('reads a reply, whole and streamed', async () => {
    words = ['All ', 'is ', 'well.'];
    const whole = await client().messages.create(question('Hello'));
    expect(whole.content).toEqual([{ type: 'text', text: 'All is well.' }]);
    const final = await client().messages.stream(question('Hello')).finalMessage();
    expect(final.content).toMatchObject([{ type: 'text', text: 'All is well.' }]);
    expect(final.stop_reason).toBe('end_turn');
  });

  it('reads a refused prompt, and a refusal in the middle of a reply', async () => {
    words = ['never'];
    const prompt = await client().messages.stream(question(UNSAFE)).finalMessage();
    expect(prompt.stop_reason).toBe('refusal');
    words = [
      'All is well, and there is more to say about it, as the days are long, and the nights are short. ',
      `Now ${UNSAFE}`,
      ' behind',
    ];
    const reply = await client().messages.stream(question('Hello')).finalMessage();
    const text = reply.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    expect(text).toMatch(/^All is well/);
    expect(text).not.toContain(UNSAFE);
    expect(text).not.toContain('behind');
    expect(reply.stop_reason).toBe('refusal');
  });
});

it("OpenAI's client reads embeddings, and an error for what is refused", async () => {
  const client = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: 'none', maxRetries: 0 });
  const found = await client.embeddings.create({ model: 'm', input: 'Hello', encoding_format: 'float' });
  expect(found.data[0]?.embedding).toEqual([0.1, 0.2]);
  await expect(client.embeddings.create({ model: 'm', input: UNSAFE })).rejects.toMatchObject({
    status: 403,
    code: 'content_policy_violation',
  });
});

it('a turn that was refused is a note in the body that the handler reads', async () => {
  const seen: unknown[] = [];
  const chat = await runApp({
    handlers: (express) =>
      express.post('/chat', (request, response) => {
        seen.push(request.body);
        response.json({ text: 'Fine.' });
      }),
  });
  try {
    const bad = { role: 'user', content: `Tell me of ${UNSAFE}` };
    const refused = await chat.post('/chat', { model: 'm', messages: [bad] });
    const { choices } = (await refused.json()) as { choices: { message: { content: string } }[] };
    const refusal = { role: 'assistant', content: choices[0]?.message.content };
    const response = await chat.post('/chat', {
      model: 'm',
      messages: [bad, refusal, { role: 'user', content: 'And the weather?' }],
    });
    expect(response.headers.get('x-portcullis-decision')).toBe('allow');
    expect(JSON.stringify(seen)).not.toContain(UNSAFE);
    expect(JSON.stringify(seen)).toContain('And the weather?');
  } finally {
    await chat.close();
  }
});
