/** Identical checks are one check; each caller keeps its deadline and may leave. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UnavailableReason, Verdict } from '../../src/core/assessment.js';
import type { JudgeOptions } from '../../src/core/judge.js';
import { createSharedChecks, type SharedAnswer, type SharedChecks } from '../../src/engine/shared-checks.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const base = {
  judge: 'test',
  role: 'User',
  cost: { ms: 1, tokensEvaluated: 1, tokensCached: 0 },
} as const;
const scored: Verdict = { ...base, verdict: 'safe', score: 0.1, categories: [] };
const unavailable = (reason: UnavailableReason, retryAfter?: number): Verdict => ({
  ...base,
  verdict: 'unavailable',
  reason,
  retryAfter,
  detail: 'by the judge',
});

interface Started {
  readonly at: number;
  readonly timeoutMs: number;
  abortedAt: number | undefined;
  settledAt: number | undefined;
}

/** A judge that needs so long for its first, second, … check, and keeps its contract. */
function judgeWith(plans: readonly { readonly takes: number; readonly verdict: Verdict }[]) {
  const started: Started[] = [];
  const start = ({ signal, timeoutMs }: JudgeOptions): Promise<Verdict> => {
    const plan = plans[started.length % plans.length] ?? { takes: 0, verdict: scored };
    const run: Started = { at: performance.now(), timeoutMs, abortedAt: undefined, settledAt: undefined };
    started.push(run);
    return new Promise((resolve) => {
      const settle = (verdict: Verdict): void => {
        run.settledAt ??= performance.now();
        resolve(verdict);
      };
      const late = plan.takes > timeoutMs;
      setTimeout(() => settle(late ? unavailable('timeout') : plan.verdict), late ? timeoutMs : plan.takes);
      const abort = (): void => {
        run.abortedAt = performance.now();
        settle(unavailable('aborted'));
      };
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort);
    });
  };
  return { start, started };
}

function caller(
  checks: SharedChecks,
  start: (options: JudgeOptions) => Promise<Verdict>,
  timeoutMs: number,
  key = 'same',
) {
  const leaving = new AbortController();
  const seen: { answer: SharedAnswer | undefined; at: number } = { answer: undefined, at: -1 };
  const done = checks
    .run({ key, judge: 'test', role: 'User', start }, { signal: leaving.signal, timeoutMs })
    .then((answer) => {
      seen.answer = answer;
      seen.at = performance.now();
      return answer;
    });
  return { seen, done, leave: () => leaving.abort() };
}

const reasonOf = ({ answer }: { answer: SharedAnswer | undefined }): string | undefined =>
  answer?.verdict.verdict === 'unavailable' ? answer.verdict.reason : answer?.verdict.verdict;

