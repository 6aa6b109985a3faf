/** One check through a judge, with its cost; a check without a verdict ends the benchmark. */
import { GuardError } from '../../core/errors.js';
import type { GuardMessage, GuardRole } from '../../core/conversation.js';
import type { Judge } from '../../core/judge.js';
import type { ScoredVerdict, Verdict } from '../../core/assessment.js';
import type { TextSource } from './words.js';

/** Longer than any check of any shape: what is measured is the work, not the deadline. */
export const TIMEOUT_MS = 1_800_000;

export interface Cost {
  /** Milliseconds as the caller sees them. */
  readonly ms: number;
  readonly evaluated: number;
  readonly cached: number;
}

export interface Checked extends Cost {
  readonly verdict: ScoredVerdict;
}

export async function check(
  judge: Judge,
  messages: readonly GuardMessage[],
  signal?: AbortSignal,
): Promise<Checked> {
  const startedAt = performance.now();
  // Categories cost more evaluations, depending on the verdict; random weights give random ones.
  const verdict = await judge.assess({ messages, categoriesFrom: 1 }, { timeoutMs: TIMEOUT_MS, signal });
  return { ...costOf(verdict), ms: performance.now() - startedAt, verdict: scored(verdict) };
}

export function costOf({ cost }: Verdict): Pick<Cost, 'evaluated' | 'cached'> {
  return { evaluated: cost.tokensEvaluated, cached: cost.tokensCached };
}

/** @throws GuardError('guard_unavailable') for a verdict that is none */
export function scored(verdict: Verdict): ScoredVerdict {
  if (verdict.verdict !== 'unavailable') return verdict;
  throw new GuardError(
    'guard_unavailable',
    `A check of the benchmark had no answer (${verdict.reason}): ${verdict.detail}`,
  );
}

const MOST_TRIES = 6;

/**
 * How many words a message needs so that its prompt has `wanted` tokens behind the policy's `prefix`, the fixed
 * ending included. Where even one word needs more, it is one word.
 */
export async function wordsFor(
  judge: Judge,
  texts: TextSource,
  { prefix, wanted }: { readonly prefix: number; readonly wanted: number },
  signal?: AbortSignal,
): Promise<number> {
  let words = Math.max(1, wanted - 50);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { evaluated, cached } = await check(judge, [{ role: 'User', text: texts.words(words) }], signal);
    const fresh = evaluated + cached - prefix;
    if (fresh === wanted) break;
    const next = Math.max(1, words + wanted - fresh);
    if (next === words) break;
    words = next;
  }
  return words;
}

/** A conversation of `turns` messages that ends with `role`'s. */
export function conversation(turns: number, role: GuardRole, text: () => string): GuardMessage[] {
  return Array.from({ length: turns }, (_, index) => ({
    role: (turns - index) % 2 === 1 ? role : role === 'User' ? 'Agent' : 'User',
    text: text(),
  }));
}
