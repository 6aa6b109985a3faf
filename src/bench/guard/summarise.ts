/** From what the rounds measured to a report. */
import { quantile, type Spread } from '../statistics.js';
import {
  keeps,
  type CheckRow,
  type GuardBenchReport,
  type LoadRow,
  type MemoryReport,
  type TargetRow,
} from './report.js';
import type { Samples } from './samples.js';
import { EMBEDDED_TEXTS, NEW_TOKENS, REPLY_TOKENS } from './variants.js';

/** @param prefix tokens of the policy */
export function checkRows(samples: Samples, prefix: number): CheckRow[] {
  const names: (readonly [key: string, name: string])[] = [
    ['naive', `naive: llama.cpp alone, all ${prefix + NEW_TOKENS[0]} tokens`],
    ...NEW_TOKENS.flatMap((tokens): [string, string][] => [
      [`engine ${tokens}`, `policy cached, ${tokens} new tokens`],
      [`raw ${tokens}`, `the same in llama.cpp alone`],
    ]),
    ['turn 1', 'first message of a chat, 40 words'],
    ['turn 6', 'turn 6 of a chat, the same new words'],
    ['turn 1 reply', 'first reply of a chat'],
    ['turn 6 reply', 'reply 6 of a chat'],
    ['one pass', `reply of ${REPLY_TOKENS} tokens, judged when complete`],
    ['stream', `the same in a stream, all windows`],
  ];
  return names
    .filter(([key]) => samples.has(key))
    .map(([key, name]) => ({
      name,
      ms: samples.values(key),
      ...(samples.tokens(key) ?? { evaluated: 0, cached: 0 }),
    }));
}

export function embeddedRows(samples: Samples): GuardBenchReport['embedded'] {
  return Object.keys(EMBEDDED_TEXTS)
    .filter((tokens) => samples.has(`embedded ${tokens}`))
    .map((tokens) => ({ tokens: Number(tokens), ms: samples.values(`embedded ${tokens}`) }));
}

export function loadRows(samples: Samples): LoadRow[] {
  const names: (readonly [key: string, name: string])[] = [
    ['1 at once', 'the model, 1 at once'],
    ['4 at once', 'the model, 4 at once'],
    ['cascade', 'cascade, 1 at once'],
    ['embedded 4 at once', 'embedded guard, 60 tokens, 4 at once'],
  ];
  return names
    .filter(([key]) => samples.has(key))
    .map(([key, name]) => {
      const ms = samples.of(`${key} ms`).map(({ value }) => value);
      return {
        name,
        checksPerSecond: samples.values(key),
        p50: quantile(ms, 0.5),
        p95: quantile(ms, 0.95),
        ...(samples.tokens(key) ?? { evaluated: 0, cached: 0 }),
        escalated: key === 'cascade' ? samples.values('cascade escalated').median : null,
      };
    });
}

/** @param telling the model is large enough for its times and its memory to mean something */
export function targetRows(
  samples: Samples,
  memory: MemoryReport | undefined,
  telling: boolean,
): TargetRow[] {
  const row = (
    name: string,
    of: TargetRow['of'],
    value: Spread,
    target: TargetRow['target'] = null,
    judged = true,
    digits = 2,
  ): TargetRow => ({
    name,
    of,
    value,
    digits,
    target,
    met: target === null || !judged ? null : keeps(value.median, target),
  });
  const atMost = (limit: number): TargetRow['target'] => ({ is: 'at most', limit });
  const atLeast = (limit: number): TargetRow['target'] => ({ is: 'at least', limit });
  const rows = [
    row(
      'naive over policy cached, 60 new tokens',
      'time',
      samples.ratio('naive', 'engine 60'),
      atLeast(5.5),
      telling,
    ),
    ...NEW_TOKENS.map((tokens) =>
      row(
        `engine over llama.cpp alone, ${tokens} new tokens`,
        'time',
        samples.ratio(`engine ${tokens}`, `raw ${tokens}`),
        atMost(1.05),
        telling,
      ),
    ),
    row(
      'turn 6 over turn 1, same new words',
      'time',
      samples.ratio('turn 6', 'turn 1'),
      atMost(1.3),
      telling,
    ),
    row('turn 6 over turn 1, same new words', 'tokens', samples.tokenRatio('turn 6', 'turn 1'), atMost(1.3)),
    row('reply 6 over reply 1', 'tokens', samples.tokenRatio('turn 6 reply', 'turn 1 reply'), atMost(1.3)),
    row('stream over one pass', 'tokens', samples.tokenRatio('stream', 'one pass'), atMost(1.8)),
    row('stream over one pass', 'time', samples.ratio('stream', 'one pass')),
  ];
  if (samples.has('embedded 60'))
    rows.push(
      row('embedded guard, 60 tokens, ms', 'time', samples.values('embedded 60'), atMost(15), true, 1),
      row(
        'embedded guard, checks a second',
        'rate',
        samples.values('embedded 4 at once'),
        atLeast(100),
        true,
        0,
      ),
    );
  if (memory !== undefined) {
    const share = (bytes: number): Spread => {
      const value = bytes / (memory.file + memory.kv);
      return { median: value, min: value, max: value };
    };
    rows.push(
      row(
        'memory of the model process over file and KV',
        'memory',
        share(memory.steady),
        atMost(1.15),
        telling,
      ),
      row('its peak over file and KV', 'memory', share(memory.peak), atMost(1.15), telling),
    );
  }
  return rows;
}
