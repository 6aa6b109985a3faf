/** How many of n independent trials succeed: what a bootstrap of counted lines needs, without drawing n times. */
import type { Random } from './random.js';

/** Below this expected count the sum of the probabilities is walked; above it, rejection is faster. */
const FEW = 10;

/**
 * A draw from the binomial distribution.
 * @param n trials, a whole number from 0
 * @param p chance of success of each, in [0, 1]
 */
export function sampleBinomial(random: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - sampleBinomial(random, n, 1 - p);
  return n * p < FEW ? byInversion(random, n, p) : byRejection(random, n, p);
}

/** Walks the distribution function from 0 on; P(k) follows from P(k - 1). */
function byInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  const none = Math.exp(n * Math.log1p(-p));
  for (;;) {
    let left = random.next();
    let chance = none;
    for (let k = 0; k <= n; k += 1) {
      if (left < chance) return k;
      left -= chance;
      chance *= ((n - k) / (k + 1)) * odds;
    }
    // Rounding left a crumb of probability after the last value: draw again.
  }
}

/**
 * Transformed rejection with squeeze, algorithm BTRS of W. Hörmann, "The generation of binomial random
 * variates", J. Stat. Comput. Simul. 46 (1993). For p <= 0.5 and n p >= 10.
 */
function byRejection(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = n * p + 0.5;
  const alpha = (2.83 + 5.1 / b) * spread;
  const squeeze = 0.92 - 4.2 / b;
  const mode = Math.floor((n + 1) * p);
  const atMode =
    (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
    stirlingTail(mode) +
    stirlingTail(n - mode);
  for (;;) {
    const u = random.next() - 0.5;
    const v = random.next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k > n) continue;
    const bound =
      atMode +
      (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) -
      stirlingTail(k) -
      stirlingTail(n - k);
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

/** ln k! minus Stirling's formula for it; the table up to 9, the series after. */
const TAIL = Array.from({ length: 10 }, (_, k) => {
  let logFactorial = 0;
  for (let i = 2; i <= k; i += 1) logFactorial += Math.log(i);
  return logFactorial - ((k + 0.5) * Math.log(k + 1) - (k + 1) + 0.5 * Math.log(2 * Math.PI));
});

function stirlingTail(k: number): number {
  const known = TAIL[k];
  if (known !== undefined) return known;
  const next = k + 1;
  const square = next * next;
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / next;
}

/**
 * Spreads `total` draws over cells with the given weights: a draw from the multinomial distribution, by
 * one binomial for each cell. What is put into `into` sums to `total`.
 * @param weights not negative, of the same length as `into`
 */
export function sampleMultinomial(
  random: Random,
  total: number,
  weights: Float64Array,
  into: Float64Array,
): void {
  let weightLeft = 0;
  for (const weight of weights) weightLeft += weight;
  let left = total;
  for (let cell = 0; cell < weights.length; cell += 1) {
    const weight = weights[cell] ?? 0;
    const drawn = weight === 0 ? 0 : sampleBinomial(random, left, Math.min(1, weight / weightLeft));
    into[cell] = drawn;
    left -= drawn;
    weightLeft -= weight;
  }
}
