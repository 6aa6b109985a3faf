/**
 * Identical checks that run at the same moment are one check: the second caller waits for the first
 * one's answer. Each caller keeps its own deadline and may leave; the check itself is stopped when the
 * last one has left.
 */
import type { UnavailableReason, UnavailableVerdict, Verdict } from '../core/assessment.js';
import type { GuardRole } from '../core/conversation.js';
import type { JudgeOptions } from '../core/judge.js';

export interface Check {
  /** Equal keys are the same question to the same judge. */
  readonly key: string;
  /** For the verdicts of callers that leave. */
  readonly judge: string;
  readonly role: GuardRole;
  /** Asks the judge; called at most once for each caller, and only when the same check does not run already. */
  readonly start: (options: JudgeOptions) => Promise<Verdict>;
}

export interface SharedAnswer {
  readonly verdict: Verdict;
  /** Another caller started the check that gave this answer, and has reported what it cost. */
  readonly shared: boolean;
}

export interface SharedChecks {
  /**
   * Rejects only when `start` does, which is a broken judge; then for every caller.
   *
   * A caller whose deadline comes before the check's gets `unavailable(timeout)` at its own, while the
   * check goes on for the others. A caller whose deadline comes after it never gets the check's timeout:
   * one of those starts it again, with the time of the most patient, and the others join that.
   * Any other missing verdict is everybody's.
   */
  run(check: Check, options: JudgeOptions): Promise<SharedAnswer>;
}

interface Running {
  /** By this time (of `performance.now()`) the judge has answered, if only with a timeout. */
  readonly endsAt: number;
  readonly answer: Promise<Verdict>;
  readonly stop: AbortController;
  /** Callers that wait for it. */
  waiting: number;
  /** The latest deadline of all callers so far. */
  latest: number;
}

/** Deadlines that are closer together than this are one, in milliseconds; timers are no more exact. */
const SAME_MOMENT = 1;

type Left = Extract<UnavailableReason, 'timeout' | 'aborted'>;

export function createSharedChecks(): SharedChecks {
  const checks = new Map<string, Running>();

  function begin({ key, start }: Check, endsAt: number, signal: AbortSignal | undefined): Running {
    const stop = new AbortController();
    // Nobody may join a check that nobody waits for any more, and the judge is to know it from the start.
    if (signal?.aborted === true) stop.abort();
    const timeoutMs = Math.max(1, endsAt - performance.now());
    const answer = start({ signal: stop.signal, timeoutMs }).finally(() => forget(key, running));
    answer.catch(() => undefined);
    const running: Running = { endsAt, answer, stop, waiting: 0, latest: endsAt };
    if (!stop.signal.aborted) checks.set(key, running);
    return running;
  }

  function forget(key: string, running: Running): void {
    if (checks.get(key) === running) checks.delete(key);
  }

  /** The check's answer, or why the caller did not wait for it. */
  async function wait(
    key: string,
    running: Running,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<Verdict | Left> {
    let timer: NodeJS.Timeout | undefined;
    let leave: (why: Left) => void = () => undefined;
    const leaving = new Promise<Left>((resolve) => (leave = resolve));
    const abort = (): void => leave('aborted');
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    if (deadline < running.endsAt - SAME_MOMENT)
      timer = setTimeout(() => leave('timeout'), deadline - performance.now());
    running.waiting += 1;
    running.latest = Math.max(running.latest, deadline);
    try {
      const outcome = await Promise.race([running.answer, leaving]);
      if (typeof outcome !== 'string' || running.waiting > 1) return outcome;
      forget(key, running);
      running.stop.abort();
      // Nobody else cares: the judge's own word tells best what was stopped, and it comes soon.
      return outcome === 'aborted' ? await running.answer : outcome;
    } finally {
      running.waiting -= 1;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  return {
    async run(check, { signal, timeoutMs }) {
      const since = performance.now();
      const deadline = since + timeoutMs;
      const left = (reason: Left): UnavailableVerdict => ({
        judge: check.judge,
        role: check.role,
        verdict: 'unavailable',
        reason,
        detail:
          reason === 'timeout'
            ? `No answer within ${Math.round(timeoutMs)} ms.`
            : 'Nobody waits for the answer any more.',
        cost: { ms: performance.now() - since, tokensEvaluated: 0, tokensCached: 0 },
      });
      let endsAt = deadline;
      for (;;) {
        const known = checks.get(check.key);
        const running = known ?? begin(check, endsAt, signal);
        const outcome = await wait(check.key, running, deadline, signal);
        const shared = known !== undefined;
        if (typeof outcome === 'string') return { verdict: left(outcome), shared };
        const ranOut = outcome.verdict === 'unavailable' && outcome.reason === 'timeout';
        const patient = deadline - Math.max(running.endsAt, performance.now()) > SAME_MOMENT;
        if (!ranOut || !shared || !patient) return { verdict: outcome, shared };
        endsAt = running.latest;
      }
    },
  };
}
