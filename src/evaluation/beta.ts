/** The beta distribution, of which exact limits for proportions are quantiles; and the normal one. */

/**
 * ln Γ(x) for x > 0, by C. Lanczos, "A precision approximation of the gamma function", SIAM J. Numer.
 * Anal. 1 (1964), with g = 7 and nine terms; relative error about 1e-15.
 */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  let sum = 0.99999999999980993;
  LANCZOS.forEach((coefficient, index) => (sum += coefficient / (z + index + 1)));
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** Terms after which the fraction has long converged: it needs about the root of max(a, b). */
const MOST_TERMS = 20_000;
const TINY = 1e-300;

/**
 * The regularised incomplete beta function I_x(a, b): the distribution function of Beta(a, b) at x. By the
 * continued fraction DLMF 8.17.22 (https://dlmf.nist.gov/8.17#v), evaluated by Lentz's method.
 * @param x in [0, 1]; a, b > 0
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below the mean; above it, by symmetry, for the other side.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b));
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return Math.min(1, (front * fraction) / a);
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/**
 * The x at which `betaCdf(x, a, b)` is p, by halving the interval until no double lies between its ends.
 * @param p in [0, 1]; a, b > 0
 */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  return root((x) => betaCdf(x, a, b) - p, 0, 1);
}

/**
 * The standard normal distribution function, by the series of G. Marsaglia, "Evaluating the Normal
 * Distribution", J. Stat. Software 11(4), 2004; exact to about 1e-15 for |z| < 7.
 */
export function normalCdf(z: number): number {
  if (z < -8) return 0;
  if (z > 8) return 1;
  let sum = z;
  let term = z;
  for (let i = 3; sum + term !== sum; i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * z * z - 0.5 * Math.log(2 * Math.PI));
}

/** The z at which `normalCdf(z)` is p, for p in (0, 1). */
export function normalQuantile(p: number): number {
  return root((z) => normalCdf(z) - p, -8, 8);
}

/** Where an increasing function crosses 0. */
function root(of: (x: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
  for (let step = 0; step < 200; step += 1) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (of(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
