/** Each limit of time ends a request in its client's own format, in a stream inside of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UpstreamConfig } from '../../src/config/config.js';
import { explainFault } from '../../src/server/proxy/upstream-faults.js';
import { ask, OLLAMA_CHAT, OPENAI } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

const POLICY = 'name: off\nprompt: { enabled: false }\nreply: { enabled: false }\ncode: { enabled: false }\n';

let impatient: RunningPortcullis;
let hurried: RunningPortcullis;
beforeAll(async () => {
  const log = 'log: { level: silent }\n';
  [impatient, hurried] = await Promise.all([
    runPortcullis({
      policy: POLICY,
      config: `${log}upstream: { headers_timeout_ms: 1000, idle_timeout_ms: 1000 }\n`,
    }),
    runPortcullis({ policy: POLICY, config: `${log}upstream: { total_timeout_ms: 400 }\n` }),
  ]);
});
afterAll(() => Promise.all([impatient.close(), hurried.close()]));

it('a request that only waited for a connection says so', () => {
  const config = { connections: 3, totalTimeoutMs: 700 } as UpstreamConfig;
  const origin = 'http://127.0.0.1:11434';
  const circumstances = { config, origin, aborted: false, late: true, queued: true, started: false };
  const { code, message } = explainFault(new Error('given up'), circumstances);
  expect(code).toBe('upstream_timeout');
  expect(message).toMatch(/^All 3 connections .* in use for 700 ms \(upstream\.connections/);
});

describe.each([OPENAI, OLLAMA_CHAT])('$name', (wire) => {
  it.each([true, false])('an upstream that never begins (stream: %s)', async (stream) => {
    const answer = await ask(impatient, wire, wire.body(stream, '[[fault=hang]] Hello.'));
    expect(answer).toMatchObject({ status: 504, errorCode: 'upstream_timeout' });
    expect(answer.error).toContain('headers_timeout_ms');
  });

  it('an upstream that falls silent in the middle', async () => {
    const answer = await ask(impatient, wire, wire.body(true, '[[fault=hang-stream;after=3]] Hello there.'));
    expect(answer).toMatchObject({ status: 200, errorCode: 'upstream_timeout' });
    expect(answer.error).toContain('idle_timeout_ms');
    expect(answer.text).not.toBe('');
    if (wire.framing === 'sse') expect(answer.ended).toBe(true);
  });

  it('an upstream that takes too long in all, though it never pauses', async () => {
    const answer = await ask(hurried, wire, wire.body(true, '[[delay=50]] long reply 100'));
    expect(answer).toMatchObject({ status: 200, errorCode: 'upstream_timeout' });
    expect(answer.error).toContain('total_timeout_ms');
    await expect.poll(() => hurried.upstream.requests.at(-1)?.aborted).toBe(true);
  });
});
