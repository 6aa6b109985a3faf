/**
 * One question to the judge: answered from the cache, by the same question that is being answered
 * already, or by the judge. Told to the listeners either way.
 */
import type { Direction, UnavailableVerdict, Verdict } from '../core/assessment.js';
import type { GuardRole } from '../core/conversation.js';
import type { EventSink } from '../core/events.js';
import type { Judge, JudgeOptions } from '../core/judge.js';
import type { RequestContext } from './request-context.js';
import { createSharedChecks } from './shared-checks.js';
import type { VerdictCache } from './verdict-cache.js';

export interface Question {
  /** Equal keys are equal questions; see question-key.ts. */
  readonly key: string;
  /** Who wrote what is judged. */
  readonly role: GuardRole;
  readonly direction: Direction;
  /** Asks the judge itself. */
  readonly start: (options: JudgeOptions) => Promise<Verdict>;
}

/** The verdict as the judge gave it, in the judge's own taxonomy. Rejects only when the judge does. */
export type Ask = (question: Question, context: RequestContext) => Promise<Verdict>;

export interface AskParts {
  readonly judge: Judge;
  readonly cache: VerdictCache;
  readonly emit: EventSink;
}

export function createAsk({ judge, cache, emit }: AskParts): Ask {
  const checks = createSharedChecks();

  return async ({ key, role, direction, start }, { requestId, policy, signal, deadline }) => {
    const tell = (verdict: Verdict, how: { cached: boolean; shared: boolean }): Verdict => {
      emit({ type: 'verdict', requestId, direction, verdict, ...how });
      return verdict;
    };
    const known = cache.get(key);
    if (known !== undefined) return tell(known, { cached: true, shared: false });

    const left = deadline === undefined ? Infinity : deadline - performance.now();
    const timeoutMs = Math.min(policy.judgeTimeoutMs, left);
    if (timeoutMs <= 0) return tell(late(judge.id, role, policy.judgeTotalTimeoutMs), FRESH);

    const remember = async (options: JudgeOptions): Promise<Verdict> => {
      const verdict = await start(options);
      if (verdict.verdict !== 'unavailable') cache.set(key, verdict);
      return verdict;
    };
    const check = { key, judge: judge.id, role, start: remember };
    const { verdict, shared } = await checks.run(check, { signal, timeoutMs });
    return tell(verdict, { cached: false, shared });
  };
}

const FRESH = { cached: false, shared: false };

function late(judge: string, role: GuardRole, totalMs: number): UnavailableVerdict {
  return {
    judge,
    role,
    verdict: 'unavailable',
    reason: 'timeout',
    detail: `Newer turns took all of the ${totalMs} ms that the policy gives a prompt (judge_total_timeout_ms).`,
    cost: { ms: 0, tokensEvaluated: 0, tokensCached: 0 },
  };
}
