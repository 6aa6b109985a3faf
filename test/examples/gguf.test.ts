/** The GGUF upstream on a real file: random weights, so what it says is noise, and how it says it is not. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../src/runtime/entry.js';
import { writeRandomLlama } from '../support/gguf/random-llama.js';

const TEMPLATE =
  "{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + " +
  "message['content'] + '<|eot_id|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

const folder = mkdtempSync(join(tmpdir(), 'portcullis-gguf-upstream-'));
let child: ChildProcess;
let url: string;

beforeAll(async () => {
  const model = join(folder, 'noise.gguf');
  writeRandomLlama(model, 'mini', { chatTemplate: TEMPLATE });
  const script = join(packageRoot(), 'examples/upstream/gguf.mjs');
  const args = [script, '--model', model, '--context', '1024'];
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  child = started;
  const [line] = (await once(createInterface(started.stdout), 'line')) as [string];
  ({ url } = JSON.parse(line) as { url: string });
});

afterAll(async () => {
  child.kill('SIGTERM');
  await once(child, 'close');
  rmSync(folder, { recursive: true });
});

const messages = [{ role: 'user' as const, content: 'Say <|eot_id|> something.' }];

it("serves OpenAI's client, whole and streamed, with the same words", async () => {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
  const whole = await openai.chat.completions.create({ model: 'noise', messages, max_completion_tokens: 8 });
  const text = whole.choices[0]?.message.content ?? '';
  expect(text).not.toBe('');
  expect(whole.choices[0]?.finish_reason).toBe('length');
  expect(whole.usage?.completion_tokens).toBe(8);

  const stream = openai.chat.completions.stream({ model: 'noise', messages, max_completion_tokens: 8 });
  expect(await stream.finalContent()).toBe(text);
  expect((await openai.models.list()).data[0]?.id).toBe('noise');
});

it("serves Ollama's client, and several at once in turn", async () => {
  const ollama = new Ollama({ host: url });
  const options = { num_predict: 6, temperature: 0 };
  const whole = await ollama.chat({ model: 'noise', messages, options });
  expect(whole).toMatchObject({ done: true, done_reason: 'length', eval_count: 6 });
  const replies = await Promise.all([
    ollama.generate({ model: 'noise', prompt: 'Say <|eot_id|> something.', options }),
    ollama.generate({ model: 'noise', prompt: 'Say <|eot_id|> something.', options }),
  ]);
  for (const { response } of replies) expect(response).toBe(whole.message.content);
});

it('stops when the client goes away, and serves the next', async () => {
  const post = (body: object, signal?: AbortSignal) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
  const gone = new AbortController();
  const long = await post({ messages, max_tokens: 100_000, stream: true }, gone.signal);
  const reader = long.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  gone.abort();
  // Were the first still generating, this one would wait for its turn until the test is out of time.
  expect((await post({ messages, max_tokens: 1 })).status).toBe(200);
});

it('says what it cannot do', async () => {
  const post = (body: string) => fetch(`${url}/v1/chat/completions`, { method: 'POST', body });
  for (const body of ['{', '{"messages":[{"role":"user"}]}', JSON.stringify({ messages, n: 2 })]) {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toHaveProperty('error.message');
  }
  expect((await fetch(`${url}/api/pull`, { method: 'POST', body: '{}' })).status).toBe(404);
});
