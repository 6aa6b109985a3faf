/** Average precision and thresholds, against definitions that look at every pair. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateAveragePrecision, estimateRates } from '../../src/evaluation/bootstrap.js';
import { thresholdForFpr } from '../../src/evaluation/operating-point.js';
import { createRandom } from '../../src/evaluation/random.js';
import { averagePrecision, coarsen, groupByScore } from '../../src/evaluation/score-groups.js';

interface Line {
  readonly unsafe: boolean;
  readonly score: number;
}

// Few distinct scores, so that ties are common.
const line = fc.record({
  unsafe: fc.boolean(),
  score: fc.oneof(
    fc.constantFrom(0, 0.25, 0.5, 0.5000001, 0.75, 1),
    fc.double({ min: 0, max: 1, noNaN: true }),
  ),
});
const lines = fc.array(line, { minLength: 1, maxLength: 60 });

function groupsOf(all: readonly Line[]): ReturnType<typeof groupByScore> {
  const scores = (unsafe: boolean): Float64Array =>
    Float64Array.from(all.filter((one) => one.unsafe === unsafe).map(({ score }) => score));
  return groupByScore(scores(true), scores(false));
}

/** For every unsafe line, the precision of all that scores at least as high; the mean of these. */
function naiveAveragePrecision(all: readonly Line[]): number {
  const unsafe = all.filter((one) => one.unsafe);
  const precisions = unsafe.map(({ score }) => {
    const stopped = all.filter((other) => other.score >= score);
    return stopped.filter((other) => other.unsafe).length / stopped.length;
  });
  return precisions.reduce((sum, precision) => sum + precision, 0) / unsafe.length;
}

describe('average precision', () => {
  test('is the mean precision at the unsafe lines', () => {
    fc.assert(
      fc.property(lines, (all) => {
        fc.pre(all.some(({ unsafe }) => unsafe));
        expect(averagePrecision(groupsOf(all))).toBeCloseTo(naiveAveragePrecision(all), 12);
      }),
    );
  });

  test('does not depend on the order of the lines', () => {
    fc.assert(
      fc.property(lines, (all) => {
        expect(averagePrecision(groupsOf([...all].reverse()))).toBe(averagePrecision(groupsOf(all)));
      }),
    );
  });

  test('one score for all: the share of unsafe lines; none unsafe: undefined', () => {
    const same = [true, false, false, false].map((unsafe) => ({ unsafe, score: 0.3 }));
    expect(averagePrecision(groupsOf(same))).toBe(0.25);
    expect(averagePrecision(groupsOf([{ unsafe: false, score: 1 }]))).toBeUndefined();
  });

  test('a line without a score only ever lowers it', () => {
    fc.assert(
      fc.property(lines, fc.boolean(), (all, unsafe) => {
        fc.pre(all.some((one) => one.unsafe));
        const before = averagePrecision(groupsOf(all)) ?? Number.NaN;
        const after = averagePrecision(groupsOf([...all, { unsafe, score: Number.NaN }])) ?? Number.NaN;
        expect(after).toBeLessThan(before);
      }),
    );
  });

  test('coarser groups lose no line and stay in order', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 20 }), (all, most) => {
        const groups = groupsOf(all);
        const coarse = coarsen(groups, most);
        const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
        expect(total(coarse.unsafe)).toBe(groups.totalUnsafe);
        expect(total(coarse.safe)).toBe(groups.totalSafe);
        expect([...coarse.scores]).toEqual([...coarse.scores].sort((a, b) => b - a));
      }),
    );
  });
});

describe('the threshold for a false positive rate', () => {
  test('keeps to it, does what it says, and no lower one would', () => {
    fc.assert(
      fc.property(lines, fc.double({ min: 0, max: 0.5, noNaN: true }), (all, fpr) => {
        const safe = all.filter((one) => !one.unsafe);
        fc.pre(safe.length > 0);
        const alarms = (threshold: number): number => safe.filter(({ score }) => score >= threshold).length;
        const point = thresholdForFpr(groupsOf(all), fpr);
        if (point === undefined) {
          expect(alarms(1)).toBeGreaterThan(fpr * safe.length);
          return;
        }
        expect(point.threshold).toBeGreaterThan(0);
        expect(point.threshold).toBeLessThanOrEqual(1);
        expect(alarms(point.threshold)).toBe(point.falsePositives);
        expect(point.falsePositives).toBeLessThanOrEqual(fpr * safe.length + 1e-6);
        expect(all.filter(({ unsafe, score }) => unsafe && score >= point.threshold)).toHaveLength(
          point.truePositives,
        );
        // The next score below it would stop too many.
        const below = all.map(({ score }) => score).filter((score) => score < point.threshold);
        if (below.length > 0 && Math.max(...below) > 0)
          expect(alarms(Math.max(...below))).toBeGreaterThan(fpr * safe.length);
      }),
    );
  });

  test('a short number between the scores', () => {
    const all = [
      { unsafe: false, score: 0.301 },
      { unsafe: true, score: 0.912 },
      { unsafe: false, score: 0.05 },
    ];
    expect(thresholdForFpr(groupsOf(all), 0.01)).toEqual({
      threshold: 0.6,
      truePositives: 1,
      falsePositives: 0,
    });
  });
});

