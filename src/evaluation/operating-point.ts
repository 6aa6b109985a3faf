/** The threshold that keeps false alarms within a budget. */
import type { ScoreGroups } from './score-groups.js';

export interface OperatingPoint {
  /** Scores from this value on are called unsafe. In (0, 1]. */
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/**
 * The lowest threshold at which at most the share `fpr` of the safe lines is called unsafe. Every
 * threshold between two neighbouring scores does the same to these lines; the one with the fewest
 * digits is given.
 * @param fpr in [0, 1]
 * @returns undefined where even a threshold of 1 stops too many, or no line is safe
 */
export function thresholdForFpr(groups: ScoreGroups, fpr: number): OperatingPoint | undefined {
  const { scores, unsafe, safe, totalSafe } = groups;
  if (totalSafe === 0) return undefined;
  const allowed = Math.floor(fpr * totalSafe + 1e-9);
  let truePositives = 0;
  let falsePositives = 0;
  let group = 0;
  for (; group < scores.length; group += 1) {
    if (scores[group] === -Infinity || falsePositives + (safe[group] ?? 0) > allowed) break;
    truePositives += unsafe[group] ?? 0;
    falsePositives += safe[group] ?? 0;
  }
  // The scores on both sides: what is still called unsafe, and the highest that no longer is.
  const lowestIn = scores[group - 1] ?? Infinity;
  const highestOut = group < scores.length ? (scores[group] ?? 0) : -Infinity;
  const low = Math.max(0, highestOut);
  const high = Math.min(1, lowestIn);
  if (low >= high) return undefined;
  return { threshold: fewestDigits(low, high), truePositives, falsePositives };
}

/** A number in (low, high], not 0, as short as possible and of those the nearest to the middle. */
function fewestDigits(low: number, high: number): number {
  for (let digits = 1; digits <= 15; digits += 1) {
    const unit = 10 ** digits;
    const nearest = Math.round(((low + high) / 2) * unit);
    for (const whole of [nearest, nearest + 1, nearest - 1]) {
      const value = whole / unit;
      if (value > low && value <= high && value < 1) return value;
    }
  }
  return high;
}
