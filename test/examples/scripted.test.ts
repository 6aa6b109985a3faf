import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScriptedUpstream } from '../../examples/upstream/scripted.mjs';
import type { ScriptedOptions, ScriptedUpstream } from '../../examples/upstream/scripted.mjs';
import { packageRoot } from '../../src/runtime/entry.js';

let upstream: ScriptedUpstream;
const restart = async (options?: ScriptedOptions) => {
  await upstream.close();
  upstream = await createScriptedUpstream(options);
};
beforeEach(async () => {
  upstream = await createScriptedUpstream();
});
afterEach(() => upstream.close());

const openai = () => new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: 'none', maxRetries: 0 });
const ollama = () => new Ollama({ host: upstream.url });
const user = (content: string) => [{ role: 'user' as const, content }];
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(upstream.url + path, { method: 'POST', body: JSON.stringify(body), headers });

describe("OpenAI's client", () => {
  it('reads a whole reply', async () => {
    const reply = await openai().chat.completions.create({
      model: 'm',
      messages: user('show me insecure code'),
      n: 2,
    });
    expect(reply.model).toBe('m');
    expect(reply.choices).toHaveLength(2);
    expect(reply.choices[1]?.message.content).toContain('```python');
    expect(reply.choices[1]?.message.content).toContain('os.system(user_input)');
    expect(reply.choices[1]?.finish_reason).toBe('stop');
  });

  it('reads a stream: any text, cut anywhere, on every choice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => text === text.trim()),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (text, chunk, split, n) => {
          fc.pre(!text.includes('[['));
          await restart({ chunk, split });
          const stream = await openai().chat.completions.create({
            model: 'm',
            messages: user(`echo: ${text}`),
            stream: true,
            n,
          });
          const texts = Array.from({ length: n }, () => '');
          for await (const { choices } of stream) {
            for (const { index, delta } of choices)
              texts[index] = `${texts[index] ?? ''}${delta.content ?? ''}`;
          }
          expect(texts).toEqual(texts.map(() => text));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('assembles a streamed tool call', async () => {
    const stream = openai().chat.completions.stream({ model: 'm', messages: user('use the tool') });
    const call = (await stream.finalMessage()).tool_calls?.[0];
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } });
  });

  it('gets usage, log probabilities and the model list', async () => {
    const stream = await openai().chat.completions.create({
      model: 'm',
      messages: user('hello'),
      stream: true,
      logprobs: true,
      stream_options: { include_usage: true },
    });
    let tokens = '';
    let text = '';
    let total: number | undefined;
    for await (const { choices, usage } of stream) {
      tokens += choices[0]?.logprobs?.content?.map(({ token }) => token).join('') ?? '';
      text += choices[0]?.delta.content ?? '';
      total ??= usage?.total_tokens;
    }
    expect(text).not.toBe('');
    expect(tokens).toBe(text);
    expect(total).toBeGreaterThan(0);
    const { data } = await openai().models.list();
    expect(data.map(({ id }) => id)).toEqual(['scripted']);
  });
});

describe("Ollama's client", () => {
  it('chats, whole and streamed, with thinking and tool calls', async () => {
    const whole = await ollama().chat({ model: 'm', messages: user('use the tool') });
    expect(whole.message.tool_calls).toEqual([
      { function: { name: 'get_weather', arguments: { city: 'Oslo' } } },
    ]);
    let thinking = '';
    let text = '';
    let reason = '';
    for await (const part of await ollama().chat({ model: 'm', messages: user('think'), stream: true })) {
      thinking += part.message.thinking ?? '';
      text += part.message.content;
      if (part.done) reason = part.done_reason;
    }
    expect(thinking).toContain('One, two, three.');
    expect(text).toBe('I am done thinking.');
    expect(reason).toBe('stop');
  });

  it('generates, whole and streamed', async () => {
    const whole = await ollama().generate({ model: 'm', prompt: 'echo: one two' });
    expect(whole.response).toBe('one two');
    let text = '';
    const stream = await ollama().generate({ model: 'm', prompt: 'long reply 20', stream: true });
    for await (const part of stream) text = text.concat(part.response ?? '');
    expect(text).toContain('Sentence 20 of 20');
    expect((await ollama().list()).models[0]?.name).toBe('scripted');
  });
});