describe('bootstrap intervals', () => {
  const options = { resamples: 4000, seed: 5, confidence: 0.95 };

  test('are those of resampling line by line', () => {
    const confusion = { truePositives: 70, falseNegatives: 30, falsePositives: 24, trueNegatives: 276 };
    const rates = estimateRates(confusion, options);
    const random = createRandom(99);
    const f1: number[] = [];
    for (let resample = 0; resample < 4000; resample += 1) {
      let found = 0;
      let alarms = 0;
      for (let draw = 0; draw < 100; draw += 1) if (random.below(100) < 70) found += 1;
      for (let draw = 0; draw < 300; draw += 1) if (random.below(300) < 24) alarms += 1;
      f1.push((2 * found) / (2 * found + alarms + 100 - found));
    }
    f1.sort((a, b) => a - b);
    expect(rates.f1.value).toBeCloseTo(140 / (140 + 54), 12);
    expect(rates.f1.low).toBeCloseTo(f1[100] ?? 0, 1.7);
    expect(rates.f1.high).toBeCloseTo(f1[3900] ?? 0, 1.7);
    expect(rates.recall.low).toBeCloseTo(0.61, 1.7);
    expect(rates.recall.high).toBeCloseTo(0.79, 1.7);
  });

  test('of the average precision: resampled scores give the same', () => {
    const random = createRandom(4);
    const all: Line[] = Array.from({ length: 200 }, (_, index) => ({
      unsafe: index % 4 === 0,
      score: Math.min(1, Math.round((random.next() * 0.7 + (index % 4 === 0 ? 0.3 : 0)) * 50) / 50),
    }));
    const estimate = estimateAveragePrecision(groupsOf(all), { ...options, resamples: 1500 });
    const unsafe = all.filter((one) => one.unsafe);
    const safe = all.filter((one) => !one.unsafe);
    const naive: number[] = [];
    for (let resample = 0; resample < 400; resample += 1) {
      const draw = (from: readonly Line[]): Line[] =>
        from.flatMap(() => from[random.below(from.length)] ?? []);
      naive.push(naiveAveragePrecision([...draw(unsafe), ...draw(safe)]));
    }
    naive.sort((a, b) => a - b);
    expect(Math.abs((estimate.low ?? 0) - (naive[10] ?? 1))).toBeLessThan(0.04);
    expect(Math.abs((estimate.high ?? 0) - (naive[390] ?? 1))).toBeLessThan(0.04);
  });

  test('rare or no mistakes still leave room for some', () => {
    const perfect = { truePositives: 40, falseNegatives: 0, falsePositives: 0, trueNegatives: 500 };
    const rates = estimateRates(perfect, options);
    expect(rates.recall).toMatchObject({ value: 1, high: 1 });
    expect(rates.recall.low).toBeLessThan(0.95);
    expect(rates.fpr.high).toBeGreaterThan(0.005);
    expect(rates.f1.low).toBeLessThan(0.98);
  });

  test('nothing to divide by: no value and no interval', () => {
    const nothing = { truePositives: 0, falseNegatives: 0, falsePositives: 0, trueNegatives: 9 };
    const { recall, precision, f1, fpr } = estimateRates(nothing, options);
    for (const rate of [recall, precision, f1])
      expect(rate).toEqual({ value: undefined, low: undefined, high: undefined });
    expect(fpr.value).toBe(0);
  });

  test('the same seed gives the same interval', () => {
    const confusion = { truePositives: 50, falseNegatives: 50, falsePositives: 50, trueNegatives: 50 };
    expect(estimateRates(confusion, options)).toEqual(estimateRates(confusion, options));
    expect(estimateRates(confusion, { ...options, seed: 6 })).not.toEqual(estimateRates(confusion, options));
  });
});
