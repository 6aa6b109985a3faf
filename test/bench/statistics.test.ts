import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSpread, formatTable, quantile, spread } from '../../bench/statistics.js';

describe('quantile', () => {
  it('lies linearly between neighbours', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([10, 20, 30], 0.25)).toBe(15);
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('grows with q, whatever the order, and leaves its argument alone', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const before = [...values];
          const value = quantile(values, q);
          expect(values).toEqual(before);
          expect(value).toBeGreaterThanOrEqual(Math.min(...values));
          expect(value).toBeLessThanOrEqual(Math.max(...values));
          expect(quantile([...values].reverse(), q)).toBe(value);
        },
      ),
    );
  });
});

describe('tables', () => {
  it('writes the middle and how far the rounds lie apart', () => {
    expect(formatSpread(spread([2, 1, 4]), 2)).toBe('2.00 (1.00–4.00)');
  });

  it('aligns the columns', () => {
    expect(
      formatTable(
        ['what', 'ms'],
        [
          ['a longer name', '1.0'],
          ['b', '12.0'],
        ],
      ),
    ).toBe(
      [
        '| what          |   ms |',
        '| ------------- | ---: |',
        '| a longer name |  1.0 |',
        '| b             | 12.0 |',
      ].join('\n'),
    );
  });
});