describe('faults', () => {
  const fault = (name: string, stream = true) =>
    post('/v1/chat/completions', { stream, messages: user('hello there') }, { 'x-script': `fault=${name}` });

  it.each(['cut', 'refuse'])('%s breaks the connection', async (name) => {
    await expect(fault(name).then((response) => response.text())).rejects.toThrow();
    expect(upstream.requests[0]?.aborted).toBe(true);
  });

  it('end stops without the last message', async () => {
    const text = await (await fault('end')).text();
    expect(text).toContain('"content"');
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('"stop"');
  });

  it('json breaks one message of a stream, or the whole reply', async () => {
    const lines = (await (await fault('json')).text())
      .split('\n\n')
      .filter((line) => line.startsWith('data: {'));
    const broken = lines.filter((line) => {
      try {
        JSON.parse(line.slice('data: '.length));
        return false;
      } catch {
        return true;
      }
    });
    expect(broken).toHaveLength(1);
    await expect((await fault('json', false)).json()).rejects.toThrow();
  });

  it('error comes in the form of the API', async () => {
    expect(await (await fault('error')).text()).toMatch(/data: \{"error":\{"message":"[^"]+"[^\n]*\}\}\n\n$/);
    const ollamas = await post('/api/chat', { messages: user('hello there [[fault=error]]') });
    expect(await ollamas.text()).toMatch(/\n\{"error":"[^"]+"\}\n$/);
  });

  it.each(['429', '500', '503'])('%s answers with that status', async (name) => {
    const response = await fault(name);
    expect(response.status).toBe(Number(name));
    expect(await response.json()).toMatchObject({ error: { type: 'upstream_error' } });
  });

  it('html, shape, empty, redirect and gzip are what they say', async () => {
    expect((await fault('html')).headers.get('content-type')).toBe('text/html');
    expect(await (await fault('shape')).json()).not.toHaveProperty('choices');
    expect(await (await fault('empty')).text()).toBe('');
    const redirect = await fetch(`${upstream.url}/v1/models`, {
      headers: { 'x-script': 'fault=redirect' },
      redirect: 'manual',
    });
    expect(redirect.status).toBe(302);
    const gzip = await fault('gzip');
    expect(gzip.headers.get('content-encoding')).toBe('gzip');
    expect(await gzip.text()).toContain('data: [DONE]');
  });

  it('hang and hang-stream wait until the client gives up, and note it', async () => {
    const signal = AbortSignal.timeout(300);
    const body = JSON.stringify({ messages: user('x [[fault=hang]]') });
    await expect(fetch(`${upstream.url}/api/chat`, { method: 'POST', body, signal })).rejects.toThrow();
    const stream = await fault('hang-stream');
    const reader = stream.body?.getReader();
    const first = await reader?.read();
    expect(first?.done).toBe(false);
    await reader?.cancel();
    while (!upstream.requests.every((request) => request.aborted)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(upstream.requests.map((request) => request.finished)).toEqual([false, false]);
  });

  it('says so when a fault or an option does not exist', async () => {
    const response = await fault('gone-fishing');
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('hang-stream');
    await expect(createScriptedUpstream({ chunk: 0 })).rejects.toThrow('chunk must be a whole number');
  });
});

it('records what it was sent, and answers what a test wants', async () => {
  await restart({
    reply: (_body, choice) => ({ parts: [{ kind: 'text', text: `no. ${choice}` }], finish: 'length' }),
  });
  const body = { messages: user('hello'), n: 2, extra: true };
  const reply = (await (await post('/v1/chat/completions', body, { 'x-mine': '1' })).json()) as object;
  expect(reply).toMatchObject({ choices: [{ message: { content: 'no. 0' } }, { finish_reason: 'length' }] });
  expect(upstream.requests).toHaveLength(1);
  expect(upstream.requests[0]).toMatchObject({ method: 'POST', path: '/v1/chat/completions', body });
  expect(upstream.requests[0]?.headers['x-mine']).toBe('1');
  expect(upstream.requests[0]?.finished).toBe(true);
});

it('runs by itself: prints its URL, serves, refuses a taken port, and ends on SIGTERM', async () => {
  const script = join(packageRoot(), 'examples/upstream/scripted.mjs');
  const run = (...args: string[]) => spawn(process.execPath, [script, ...args], { stdio: 'pipe' });
  const child = run('--chunk', '2');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  expect(await (await fetch(`${url}/api/version`)).json()).toEqual({ version: '0.0.0-example' });
  // An open connection does not keep it alive.
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');

  const second = run('--port', new URL(url).port);
  const [code] = (await once(second, 'close')) as [number];
  expect(code).toBe(2);

  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
});
