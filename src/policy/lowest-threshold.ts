import type { DirectionPolicy } from './policy-types.js';

/**
 * The lowest score that any category reacts to, in [0, 1]: from there on a judge has to name
 * categories (`JudgeRequest.categoriesFrom`).
 */
export function lowestThreshold(direction: DirectionPolicy): number {
  let lowest = direction.threshold;
  for (const category of direction.categories.values()) lowest = Math.min(lowest, category.threshold);
  return lowest;
}
