/** What a policy makes of an assessment. Pure data; the gate and the adapters carry it out. */
import type { Direction, Finding, Treatment, UnavailableReason } from './assessment.js';

/** In order of weight: the heaviest action of all that apply wins. */
export type Action = 'allow' | 'annotate' | 'redact' | 'block';

const WEIGHT: Record<Action, number> = { allow: 0, annotate: 1, redact: 2, block: 3 };

/** The heavier of two actions. */
export function heavier(a: Action, b: Action): Action {
  return WEIGHT[a] >= WEIGHT[b] ? a : b;
}

/** Why the action was chosen. */
export type DecisionReason = 'safe' | 'category' | 'code' | 'unavailable' | 'unjudged_part';

/** A category that reached its threshold, and what the policy does about it. */
export interface CategoryHit {
  /** A taxonomy id, or `uncategorized` when the judge gave a score but no category. */
  readonly id: string;
  readonly score: number;
  readonly action: Action;
}

/** A finding with the treatment the policy gives it. */
export interface TreatedFinding {
  readonly finding: Finding;
  readonly treatment: Treatment;
}

export interface Decision {
  readonly direction: Direction;
  /** What is done. */
  readonly action: Action;
  /** What would have been done if the policy enforced; differs from `action` under `mode: monitor`. */
  readonly intended: Action;
  readonly reason: DecisionReason;
  readonly categories: readonly CategoryHit[];
  readonly findings: readonly TreatedFinding[];
  /** Of a prompt whose text was the reason: which turn it was, counted from 0. */
  readonly turn?: number | undefined;
  /** Set when `reason` is `unavailable`. */
  readonly unavailable?: UnavailableReason;
  /** Seconds after which a retry makes sense, where the judge could tell. */
  readonly retryAfter?: number | undefined;
  /** Name and version of the policy, as in the `x-portcullis-policy` header: `default@1`. */
  readonly policy: string;
  /** What the client is told instead of the text; set when the action is `block`. */
  readonly message?: string;
}

/** The rules whose findings the policy does not ignore, each once. */
export function treatedRules(decision: Decision): string[] {
  const minded = decision.findings.filter(({ treatment }) => treatment !== 'ignore');
  return [...new Set(minded.map(({ finding }) => finding.rule))];
}
