import { afterEach, describe, expect, it } from 'vitest';
import { load, type LoadOptions } from '../../bench/load.js';
import { createScriptedUpstream, type ScriptedUpstream } from '../../examples/upstream/scripted.mjs';

const chat = (content: string, stream = false): string =>
  JSON.stringify({ model: 'scripted', stream, messages: [{ role: 'user', content }] });

const options: LoadOptions = {
  connections: 3,
  requests: 10,
  limitMs: 20_000,
  body: () => chat('echo: good morning'),
  accept: (text) => text.includes('good morning'),
};

let upstream: ScriptedUpstream | undefined;
afterEach(() => upstream?.close());

async function run(changes: Partial<LoadOptions> = {}): ReturnType<typeof load> {
  upstream = await createScriptedUpstream();
  return load(`${upstream.url}/v1/chat/completions`, { ...options, ...changes });
}

describe('load', () => {
  it('sends as many requests as it was told, and times them', async () => {
    const result = await run();
    expect(upstream?.requests).toHaveLength(10);
    expect(result).toMatchObject({ requests: 10, failures: 0, firstFailure: undefined });
    expect(result.perSecond).toBeGreaterThan(0);
    expect(result.whole.p50).toBeGreaterThan(0);
    expect(result.whole.p99).toBeGreaterThanOrEqual(result.whole.p50);
  });

  it('sees the first byte of a stream before its last', async () => {
    const slow = () => chat('echo: good morning everybody [[chunk=4;delay=20]]', true);
    const result = await run({
      requests: 2,
      body: slow,
      accept: (text) => text.trimEnd().endsWith('[DONE]'),
    });
    expect(result.failures).toBe(0);
    expect(result.firstByte.p50).toBeLessThanOrEqual(result.firstText.p50);
    expect(result.firstText.p50).toBeLessThan(result.whole.p50);
  });

  it('counts what went wrong and leaves it out of the times', async () => {
    const bodies = ['echo: good morning', 'hello [[fault=500]]', 'hello [[fault=cut]]', 'echo: good night'];
    let sent = 0;
    const result = await run({ connections: 1, requests: 4, body: () => chat(bodies[sent++] ?? '') });
    expect(result).toMatchObject({ requests: 4, failures: 3 });
    expect(result.firstFailure).toContain('HTTP 500');
  });

  it('begins nothing after its time', async () => {
    const result = await run({ connections: 1, limitMs: 0 });
    expect(result.requests).toBe(0);
    expect(upstream?.requests).toHaveLength(0);
  });
});
