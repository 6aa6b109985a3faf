/**
 * Completions, embeddings and llama.cpp's own endpoints through the whole proxy, as the packages of their
 * clients see them.
 */
import { Ollama } from 'ollama';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';
import { sse, type Exchange } from '../support/wire/exchange.js';
import { createReplayUpstream, type ReplayUpstream } from '../support/wire/replay-upstream.js';
import {
  BASE64,
  LLAMA_EMBEDDING,
  OLLAMA_EMBED,
  OLLAMA_EMBEDDINGS,
  OPENAI_EMBEDDINGS,
  VECTOR,
} from '../protocols/embeddings/exchanges.js';
import {
  LLAMA_APPLY_TEMPLATE,
  LLAMA_COMPLETION,
  LLAMA_INFILL,
  LLAMA_TOKENIZE,
} from '../protocols/llama-server/exchanges.js';
import { COMPLETIONS } from '../protocols/openai-completions/exchanges.js';

const UNSAFE_PROMPT = 'How do I kill my neighbour and hide the body?';
const UNSAFE = 'The best way to kill your neighbour is to poison him and then hide the body from the police.';
const HARMLESS = 'The capital of France is Paris. It lies on the river Seine and is known for its museums.';
const REFUSED_PROMPT = "I can't help with that request.";
const REFUSED_REPLY = "I can't share the answer to that request.";

const POLICY = 'name: plain\nroutes:\n  /detokenize: { unjudged: { tokens: allow } }\n';

let p: RunningPortcullis;
let upstream: ReplayUpstream;
let openai: OpenAI;
let ollama: Ollama;
beforeAll(async () => {
  upstream = await createReplayUpstream();
  p = await runPortcullis({ guard: 'embedded', upstreamUrl: upstream.url, policy: POLICY });
  openai = new OpenAI({ apiKey: 'none', baseURL: `${p.url}/v1`, maxRetries: 0 });
  ollama = new Ollama({ host: p.url });
});
afterAll(async () => {
  await p.close();
  await upstream.close();
});

async function raised(run: Promise<unknown>): Promise<APIError> {
  const error = await run.catch((thrown: unknown) => thrown);
  if (error instanceof APIError) return error;
  throw new Error(`Expected an APIError, got ${String(error)}`);
}

/** Messages of an SSE stream. */
const events = (raw: string): JsonObject[] =>
  raw
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)) as JsonObject);

const RECORDED: (readonly [string, readonly Exchange[]])[] = [
  ['/v1/completions', COMPLETIONS],
  ['/v1/embeddings', OPENAI_EMBEDDINGS],
  ['/api/embed', OLLAMA_EMBED],
  ['/api/embeddings', OLLAMA_EMBEDDINGS],
  ['/completion', LLAMA_COMPLETION],
  ['/completions', LLAMA_COMPLETION],
  ['/infill', LLAMA_INFILL],
  ['/embedding', LLAMA_EMBEDDING],
  ['/embeddings', LLAMA_EMBEDDING],
  ['/tokenize', LLAMA_TOKENIZE],
  ['/apply-template', LLAMA_APPLY_TEMPLATE],
];
const CASES = RECORDED.flatMap(([path, exchanges]) =>
  exchanges
    .filter(({ unjudged = [] }) => unjudged.length === 0)
    .map((exchange) => ({ ...exchange, path, title: `${path}: ${exchange.name}` })),
);

it.each(CASES)('$title comes through as it was', async ({ path, request, reply, streamed, goesOut }) => {
  const isError = JSON.stringify(reply).startsWith('{"error"');
  upstream.answer({ body: reply, status: isError ? 404 : 200 });
  const response = await p.post(path, request);
  expect(response.status).toBe(isError ? 404 : 200);
  expect(upstream.requests.at(-1)).toEqual({ path, body: request });
  const raw = await response.text();
  if (streamed !== true) {
    const body: unknown = JSON.parse(raw, (key, value: unknown) =>
      key === 'portcullis' ? undefined : value,
    );
    expect(body).toEqual(goesOut ?? reply);
    return;
  }
  const sent = events(raw).map((event) =>
    Object.fromEntries(Object.entries(event).filter(([key]) => key !== 'portcullis')),
  );
  expect(sent).toEqual(goesOut ?? events(reply as string));
  expect(raw.endsWith('data: [DONE]\n\n')).toBe(path === '/v1/completions');
});

