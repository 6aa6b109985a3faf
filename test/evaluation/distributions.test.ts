/** The distributions that intervals stand on, against their definitions and published values. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { betaCdf, betaQuantile, logGamma, normalCdf, normalQuantile } from '../../src/evaluation/beta.js';
import { sampleBinomial, sampleMultinomial } from '../../src/evaluation/binomial.js';
import { linesForBound, upperLimit, wilsonInterval } from '../../src/evaluation/proportion.js';
import { quantile } from '../../src/evaluation/quantile.js';
import { createRandom, permutation } from '../../src/evaluation/random.js';

/** P(X = k) of a binomial, term by term. */
function binomialChance(k: number, n: number, p: number): number {
  let chance = (1 - p) ** (n - k);
  for (let i = 0; i < k; i += 1) chance *= ((n - i) / (i + 1)) * p;
  return chance;
}

function atMost(k: number, n: number, p: number): number {
  let sum = 0;
  for (let i = 0; i <= k; i += 1) sum += binomialChance(i, n, p);
  return sum;
}

describe('the beta distribution', () => {
  test('logGamma knows factorials and the root of pi', () => {
    expect(logGamma(1)).toBeCloseTo(0, 13);
    expect(logGamma(11)).toBeCloseTo(Math.log(3628800), 12);
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 13);
  });

  test.each([
    // Closed forms: I_x(1, b) = 1 - (1 - x)^b, I_x(a, 1) = x^a, I_x(2, 2) = 3x^2 - 2x^3, the arcsine law.
    [0.3, 1, 5, 1 - 0.7 ** 5],
    [0.3, 4, 1, 0.3 ** 4],
    [0.2, 2, 2, 3 * 0.04 - 2 * 0.008],
    [0.25, 0.5, 0.5, (2 / Math.PI) * Math.asin(0.5)],
    [0.001, 1, 10_000, 1 - 0.999 ** 10_000],
  ])('I_%f(%f, %f) = %f', (x, a, b, expected) => {
    expect(betaCdf(x, a, b)).toBeCloseTo(expected, 12);
  });

  test('is the tail of a binomial', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat(60),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (n, at, p) => {
          const k = Math.min(at, n - 1);
          // P(X > k) = I_p(k + 1, n - k): DLMF 8.17.5.
          expect(betaCdf(p, k + 1, n - k)).toBeCloseTo(1 - atMost(k, n, p), 10);
        },
      ),
    );
  });

  test('the quantile undoes the distribution function, for large parameters too', () => {
    const parameter = fc.double({ min: 0.5, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(parameter, parameter, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (a, b, p) => {
        expect(betaCdf(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 7);
      }),
    );
  });
});

test('the normal distribution: the values that every table has', () => {
  expect(normalCdf(0)).toBe(0.5);
  expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 13);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  expect(normalQuantile(0.05)).toBeCloseTo(-1.6448536269514722, 12);
});

describe('limits for a proportion', () => {
  test('Wilson solves its own equation, stays in [0, 1] and holds k / n', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (n, at) => {
        const k = Math.min(at, n);
        const { low, high } = wilsonInterval(k, n, 0.95);
        const z = normalQuantile(0.975);
        for (const end of [low, high]) {
          expect(end).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThanOrEqual(1);
          if (end > 0 && end < 1)
            expect(Math.abs(k / n - end)).toBeCloseTo(z * Math.sqrt((end * (1 - end)) / n), 8);
        }
        expect(low).toBeLessThanOrEqual(k / n);
        expect(high).toBeGreaterThanOrEqual(k / n);
        expect(high).toBeGreaterThan(low);
      }),
    );
  });

  test('Wilson: a published example, 1 of 10', () => {
    const { low, high } = wilsonInterval(1, 10, 0.95);
    expect(low).toBeCloseTo(0.0179, 4);
    expect(high).toBeCloseTo(0.4042, 4);
  });

  test('the upper limit is where so few would be just improbable enough', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.nat(300),
        fc.constantFrom(0.8, 0.95, 0.99),
        (n, at, confidence) => {
          const k = Math.min(at, n - 1);
          expect(atMost(k, n, upperLimit(k, n, confidence))).toBeCloseTo(1 - confidence, 8);
        },
      ),
    );
  });

  test('nothing seen proves nothing; all wrong is all wrong', () => {
    expect(upperLimit(0, 0, 0.95)).toBe(1);
    expect(upperLimit(7, 7, 0.95)).toBe(1);
  });

  test('the lines a bound needs are the first number that reaches it', () => {
    // The "rule of three": 3 / 299 is about 1%.
    expect(linesForBound(0.01, 0.95)).toBe(299);
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.5, noNaN: true }), (bound) => {
        const lines = linesForBound(bound, 0.95);
        expect(upperLimit(0, lines, 0.95)).toBeLessThanOrEqual(bound + 1e-9);
        expect(upperLimit(0, lines - 1, 0.95)).toBeGreaterThan(bound - 1e-9);
      }),
    );
  });
});

describe('random numbers', () => {
  test('the same seed gives the same, another seed others', () => {
    const first = (seed: number): number[] => {
      const random = createRandom(seed);
      return [random.next(), random.next(), random.next()];
    };
    expect(first(7)).toEqual(first(7));
    expect(first(7)).not.toEqual(first(8));
    expect(first(7)).not.toEqual(first(7 + 2 ** 32));
  });

  test('a permutation holds every index once', () => {
    expect([...permutation(1000, createRandom(3))].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, index) => index),
    );
  });

  test.each([
    // By inversion, by inversion of the other side, by rejection.
    [20, 0.2],
    [20, 0.9],
    [60, 0.4],
    [400, 0.7],
  ])('binomial draws of n = %i, p = %f are distributed as they should be', (n, p) => {
    const random = createRandom(11);
    const draws = 40_000;
    const seen = new Float64Array(n + 1);
    for (let draw = 0; draw < draws; draw += 1) {
      const k = sampleBinomial(random, n, p);
      seen[k] = (seen[k] ?? 0) + 1;
    }
    // Pearson's chi-square over the values that are expected at least 20 times.
    let chiSquare = 0;
    let cells = 0;
    for (let k = 0; k <= n; k += 1) {
      const expected = draws * binomialChance(k, n, p);
      if (expected < 20) continue;
      chiSquare += ((seen[k] ?? 0) - expected) ** 2 / expected;
      cells += 1;
    }
    // Mean cells - 1, standard deviation sqrt(2 cells): five of them.
    expect(chiSquare).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  });

  test('a multinomial draw sums to its total and leaves empty cells empty', () => {
    const weight = fc.nat(1000);
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 1, maxLength: 30 }),
        fc.nat(5000),
        fc.nat(),
        (weights, total, seed) => {
          fc.pre(weights.some((one) => one > 0));
          const into = new Float64Array(weights.length);
          sampleMultinomial(createRandom(seed), total, Float64Array.from(weights), into);
          expect(into.reduce((sum, cell) => sum + cell, 0)).toBe(total);
          weights.forEach((one, cell) => {
            if (one === 0) expect(into[cell]).toBe(0);
          });
        },
      ),
    );
  });
});

test('quantiles lie between the values around them', () => {
  expect(quantile([], 0.5)).toBeNaN();
  expect(quantile([4], 0.95)).toBe(4);
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantile([10, 20, 30], 0.95)).toBeCloseTo(29, 10);
});
