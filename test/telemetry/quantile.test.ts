import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bucketQuantile, type Bucket } from '../../src/telemetry/quantile.js';

const bounds = [1, 2, 5, 10, Infinity];

function histogram(values: readonly number[]): Bucket[] {
  return bounds.map((upTo) => ({ upTo, cumulative: values.filter((value) => value <= upTo).length }));
}

it('names the bucket in which the true quantile lies', () => {
  const observed = fc.array(fc.double({ min: 0.001, max: 10, noNaN: true }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(observed, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, q) => {
      const sorted = [...values].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(q * sorted.length - 1e-9) - 1] ?? NaN;
      const upTo = bounds.find((bound) => exact <= bound) ?? NaN;
      const lower = bounds[bounds.indexOf(upTo) - 1] ?? 0;
      const estimate = bucketQuantile(histogram(values), q);
      expect(estimate).toBeGreaterThanOrEqual(lower);
      expect(estimate).toBeLessThanOrEqual(upTo);
    }),
  );
});

it('is linear inside a bucket, as histogram_quantile is', () => {
  expect(bucketQuantile(histogram([3, 3, 3, 3]), 0.5)).toBe(3.5);
});

it('gives the highest finite bound for what lies beyond it, and null for nothing', () => {
  expect(bucketQuantile(histogram([99]), 0.5)).toBe(10);
  expect(bucketQuantile(histogram([]), 0.5)).toBeNull();
});