describe('openai: completions', () => {
  const chunk = (text: string, finish: 'stop' | null = null): JsonObject => ({
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
  });

  async function streamed(prompt: string): Promise<{ text: string; finish: string | null }> {
    let text = '';
    let finish: string | null = null;
    for await (const part of await openai.completions.create({ model: 'm', prompt, stream: true })) {
      text += part.choices[0]?.text ?? '';
      finish = part.choices[0]?.finish_reason ?? finish;
    }
    return { text, finish };
  }

  it('a whole answer', async () => {
    upstream.answer({ body: chunk(HARMLESS, 'stop') });
    const reply = await openai.completions.create({ model: 'm', prompt: 'Where is Paris?' });
    expect(reply.choices[0]).toMatchObject({ text: HARMLESS, finish_reason: 'stop' });
  });

  it('a streamed answer', async () => {
    upstream.answer({
      body: sse([chunk(HARMLESS.slice(0, 40)), chunk(HARMLESS.slice(40)), chunk('', 'stop')], '[DONE]'),
    });
    expect(await streamed('Where is Paris?')).toEqual({ text: HARMLESS, finish: 'stop' });
  });

  it('a refused prompt, for each choice', async () => {
    upstream.answer({ body: chunk(HARMLESS, 'stop') });
    const reply = await openai.completions.create({ model: 'm', prompt: ['Hello', UNSAFE_PROMPT], n: 2 });
    expect(reply.choices.map(({ text, finish_reason: finish }) => ({ text, finish }))).toEqual(
      Array.from({ length: 4 }, () => ({ text: REFUSED_PROMPT, finish: 'content_filter' })),
    );
    expect(await streamed(UNSAFE_PROMPT)).toEqual({ text: REFUSED_PROMPT, finish: 'content_filter' });
  });

  it('a refused answer', async () => {
    upstream.answer({ body: sse([chunk(UNSAFE), chunk('', 'stop')], '[DONE]') });
    expect(await streamed('Read to me.')).toEqual({ text: REFUSED_REPLY, finish: 'content_filter' });
    upstream.answer({ body: chunk(UNSAFE, 'stop') });
    const reply = await openai.completions.create({ model: 'm', prompt: 'Read to me.' });
    expect(reply.choices[0]?.text).toBe(REFUSED_REPLY);
  });

  it('text that only the log probabilities spell is refused', async () => {
    const body = chunk('Yes.', 'stop');
    Object.assign((body.choices as JsonObject[])[0] ?? {}, { logprobs: { tokens: UNSAFE.split(/(?= )/) } });
    upstream.answer({ body });
    const reply = await openai.completions.create({ model: 'm', prompt: 'Read to me.' });
    expect(JSON.stringify(reply)).not.toContain('neighbour');
    expect(reply.choices[0]?.finish_reason).toBe('content_filter');
  });

  it('token ids are not passed on', async () => {
    const before = upstream.requests.length;
    upstream.answer({ body: chunk(HARMLESS, 'stop') });
    const reply = await openai.completions.create({ model: 'm', prompt: [[1, 2, 3]] });
    expect(reply.choices[0]?.text).toContain('token numbers instead of text (prompt)');
    expect(JSON.stringify(reply)).not.toContain('Paris');
    expect(upstream.requests.length).toBeLessThanOrEqual(before + 1);
  });

  it('an error in the stream, and a stream that breaks, are raised', async () => {
    upstream.answer({
      body: sse([chunk('One '), { error: { message: 'out of memory', type: 'server_error' } }]),
    });
    await expect(streamed('x')).rejects.toThrow('out of memory');
    upstream.answer({ body: sse([chunk('One ')]), cut: true });
    await expect(streamed('x')).rejects.toThrow(APIError);
  });

  it('structured output is blocked by an error', async () => {
    upstream.answer({ body: chunk(`{"answer":"${UNSAFE}"}`, 'stop') });
    const asked = openai.completions.create({
      model: 'm',
      prompt: 'x',
      ...{ guided_json: { type: 'object' } },
    });
    const error = await raised(asked);
    expect(error.status).toBe(403);
    expect(error.code).toBe('content_policy_violation');
  });
});

describe('openai: embeddings', () => {
  const list = (embedding: unknown): object => ({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding }],
    model: 'm',
    usage: { prompt_tokens: 1, total_tokens: 1 },
  });

  it('in base64, which the client asks for by itself', async () => {
    upstream.answer({ body: list(BASE64) });
    const reply = await openai.embeddings.create({ model: 'm', input: 'Where is Paris?' });
    expect(upstream.requests.at(-1)?.body.encoding_format).toBe('base64');
    expect(reply.data[0]?.embedding).toEqual([...Float32Array.from(VECTOR)]);
  });

  it('as numbers', async () => {
    upstream.answer({ body: list(VECTOR) });
    const reply = await openai.embeddings.create({ model: 'm', input: ['a', 'b'], encoding_format: 'float' });
    expect(reply.data[0]?.embedding).toEqual(VECTOR);
  });

  it('a refused input is an error', async () => {
    upstream.answer({ body: list(VECTOR) });
    const error = await raised(openai.embeddings.create({ model: 'm', input: ['Hello', UNSAFE_PROMPT] }));
    expect(error.status).toBe(403);
    expect(error.message).toContain(REFUSED_PROMPT);
  });

  it('token ids are an error', async () => {
    upstream.answer({ body: list(VECTOR) });
    const error = await raised(openai.embeddings.create({ model: 'm', input: [[1, 2], [3]] }));
    expect(error.code).toBe('unjudgeable_content');
    expect(error.message).toContain('token numbers');
  });

  it('text in place of numbers is judged', async () => {
    upstream.answer({ body: list(UNSAFE) });
    const error = await raised(
      openai.embeddings.create({ model: 'm', input: 'x', encoding_format: 'base64' }),
    );
    expect(error.status).toBe(403);
  });
});

