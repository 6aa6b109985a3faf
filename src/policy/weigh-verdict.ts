/** One judge's verdict against the thresholds of one direction. */
import type { CategoryScore, ScoredVerdict } from '../core/assessment.js';
import type { CategoryHit } from '../core/decision.js';
import { UNCATEGORIZED } from '../core/taxonomy.js';
import type { CategoryPolicy, DirectionPolicy } from './policy-types.js';

/** True for a probability; NaN and anything outside [0, 1] is a fault of the judge. */
function isProbability(score: number): boolean {
  return score >= 0 && score <= 1;
}

export function hasValidScores(verdict: ScoredVerdict): boolean {
  return isProbability(verdict.score) && verdict.categories.every(({ score }) => isProbability(score));
}

function policyOf(id: string, direction: DirectionPolicy): CategoryPolicy {
  return direction.categories.get(id) ?? { threshold: direction.threshold, action: direction.action };
}

/**
 * What the verdict says per category. The verdict's own score counts as `uncategorized`, unless a
 * category that it names is certain enough to explain it, that is, reaches the threshold of
 * `uncategorized` itself. So an unsafe text of an unclear kind is never lost, and where the kind is
 * clear, the category's own threshold and action decide: one that an operator made milder stays milder.
 */
function scoresToWeigh(verdict: ScoredVerdict, direction: DirectionPolicy): CategoryScore[] {
  const scores = verdict.categories.map(({ id, score }) => ({
    id: direction.categories.has(id) ? id : UNCATEGORIZED,
    score,
  }));
  const { threshold } = policyOf(UNCATEGORIZED, direction);
  const explained = scores.some(({ score }) => score >= threshold);
  return explained ? scores : [...scores, { id: UNCATEGORIZED, score: verdict.score }];
}

/** Categories that reach their thresholds, each once with its highest score, highest first. */
export function hitsOf(verdicts: readonly ScoredVerdict[], direction: DirectionPolicy): CategoryHit[] {
  const hits = new Map<string, CategoryHit>();
  for (const { id, score } of verdicts.flatMap((verdict) => scoresToWeigh(verdict, direction))) {
    const { threshold, action } = policyOf(id, direction);
    if (score < threshold || (hits.get(id)?.score ?? -1) >= score) continue;
    hits.set(id, { id, score, action });
  }
  return [...hits.values()].sort((a, b) => b.score - a.score);
}
