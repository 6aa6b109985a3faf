import type { CategoryScore } from './assessment.js';

/** Each category once, with the highest of its scores; highest first. */
export function highestOfEach(scores: readonly CategoryScore[]): CategoryScore[] {
  const highest = new Map<string, number>();
  for (const { id, score } of scores) {
    const before = highest.get(id);
    // A score that is not a number stays one: the policy must see that the judge failed.
    if (before === undefined || Number.isNaN(score) || score > before) highest.set(id, score);
  }
  return [...highest].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score);
}
