/** What the benchmark does with a guard in each round. */
import type { Judge } from '../../core/judge.js';
import type { GuardMessage } from '../../core/conversation.js';
import { quantile } from '../statistics.js';
import { check, costOf, scored, TIMEOUT_MS } from './check.js';
import type { RawProcess } from './raw-process.js';
import type { Samples } from './samples.js';
import { windowsOf } from './stream-windows.js';
import type { TextSource } from './words.js';

export interface Bench {
  readonly judge: Judge;
  readonly raw: RawProcess;
  readonly texts: TextSource;
  readonly samples: Samples;
  readonly signal: AbortSignal;
  /** New tokens -> words of a message that needs so many. */
  readonly words: ReadonlyMap<number, number>;
  /** Tokens of the policy: what a warm check finds in the cache. */
  readonly prefix: number;
}

/** One thing to measure; does it once. `round` counts from 0. */
export type Variant = (round: number) => Promise<void>;

/** New tokens of the warm checks. */
export const NEW_TOKENS = [60, 120, 250] as const;

/** The whole prompt of a short message, evaluated from its first token on. */
export function naive({ raw, samples, prefix }: Bench): Variant {
  return async () => {
    const { ms, evaluated } = await raw.work({ kept: 0, fresh: prefix + NEW_TOKENS[0] });
    samples.add('naive', { value: ms, evaluated, cached: 0 });
  };
}

/** A message whose policy is in the cache, through the engine and through llama.cpp alone, now one first, now the other. */
export function warm(bench: Bench, newTokens: number): Variant {
  const { judge, raw, texts, samples, signal, words } = bench;
  // The engine may evaluate a few kept tokens again; llama.cpp alone is given the same work.
  let work = { kept: bench.prefix, fresh: newTokens };
  return async (round) => {
    const text = texts.words(words.get(newTokens) ?? 1);
    const throughEngine = async (): Promise<void> => {
      const { ms, evaluated, cached } = await check(judge, [{ role: 'User', text }], signal);
      samples.add(`engine ${newTokens}`, { value: ms, evaluated, cached });
      work = { kept: cached, fresh: evaluated };
    };
    const alone = async (): Promise<void> => {
      const { ms, evaluated } = await raw.work(work);
      samples.add(`raw ${newTokens}`, { value: ms, evaluated, cached: work.kept });
    };
    for (const side of round % 2 === 0 ? [throughEngine, alone] : [alone, throughEngine]) await side();
  };
}

const TURNS = 6;
const TURN_WORDS = 20;

/**
 * A chat of six turns, each of a question and a reply, both judged when they come. The last question is compared
 * with a chat's first message of the same words: the reply and the question that are new in it.
 */
export function turns({ judge, texts, samples, signal }: Bench): Variant {
  return async () => {
    const messages: GuardMessage[] = [];
    let news = '';
    for (let turn = 1; turn <= TURNS; turn++) {
      const question = texts.words(TURN_WORDS);
      messages.push({ role: 'User', text: question });
      news = `${messages.at(-2)?.text ?? ''} ${question}`.trim();
      const { ms, evaluated, cached } = await check(judge, messages, signal);
      if (turn === TURNS) samples.add('turn 6', { value: ms, evaluated, cached });
      messages.push({ role: 'Agent', text: texts.words(TURN_WORDS) });
      const reply = await check(judge, messages, signal);
      if (turn === TURNS)
        samples.add('turn 6 reply', { value: reply.ms, evaluated: reply.evaluated, cached: reply.cached });
    }
    // The same words in another order: the same text would be found in the cache.
    const reordered = news.split(' ').reverse().join(' ');
    const first = await check(judge, [{ role: 'User', text: reordered }], signal);
    samples.add('turn 1', { value: first.ms, evaluated: first.evaluated, cached: first.cached });
    const firstReply = await check(
      judge,
      [
        { role: 'User', text: texts.words(TURN_WORDS) },
        { role: 'Agent', text: texts.words(TURN_WORDS) },
      ],
      signal,
    );
    samples.add('turn 1 reply', {
      value: firstReply.ms,
      evaluated: firstReply.evaluated,
      cached: firstReply.cached,
    });
  };
}

/** Tokens of the streamed reply. */
export const REPLY_TOKENS = 400;
const QUESTION_WORDS = 10;