describe('two identical checks', () => {
  it('ask the judge once, and both get its answer; another key is another question', async () => {
    const checks = createSharedChecks();
    const { start, started } = judgeWith([{ takes: 50, verdict: scored }]);
    const first = caller(checks, start, 100);
    const second = caller(checks, start, 100);
    const other = caller(checks, start, 100, 'other');
    await vi.advanceTimersByTimeAsync(60);
    expect(started).toHaveLength(2);
    expect([first, second, other].map(({ seen }) => seen.answer)).toEqual([
      { verdict: scored, shared: false },
      { verdict: scored, shared: true },
      { verdict: scored, shared: false },
    ]);
  });

  it('share a missing verdict, with what it says; the next check is a new one', async () => {
    const checks = createSharedChecks();
    const { start, started } = judgeWith([{ takes: 50, verdict: unavailable('overloaded', 7) }]);
    const callers = [caller(checks, start, 100), caller(checks, start, 200)];
    await vi.advanceTimersByTimeAsync(60);
    for (const { seen } of callers)
      expect(seen.answer?.verdict).toMatchObject({ reason: 'overloaded', retryAfter: 7 });
    expect(started).toHaveLength(1);
    caller(checks, start, 100);
    expect(started).toHaveLength(2);
  });

  it('go on when the first caller leaves, and stop when the last one does', async () => {
    const checks = createSharedChecks();
    const { start, started } = judgeWith([{ takes: 50, verdict: scored }]);
    const first = caller(checks, start, 100);
    const second = caller(checks, start, 100);
    await vi.advanceTimersByTimeAsync(10);
    first.leave();
    await vi.advanceTimersByTimeAsync(1);
    expect(reasonOf(first.seen)).toBe('aborted');
    expect(started[0]?.abortedAt).toBeUndefined();
    second.leave();
    await vi.advanceTimersByTimeAsync(1);
    expect(started[0]?.abortedAt).toBeDefined();
    // Of the last one the judge itself tells.
    expect(second.seen.answer?.verdict).toMatchObject({ reason: 'aborted', detail: 'by the judge' });
  });

  it('do not share what is being stopped, though the judge takes its time to stop', async () => {
    const checks = createSharedChecks();
    const verdicts = [unavailable('aborted'), scored];
    const start = async (): Promise<Verdict> => {
      const verdict = verdicts.shift() ?? unavailable('internal');
      await new Promise((resolve) => setTimeout(resolve, 20));
      return verdict;
    };
    const first = caller(checks, start, 100);
    first.leave();
    await vi.advanceTimersByTimeAsync(1);
    const next = caller(checks, start, 100);
    await vi.advanceTimersByTimeAsync(60);
    expect(reasonOf(first.seen)).toBe('aborted');
    expect(next.seen.answer).toEqual({ verdict: scored, shared: false });
  });

  it('have each their own deadline: the sooner one is told at its own', async () => {
    const checks = createSharedChecks();
    const { start, started } = judgeWith([{ takes: 50, verdict: scored }]);
    const patient = caller(checks, start, 100);
    const hasty = caller(checks, start, 20);
    await vi.advanceTimersByTimeAsync(25);
    expect(reasonOf(hasty.seen)).toBe('timeout');
    expect(started[0]?.abortedAt).toBeUndefined();
    await vi.advanceTimersByTimeAsync(30);
    expect(patient.seen.answer?.verdict).toBe(scored);
  });

  it('are started again for those who have time when the one that started it had none', async () => {
    const checks = createSharedChecks();
    const plan = { takes: 80, verdict: scored };
    const { start, started } = judgeWith([plan]);
    const hasty = caller(checks, start, 20);
    const patient = [caller(checks, start, 110), caller(checks, start, 150)];
    await vi.advanceTimersByTimeAsync(30);
    expect(reasonOf(hasty.seen)).toBe('timeout');
    // One more check for both, with the time of the more patient one.
    expect(started.map(({ timeoutMs }) => Math.round(timeoutMs))).toEqual([20, 130]);
    await vi.advanceTimersByTimeAsync(80);
    expect(patient.map(({ seen }) => seen.answer)).toEqual([
      { verdict: scored, shared: false },
      { verdict: scored, shared: true },
    ]);
  });

  it('fail both when the judge breaks its contract', async () => {
    const checks = createSharedChecks();
    const start = async (): Promise<Verdict> => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw new Error('broken');
    };
    const failures = [caller(checks, start, 100), caller(checks, start, 100)].map(({ done }) =>
      expect(done).rejects.toThrow('broken'),
    );
    await vi.advanceTimersByTimeAsync(20);
    await Promise.all(failures);
  });
});

describe('any number of callers, whenever they come, leave and give up', () => {
  const ms = (max: number) => fc.integer({ min: 1, max });
  const plan = fc.record({
    takes: ms(120),
    verdict: fc.constantFrom(scored, scored, unavailable('overloaded'), unavailable('internal')),
  });
  const visit = fc.record({
    comes: ms(100),
    timeoutMs: ms(100),
    leaves: fc.option(ms(150), { nil: undefined }),
  });

  it('have their answer in time, for their own reasons, and never two checks at once', async () => {
    const property = fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 4 }),
      fc.array(visit, { minLength: 1, maxLength: 6 }),
      async (plans, visits) => {
        const from = performance.now();
        const checks = createSharedChecks();
        const { start, started } = judgeWith(plans);
        const callers: (ReturnType<typeof caller> & (typeof visits)[number])[] = [];
        for (const one of visits)
          setTimeout(() => {
            const here = { ...caller(checks, start, one.timeoutMs), ...one };
            callers.push(here);
            if (one.leaves !== undefined) setTimeout(here.leave, one.leaves);
          }, one.comes);
        await vi.advanceTimersByTimeAsync(400);

        expect(callers).toHaveLength(visits.length);
        for (const { seen, comes, timeoutMs, leaves } of callers) {
          const waited = seen.at - from - comes;
          const reason = reasonOf(seen);
          expect(reason, 'everybody is answered').toBeDefined();
          expect(waited, 'in time').toBeLessThanOrEqual(Math.min(timeoutMs, leaves ?? Infinity) + 2);
          if (reason === 'timeout') expect(waited).toBeGreaterThanOrEqual(timeoutMs - 2);
          if (reason === 'aborted') expect(waited).toBeGreaterThanOrEqual((leaves ?? Infinity) - 1);
        }
        for (const [index, run] of started.entries()) {
          const next = started[index + 1];
          if (next !== undefined) expect(run.settledAt).toBeLessThanOrEqual(next.at);
          const paid = callers.filter(({ seen }) => seen.answer?.shared === false);
          expect(paid.length, 'each check is reported once at most').toBeLessThanOrEqual(started.length);
          if (run.abortedAt === undefined) continue;
          const waiting = callers.filter(
            ({ seen, comes }) => from + comes < (run.abortedAt ?? 0) && seen.at > (run.abortedAt ?? 0),
          );
          expect(waiting, 'nobody was waiting for a check that was stopped').toEqual([]);
        }
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});
