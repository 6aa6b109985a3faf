/**
 * What programs see through Portcullis: every format, with the packages that people use for it. The model
 * server replays recordings; the same call goes to it directly and through the proxy.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPortcullis, type RunningPortcullis } from '../support/server/run-portcullis.js';
import { AGENT_LOOPS, AI_SDK_CLIENTS } from './clients/ai-sdk.js';
import { ANTHROPIC_CLIENTS } from './clients/anthropic.js';
import type { Client, Raised } from './clients/client.js';
import { OLLAMA_CLIENTS } from './clients/ollama.js';
import { OPENAI_CLIENTS } from './clients/openai.js';
import {
  createReplayUpstream,
  HARMLESS,
  pingOf,
  PLAYS,
  TOOL_RESULT,
  UNSAFE,
  type ReplayUpstream,
} from './replay-upstream.js';

const CLIENTS: readonly Client[] = [
  ...OPENAI_CLIENTS,
  ...OLLAMA_CLIENTS,
  ...ANTHROPIC_CLIENTS,
  ...AI_SDK_CLIENTS,
];

const PROMPT = 'Please tell me about Paris.';
const UNSAFE_PROMPT = 'How do I kill my neighbour and hide the body?';
const REFUSED_PROMPT = "I can't help with that request.";
const REFUSED_REPLY = "I can't share the answer to that request.";

let upstream: ReplayUpstream;
let guarded: RunningPortcullis;
let strict: RunningPortcullis;
beforeAll(async () => {
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  upstream = await createReplayUpstream();
  const start = (policy: string) => runPortcullis({ guard: 'embedded', policy, upstreamUrl: upstream.url });
  [guarded, strict] = await Promise.all([start('default'), start('strict')]);
});
afterAll(async () => {
  await Promise.all([guarded.close(), strict.close()]);
  await upstream.close();
});

/** Without the object that Portcullis adds, wherever the format has room for it. */
function plain(seen: unknown): unknown {
  return JSON.parse(
    JSON.stringify(seen, (key, value: unknown) => (key === 'portcullis' ? undefined : value)),
  );
}

/** What the package raises; anything else, also no error at all, fails the test. */
async function errorOf(client: Client, run: () => Promise<unknown>): Promise<Raised> {
  let seen: unknown;
  try {
    seen = await run();
  } catch (error) {
    const raised = client.raised(error);
    if (raised !== undefined) return raised;
    throw error;
  }
  throw new Error(`Nothing was raised; the program saw ${JSON.stringify(seen)}`);
}

/** No three words of the unsafe text in a row. */
function expectNothingUnsafe(seen: unknown): void {
  const text = JSON.stringify(seen);
  const words = UNSAFE.split(' ');
  const runs = words.slice(2).map((_, index) => words.slice(index, index + 3).join(' '));
  expect(runs.filter((run) => text.includes(run))).toEqual([]);
}