/** A reply that is judged while it is written, and another of the same length that is judged when it is complete. */
export function stream({ judge, texts, samples, signal }: Bench): Variant {
  const reply = (): string => texts.sentences(Array.from({ length: REPLY_TOKENS / 20 }, () => 19));
  const question = (): GuardMessage => ({ role: 'User', text: texts.words(QUESTION_WORDS) });
  return async () => {
    const once = await check(judge, [question(), { role: 'Agent', text: reply() }], signal);
    samples.add('one pass', { value: once.ms, evaluated: once.evaluated, cached: once.cached });
    const review = judge.openStream({ context: [question()], role: 'Agent', categoriesFrom: 1 });
    const total = { value: 0, evaluated: 0, cached: 0 };
    let windows = 0;
    for (const piece of windowsOf(reply())) {
      const startedAt = performance.now();
      const verdict = scored(await review.push(piece, { timeoutMs: TIMEOUT_MS, signal }));
      total.value += performance.now() - startedAt;
      const { evaluated, cached } = costOf(verdict);
      total.evaluated += evaluated;
      total.cached += cached;
      windows += 1;
    }
    review.close();
    samples.add('stream', total);
    samples.add('stream windows', { value: windows });
  };
}

/** Short messages, `atOnce` of them always on their way. */
export function concurrent(bench: Bench, atOnce: number, checks: number): Variant {
  const { judge, texts, samples, signal, words } = bench;
  const name = `${atOnce} at once`;
  return () =>
    load(samples, name, atOnce, checks, async () => {
      const text = texts.words(words.get(NEW_TOKENS[0]) ?? 1);
      const { ms, evaluated, cached } = await check(judge, [{ role: 'User', text }], signal);
      return { ms, evaluated, cached };
    });
}

/** A cascade's checks, one at a time, and how many of them its thorough judge decided. */
export function cascade({ texts, samples, signal, words }: Bench, judge: Judge, checks: number): Variant {
  return async () => {
    let escalated = 0;
    await load(samples, 'cascade', 1, checks, async () => {
      const text = texts.words(words.get(NEW_TOKENS[0]) ?? 1);
      const { ms, evaluated, cached, verdict } = await check(judge, [{ role: 'User', text }], signal);
      if (verdict.decidedBy === 'thorough') escalated += 1;
      return { ms, evaluated, cached };
    });
    samples.add('cascade escalated', { value: escalated / checks });
  };
}

/** Sentences (their words; the full stop is a token, too) of texts for the embedded guard. */
export const EMBEDDED_TEXTS = {
  12: [11],
  60: [14, 14, 14, 14],
  250: Array.from({ length: 10 }, () => 24),
} as const;
const EMBEDDED_CHECKS = 15;

export function embedded({ texts, samples, signal }: Bench, judge: Judge, seconds: number): Variant {
  return async () => {
    for (const [tokens, sentences] of Object.entries(EMBEDDED_TEXTS)) {
      const ms: number[] = [];
      for (let turn = 0; turn < EMBEDDED_CHECKS; turn++)
        ms.push((await check(judge, [{ role: 'User', text: texts.sentences(sentences) }], signal)).ms);
      samples.add(`embedded ${tokens}`, { value: quantile(ms, 0.5) });
    }
    const until = performance.now() + seconds * 1000;
    await load(
      samples,
      'embedded 4 at once',
      4,
      () => performance.now() < until,
      () => check(judge, [{ role: 'User', text: texts.sentences(EMBEDDED_TEXTS[60]) }], signal),
    );
  };
}

/** @param checks how many, or whether another one is to begin */
async function load(
  samples: Samples,
  name: string,
  atOnce: number,
  checks: number | (() => boolean),
  one: () => Promise<{ readonly ms: number; readonly evaluated: number; readonly cached: number }>,
): Promise<void> {
  const startedAt = performance.now();
  let begun = 0;
  const done: { ms: number; evaluated: number; cached: number }[] = [];
  const another = typeof checks === 'number' ? () => begun < checks : checks;
  const client = async (): Promise<void> => {
    while (another()) {
      begun += 1;
      done.push(await one());
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const seconds = (performance.now() - startedAt) / 1000;
  const mean = (read: (cost: (typeof done)[number]) => number): number =>
    done.reduce((sum, cost) => sum + read(cost), 0) / done.length;
  samples.add(name, {
    value: done.length / seconds,
    evaluated: mean(({ evaluated }) => evaluated),
    cached: mean(({ cached }) => cached),
  });
  for (const { ms } of done) samples.add(`${name} ms`, { value: ms });
}
