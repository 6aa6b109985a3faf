/** A guard that has too much to do says so at once, in every format, and when to come again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, CASES, OPENAI } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

let p: RunningPortcullis;
let pid: number;
let occupied: Promise<unknown>;

beforeAll(async () => {
  p = await runPortcullis({ config: 'log: { level: silent }\nguard: { max_queue: 1 }\n' });
  const { pid: found } = p.portcullis.judge as unknown as { readonly pid: number | undefined };
  if (found === undefined) throw new Error('the guard has no process');
  pid = found;
  // It holds still, so that one request fills its queue for as long as the test takes.
  process.kill(pid, 'SIGSTOP');
  occupied = ask(p, OPENAI, OPENAI.body(false, 'echo: I was first.'));
  while (p.portcullis.judge.queueDepth === 0) await sleep(10);
});
afterAll(async () => {
  process.kill(pid, 'SIGCONT');
  await occupied;
  await p.close();
});

describe('a request that the guard has no room for', () => {
  it.each(CASES)('$name: 503, and when to come again', async ({ wire, stream }) => {
    const answer = await ask(p, wire, wire.body(stream, 'echo: No room for me.'));
    expect(answer.status).toBe(503);
    expect(answer.errorCode).toBe('guard_unavailable');
    expect(answer.error).toContain('overloaded');
    // What the queue says; errors without a time of their own say 5.
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.raw).not.toContain('No room');
  });

  it('/v1/moderations', async () => {
    const response = await p.post('/v1/moderations', { input: 'No room for me.' });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
  });

  it('/guard/classify answers, without a verdict', async () => {
    const response = await p.post('/guard/classify', { text: 'No room for me.' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      verdict: 'unavailable',
      score: null,
      reason: 'overloaded',
      retryAfter: 1,
    });
  });
});
