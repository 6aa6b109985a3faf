/** One request's decisions, put together: a prompt has one, a streamed reply one for each window. */
import type { Direction, UnavailableReason } from '../core/assessment.js';
import { heavier, type Action, type Decision, type DecisionReason } from '../core/decision.js';

export interface TalliedCategory {
  readonly id: string;
  readonly direction: Direction;
  /** Highest score seen, in [0, 1]. */
  readonly score: number;
}

export interface RequestTally {
  /** The heaviest over all decisions. */
  readonly action: Action;
  readonly intended: Action;
  /** Of the decision with the heaviest intended action; of several, the first that is not plainly `safe`. */
  readonly reason: DecisionReason;
  readonly direction: Direction;
  readonly unavailable: UnavailableReason | undefined;
  readonly policy: string;
  readonly categories: readonly TalliedCategory[];
  /** Ids of the rules that found something, each once. */
  readonly rules: readonly string[];
}

export interface TallyBuilder {
  add(decision: Decision): void;
  /** Undefined while nothing was decided. */
  result(): RequestTally | undefined;
}

/** Keeps ids and scores only: no text ever gets in. */
export function createTally(): TallyBuilder {
  let leading: Decision | undefined;
  let action: Action = 'allow';
  const categories = new Map<string, TalliedCategory>();
  const rules = new Set<string>();
  return {
    add(decision) {
      action = heavier(action, decision.action);
      if (leading === undefined || outweighs(decision, leading)) leading = decision;
      const { direction } = decision;
      for (const { id, score } of decision.categories) {
        const key = `${direction} ${id}`;
        const before = categories.get(key)?.score ?? 0;
        categories.set(key, { id, direction, score: Math.max(before, score) });
      }
      for (const { finding } of decision.findings) rules.add(finding.rule);
    },
    result() {
      if (leading === undefined) return undefined;
      const { intended, reason, direction, unavailable, policy } = leading;
      return {
        action,
        intended,
        reason,
        direction,
        unavailable,
        policy,
        categories: [...categories.values()],
        rules: [...rules],
      };
    },
  };
}

function outweighs(decision: Decision, leading: Decision): boolean {
  if (decision.intended === leading.intended) {
    // Let through without a verdict weighs nothing in actions, but somebody wants to see it.
    return leading.reason === 'safe' && decision.reason !== 'safe';
  }
  return heavier(leading.intended, decision.intended) === decision.intended;
}