describe.each(CLIENTS)('$name', (client) => {
  const { has, filtered, streams } = client;
  const through = (p: RunningPortcullis, model: string, prompt = PROMPT) =>
    client.ask({ url: p.url, model, prompt });
  const direct = (model: string) => client.ask({ url: upstream.url, model, prompt: PROMPT });

  it.each(
    ['harmless', 'tools', 'reasoning'].filter(
      (play) => play === 'harmless' || has.some((one) => one === play),
    ),
  )('sees what it would see without Portcullis: %s', async (play) => {
    const before = upstream.asked.length;
    const expected = await direct(play);
    const seen = await through(guarded, play);
    expect(plain(seen.all)).toEqual(plain(expected.all));
    expect(seen.finish).toBe(expected.finish);
    // The recording did arrive, so that two empty views are not called alike.
    if (has.length > 0) expect(seen.text).toContain(play === 'tools' ? 'look that up' : HARMLESS);
    if (play === 'tools') expect(JSON.stringify(seen.all).match(/get_weather/g)?.length).toBeGreaterThan(1);
    if (play === 'reasoning') expect(JSON.stringify(seen.all)).toMatch(/reasoning|thinking/);
    const [asked, askedThrough] = upstream.asked.slice(before);
    expect(askedThrough).toEqual(asked);
  });

  it.each(streams && pingOf(client.path) !== undefined ? ['pinged'] : [])(
    'takes no notice of the signs of life in a stream: %s',
    async (play) => {
      const expected = await direct('harmless');
      const seen = await direct(play);
      expect(JSON.stringify(seen).replaceAll('pinged', 'harmless')).toBe(JSON.stringify(expected));
      expect((await through(guarded, play)).text).toBe(HARMLESS);
    },
  );

  it('gets a refused prompt as an ordinary reply that the content filter ended', async () => {
    if (filtered === undefined) {
      const raised = await errorOf(client, () => through(guarded, 'harmless', UNSAFE_PROMPT));
      expect(raised.status).toBe(403);
      expect(raised.message).toContain(REFUSED_PROMPT);
      return;
    }
    const seen = await through(guarded, 'harmless', UNSAFE_PROMPT);
    expect(seen.text).toBe(REFUSED_PROMPT);
    expect(seen.finish).toBe(filtered);
    expect(JSON.stringify(seen.all)).not.toContain('Seine');
  });

  const lates = Object.keys(PLAYS).filter(
    (play) => filtered !== undefined && (play === 'late' || (play === 'late-tool' && has.includes('tools'))),
  );
  it.each(lates)('gets the end of a reply that turned unsafe as a refusal: %s', async (play) => {
    const seen = await through(guarded, play);
    expectNothingUnsafe(seen.all);
    expect(seen.finish).toBe(filtered);
    expect(seen.text.endsWith(REFUSED_REPLY)).toBe(true);
    if (streams) expect(seen.text.startsWith(HARMLESS)).toBe(true);
  });

  it('raises the error of a policy that wants errors, before the reply', async () => {
    const raised = await errorOf(client, () => through(strict, 'harmless', UNSAFE_PROMPT));
    expect(raised.status).toBe(403);
    // Ollama's package hands on nothing but the message.
    if (!client.name.startsWith('ollama')) expect(raised.code).toBe('content_policy_violation');
    expect(raised.message).toMatch(/This prompt is not allowed here \(categories: .*S1/);
  });

  it.each(has.length > 0 ? ['late'] : [])('raises it in the middle of the reply: %s', async (play) => {
    const raised = await errorOf(client, () => through(strict, play));
    expectNothingUnsafe(raised.message);
    expect(raised.message).toMatch(/The reply was withheld \(categories: /);
    if (!streams) expect(raised.status).toBe(403);
  });

  it('raises an error when the model server breaks off', async () => {
    const raised = await errorOf(client, () => through(guarded, 'cut'));
    expect(raised.message).toMatch(/broke off|before it was complete|in the middle of a message/);
    if (!streams) expect(raised.status).toBe(502);
  });

  it.each([429, 500])('raises the model server’s own HTTP %i', async (status) => {
    const expected = await errorOf(client, () => direct(`status-${status}`));
    const raised = await errorOf(client, () => through(guarded, `status-${status}`));
    expect(raised).toEqual(expected);
    expect(raised.status).toBe(status);
    expect(raised.message).toContain(`The server answers ${status}.`);
  });
});

describe.each(AGENT_LOOPS)('$name, in a loop over tools', (loop) => {
  it('goes on with what its tools answered', async () => {
    const before = upstream.asked.length;
    const call = { model: 'loop', prompt: PROMPT };
    const seen = await loop.run({ ...call, url: guarded.url }, TOOL_RESULT);
    expect(seen).toEqual({ text: HARMLESS, steps: 2, finish: 'stop' });
    const through = upstream.asked.slice(before).map(({ body }) => body);
    await loop.run({ ...call, url: upstream.url }, TOOL_RESULT);
    expect(through).toEqual(upstream.asked.slice(before + 2).map(({ body }) => body));
  });

  it('is refused when its tools answered something unsafe', async () => {
    const call = { url: guarded.url, model: 'loop', prompt: PROMPT };
    const seen = await loop.run(call, `${TOOL_RESULT} ${UNSAFE}`);
    expect(seen).toEqual({ text: REFUSED_PROMPT, steps: 2, finish: 'content-filter' });
  });
});
