/** Every way to the guard tells the engine its name, as policies write it, and gives back what it opened. */
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { GuardError } from '../../src/core/errors.js';
import { JUDGED_ROUTES } from '../../src/policy/policy.js';
import { assessMessages } from '../../src/server/assess-messages.js';
import { Exchange } from '../../src/server/exchange.js';
import { createExpressMiddleware } from '../../src/server/middleware/index.js';
import { ask, OLLAMA_CHAT, OLLAMA_GENERATE, OPENAI, WIRES } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

const HARMLESS = 'The capital of France is Paris, and it lies on the river Seine. ';
const AT_LENGTH = 'Please tell me at length.';
let p: RunningPortcullis;
/** Routes that the engine was told, by what it was asked to do. */
const told: string[] = [];
const reviews = { open: 0, closed: 0 };

beforeAll(async () => {
  const text = (body: object) => HARMLESS.repeat(JSON.stringify(body).includes(AT_LENGTH) ? 200 : 2);
  const reply = (body: object) => ({ parts: [{ kind: 'text', text: text(body) } as const], finish: 'stop' });
  p = await runPortcullis({ guard: 'embedded', upstream: { reply, chunk: 40, delay: 1 } });
  const { engine } = p.portcullis;
  const real = { ...engine };
  vi.spyOn(engine, 'assessPrompt').mockImplementation((conversation, context) => {
    told.push(`prompt ${context.route}`);
    return real.assessPrompt(conversation, context);
  });
  vi.spyOn(engine, 'reviewPrompt').mockImplementation((conversation, context) => {
    told.push(`prompt ${context.route}`);
    return real.reviewPrompt(conversation, context);
  });
  vi.spyOn(engine, 'judgeMessages').mockImplementation((messages, direction, context) => {
    told.push(`messages ${context.route}`);
    return real.judgeMessages(messages, direction, context);
  });
  vi.spyOn(engine, 'openReply').mockImplementation((conversation, context) => {
    told.push(`reply ${context.route}`);
    reviews.open += 1;
    const review = real.openReply(conversation, context);
    let open = true;
    return {
      ...review,
      close() {
        if (open) reviews.closed += 1;
        open = false;
        review.close();
      },
    };
  });
});
afterAll(() => p.close());
afterEach(() => void told.splice(0));

async function throughMiddleware(): Promise<void> {
  const { portcullis } = p;
  const app = express();
  app.use(createExpressMiddleware(portcullis, { bodyLimitBytes: 100_000 }));
  app.post(
    '/chat',
    (_request, response) =>
      void response.type('text/event-stream').send(`data: {"answer":"${HARMLESS}"}\n\n`),
  );
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question: HARMLESS }),
  });
  await new Promise((resolve) => server.close(resolve));
}

const context = { requestId: 'test' };
const WAYS: Record<(typeof JUDGED_ROUTES)[number], () => Promise<unknown>> = {
  '/v1/chat/completions': () => ask(p, OPENAI, OPENAI.body(true, HARMLESS)),
  '/v1/responses': () => p.post('/v1/responses', { model: 'm', input: HARMLESS }),
  '/api/chat': () => ask(p, OLLAMA_CHAT, OLLAMA_CHAT.body(true, HARMLESS)),
  '/api/generate': () => ask(p, OLLAMA_GENERATE, OLLAMA_GENERATE.body(false, HARMLESS)),
  '/v1/messages': () =>
    p.post('/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: HARMLESS }] }),
  '/v1/messages/count_tokens': () =>
    p.post('/v1/messages/count_tokens', { messages: [{ role: 'user', content: HARMLESS }] }),
  '/v1/completions': () => p.post('/v1/completions', { prompt: HARMLESS }),
  '/v1/embeddings': () => p.post('/v1/embeddings', { input: HARMLESS }),
  '/api/embed': () => p.post('/api/embed', { input: HARMLESS }),
  '/api/embeddings': () => p.post('/api/embeddings', { prompt: HARMLESS }),
  '/completion': () => p.post('/completion', { prompt: HARMLESS }),
  '/completions': () => p.post('/completions', { prompt: HARMLESS }),
  '/infill': () => p.post('/infill', { input_prefix: HARMLESS, input_suffix: '' }),
  '/embedding': () => p.post('/embedding', { content: HARMLESS }),
  '/embeddings': () => p.post('/embeddings', { input: HARMLESS }),
  '/tokenize': () => p.post('/tokenize', { content: HARMLESS }),
  '/detokenize': () => p.post('/detokenize', { tokens: [1, 2] }),
  '/apply-template': () => p.post('/apply-template', { messages: [{ role: 'user', content: HARMLESS }] }),
  '/v1/moderations': () => p.post('/v1/moderations', { input: HARMLESS }),
  '/guard/classify': () => p.post('/guard/classify', { text: HARMLESS }),
  middleware: throughMiddleware,
  library: () => assessMessages(p.portcullis, [{ role: 'user', content: HARMLESS }], context),
};

it.each(JUDGED_ROUTES)('%s', async (route) => {
  await WAYS[route]();
  expect(told.length).toBeGreaterThan(0);
  for (const one of told) expect(one).toMatch(new RegExp(` ${route}$`));
  await expect.poll(() => reviews.open - reviews.closed).toBe(0);
});

it.each(['/v1/chat/completions', '/api/chat', 'middleware'] as const)(
  '%s: a client that is gone when a piece is to be written leaves nothing open',
  async (route) => {
    const gone = () => Promise.reject(new GuardError('client_closed', 'The client closed the connection.'));
    const write = vi.spyOn(Exchange.prototype, 'write').mockImplementationOnce(gone);
    const before = reviews.open;
    await WAYS[route]().catch(() => undefined);
    write.mockRestore();
    expect(reviews.open).toBe(before + 1);
    await expect.poll(() => reviews.open - reviews.closed).toBe(0);
  },
);

it.each(WIRES)('$name: a client that leaves in the middle leaves nothing open', async (wire) => {
  const before = reviews.open;
  const response = await p.post(wire.path, wire.body(true, AT_LENGTH));
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  expect(reviews.open).toBe(before + 1);
  await expect.poll(() => reviews.open - reviews.closed).toBe(0);
});
