/** Limits for a proportion of which k of n lines were seen. */
import { betaQuantile, normalQuantile } from './beta.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval: two-sided, never outside [0, 1], and not empty where k is 0 or n. E. B. Wilson,
 * "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
 * @param n at least 1
 * @param confidence in (0, 1)
 */
export function wilsonInterval(k: number, n: number, confidence: number): Interval {
  const z = normalQuantile((1 + confidence) / 2);
  const centre = (k + (z * z) / 2) / (n + z * z);
  const half = (z / (n + z * z)) * Math.sqrt((k * (n - k)) / n + (z * z) / 4);
  // Exact at the ends, where rounding would leave a crumb.
  return { low: k === 0 ? 0 : Math.max(0, centre - half), high: k === n ? 1 : Math.min(1, centre + half) };
}

/**
 * The exact upper limit: were the true proportion larger, so few as k of n would come up with a chance of
 * less than 1 - confidence. One-sided. C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial
 * limits illustrated in the case of the binomial", Biometrika 26 (1934).
 * @returns 1 without any line
 */
export function upperLimit(k: number, n: number, confidence: number): number {
  return n === 0 || k >= n ? 1 : betaQuantile(confidence, k + 1, n - k);
}

/** The lines of which none may be wrong for `upperLimit` to be at most `bound`. */
export function linesForBound(bound: number, confidence: number): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log1p(-bound));
}