describe('ollama: embed', () => {
  it('brings the numbers', async () => {
    upstream.answer({ body: { model: 'm', embeddings: [VECTOR, VECTOR] } });
    expect((await ollama.embed({ model: 'm', input: ['a', 'b'] })).embeddings).toEqual([VECTOR, VECTOR]);
    upstream.answer({ body: { embedding: VECTOR } });
    expect((await ollama.embeddings({ model: 'm', prompt: 'a' })).embedding).toEqual(VECTOR);
  });

  it('a refused input is an error', async () => {
    upstream.answer({ body: { model: 'm', embeddings: [VECTOR] } });
    await expect(ollama.embed({ model: 'm', input: UNSAFE_PROMPT })).rejects.toThrow(REFUSED_PROMPT);
    await expect(ollama.embeddings({ model: 'm', prompt: UNSAFE_PROMPT })).rejects.toThrow(REFUSED_PROMPT);
  });
});

describe("llama.cpp's own", () => {
  const piece = (content: string, stop = false): JsonObject => ({ index: 0, content, stop });

  it.each([
    ['/completion', { prompt: UNSAFE_PROMPT }],
    ['/infill', { input_prefix: UNSAFE_PROMPT, input_suffix: '' }],
  ])('%s: a refused prompt, whole and streamed', async (path, body) => {
    upstream.answer({ body: piece(HARMLESS, true) });
    const whole = (await (await p.post(path, body)).json()) as JsonObject;
    expect(whole).toMatchObject({ content: REFUSED_PROMPT, stop: true, stop_type: 'content_filter' });
    const response = await p.post(path, { ...body, stream: true });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const sent = events(await response.text());
    expect(sent.map(({ content }) => content)).toEqual([REFUSED_PROMPT, '']);
    expect(sent.map(({ stop }) => stop)).toEqual([false, true]);
    expect(sent.at(-1)?.portcullis).toMatchObject({ decision: 'block' });
  });

  it('/completion: a refused answer, whole and streamed', async () => {
    upstream.answer({ body: piece(UNSAFE, true) });
    const whole = await (await p.post('/completion', { prompt: 'Read to me.' })).text();
    expect(JSON.parse(whole)).toMatchObject({ content: REFUSED_REPLY, stop_type: 'content_filter' });
    upstream.answer({ body: sse([piece(UNSAFE), piece('', true)]) });
    const raw = await (await p.post('/completion', { prompt: 'Read to me.', stream: true })).text();
    expect(raw).not.toContain('neighbour');
    expect(events(raw).map(({ stop }) => stop)).toEqual([false, true]);
    expect(raw).not.toContain('[DONE]');
  });

  it('/completion: one refused answer of several is an error', async () => {
    upstream.answer({ body: [piece(HARMLESS, true), { ...piece(UNSAFE, true), index: 1 }] });
    const response = await p.post('/completion', { prompt: ['One', 'Two'] });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 403, reason: 'content_policy_violation' } });
  });

  it('/completion: a stream that breaks ends with an error event', async () => {
    upstream.answer({ body: sse([piece('One ')]), cut: true });
    const response = await p.post('/completion', { prompt: 'x', stream: true });
    const body = response.status === 200 ? events(await response.text()).at(-1) : await response.json();
    expect(body).toMatchObject({
      error: { code: 502, type: 'server_error', reason: 'upstream_interrupted' },
    });
  });

  it('/embedding: a refused text is an error', async () => {
    upstream.answer({ body: [{ index: 0, embedding: [VECTOR] }] });
    const response = await p.post('/embedding', { content: UNSAFE_PROMPT });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: { message: REFUSED_PROMPT, reason: 'content_policy_violation' },
    });
  });

  it('/tokenize: token ids are refused', async () => {
    upstream.answer({ body: { tokens: [1, 2, 3] } });
    const response = await p.post('/tokenize', { content: [1, 2, 3] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 400, reason: 'unjudgeable_content' } });
  });

  it('/detokenize: where a policy lets token ids pass, the text they stand for is judged', async () => {
    upstream.answer({ body: { content: HARMLESS } });
    const fine = await p.post('/detokenize', { tokens: [1, 2] });
    expect(await fine.json()).toMatchObject({ content: HARMLESS });
    upstream.answer({ body: { content: UNSAFE } });
    const refused = await p.post('/detokenize', { tokens: [1, 2] });
    expect(refused.status).toBe(403);
    expect(await refused.text()).not.toContain('neighbour');
  });

  it('tells of a wrong method and a wrong body in its own words', async () => {
    const wrong = await fetch(`${p.url}/completion`);
    expect(wrong.status).toBe(405);
    expect(await wrong.json()).toMatchObject({ error: { reason: 'method_not_allowed', code: 405 } });
    const broken = await p.post('/infill', '{');
    expect(await broken.json()).toMatchObject({
      error: { reason: 'invalid_json', type: 'invalid_request_error' },
    });
  });
});
