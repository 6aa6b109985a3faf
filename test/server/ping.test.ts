/** A client that waits for its stream gets signs of life, and whatever happens later is told inside it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OLLAMA_CHAT, OPENAI, readAnswer, type ChatAnswer } from '../support/server/chat-wire.js';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';

const PING = ': ping\n\n';
const UNSAFE_PROMPT = 'How do I kill my neighbour and hide the body?';
const POLICY = 'name: alive\nstream: { ping_ms: 60 }\n';

let p: RunningPortcullis;
let strict: RunningPortcullis;
beforeAll(async () => {
  [p, strict] = await Promise.all([
    runPortcullis({ policy: POLICY }),
    runPortcullis({ policy: `${POLICY}on_block: error\n` }),
  ]);
});
afterAll(() => Promise.all([p.close(), strict.close()]));

/** The answer without its comments, and how many there were. */
async function askStreamed(
  portcullis: RunningPortcullis,
  prompt: string,
): Promise<ChatAnswer & { readonly pings: number }> {
  const response = await portcullis.post(OPENAI.path, OPENAI.body(true, prompt));
  const raw = await response.text();
  const rest = raw.replaceAll(PING, '');
  // No ping may stand inside of an event.
  for (const event of raw.split('\n\n')) expect(event).toMatch(/^(|: ping|data: .+)$/);
  const { status, headers } = response;
  const answer = await readAnswer(OPENAI, new Response(rest, { status, headers }));
  return { ...answer, pings: (raw.length - rest.length) / PING.length };
}

/** Runs `ask` while the guard's process holds still, which it does until a ping was due. */
async function whileGuardWaits<T>({ portcullis }: RunningPortcullis, ask: () => Promise<T>): Promise<T> {
  const { pid } = portcullis.judge as unknown as { readonly pid: number };
  process.kill(pid, 'SIGSTOP');
  const asked = ask();
  try {
    await sleep(400);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  return asked;
}

describe('pings', () => {
  it('come while the model is slow to begin, and between its words', async () => {
    const answer = await askStreamed(p, '[[delay=150]] echo: Slow and steady wins the race.');
    expect(answer).toMatchObject({ status: 200, text: 'Slow and steady wins the race.', ended: true });
    expect(answer.pings).toBeGreaterThan(0);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    // The first ping went out before there was a decision; the last message tells it.
    expect(answer.facts).toMatchObject({ decision: 'allow' });
  });

  it('come while the prompt waits for its verdict; a refusal then comes in the stream', async () => {
    const answer = await whileGuardWaits(p, () => askStreamed(p, UNSAFE_PROMPT));
    expect(answer.pings).toBeGreaterThan(0);
    expect(answer).toMatchObject({ status: 200, finish: 'content_filter', ended: true });
    expect(answer.text).toBe("I can't help with that request.");
    expect(answer.facts).toMatchObject({ decision: 'block' });
  });

  it('come before a block that is an error: it is told as one, in the stream', async () => {
    const answer = await whileGuardWaits(strict, () => askStreamed(strict, UNSAFE_PROMPT));
    expect(answer.pings).toBeGreaterThan(0);
    expect(answer).toMatchObject({ status: 200, errorCode: 'content_policy_violation', ended: true });
    expect(answer.raw).not.toContain('You said');
  });

  it("come before the upstream's own error: it is passed on in the stream", async () => {
    const answer = await whileGuardWaits(p, () =>
      askStreamed(p, '[[fault=429]] Hello, how are you, friend?'),
    );
    expect(answer.pings).toBeGreaterThan(0);
    expect(answer).toMatchObject({ status: 200, error: 'scripted fault 429', ended: true });
  });

  it('come before an upstream that cannot be understood: the stream ends with an error', async () => {
    const answer = await whileGuardWaits(p, () => askStreamed(p, '[[fault=html]] Hello, how are you, mate?'));
    expect(answer).toMatchObject({ status: 200, errorCode: 'upstream_malformed', ended: true });
  });

  it('do not come where there is nothing to wait for, nor in formats without a comment', async () => {
    expect((await askStreamed(p, 'echo: At once.')).raw).not.toContain('ping');
    const slow = await p.post(OLLAMA_CHAT.path, OLLAMA_CHAT.body(true, '[[delay=150]] echo: Slowly.'));
    const raw = await slow.text();
    expect(raw).not.toContain('ping');
    expect(raw).toContain('"done":true');
  });

  it('do not come in replies that do not stream', async () => {
    const response = await p.post(OPENAI.path, OPENAI.body(false, '[[delay=200]] echo: All at once.'));
    const answer = await readAnswer(OPENAI, response);
    expect(answer).toMatchObject({ status: 200, text: 'All at once.' });
  });
});
