/** Figures of a report, counted again by hand. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareLines,
  createScoredLines,
  measureLines,
  type ScoredLine,
  type ScoredLines,
} from '../../src/evaluation/index.js';

const OPTIONS = {
  resamples: 50,
  seed: 1,
  confidence: 0.95,
  fpr: 0.01,
  fallback: { User: 'block', Agent: 'allow' },
} as const;

const ids = fc.uniqueArray(fc.constantFrom('S1', 'S2', 'S10'), { maxLength: 2 }).map((list) => list.sort());

const line: fc.Arbitrary<ScoredLine> = fc
  .record({
    role: fc.constantFrom('User' as const, 'Agent' as const),
    label: fc.constantFrom('safe' as const, 'unsafe' as const),
    categories: ids,
    source: fc.constantFrom(undefined, 'a', 'b'),
    verdict: fc.constantFrom('safe' as const, 'unsafe' as const, 'unavailable' as const),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    named: ids,
    ms: fc.double({ min: 0, max: 100, noNaN: true }),
  })
  .map((one) => ({
    ...one,
    categories: one.label === 'safe' ? [] : one.categories,
    score: one.verdict === 'unavailable' ? undefined : one.score,
    named: one.verdict === 'unsafe' ? one.named : [],
    reason: one.verdict === 'unavailable' ? ('timeout' as const) : undefined,
  }));

function keep(all: readonly ScoredLine[]): ScoredLines {
  const lines = createScoredLines();
  for (const one of all) lines.add(one);
  return lines;
}

const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);

describe('measures', () => {
  test('are what counting gives; no verdict counts as wrong, or as the fallback says', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 40 }), (all) => {
        const report = measureLines(keep(all), OPTIONS);
        const unsafe = all.filter(({ label }) => label === 'unsafe');
        const safe = all.filter(({ label }) => label === 'safe');
        const found = unsafe.filter(({ verdict }) => verdict === 'unsafe');
        const alarms = safe.filter(({ verdict }) => verdict !== 'safe');
        expect(report.overall.recall.value).toBe(share(found.length, unsafe.length));
        expect(report.overall.fpr.value).toBe(share(alarms.length, safe.length));
        expect(report.overall.precision.value).toBe(share(found.length, found.length + alarms.length));

        const missing = all.filter(({ verdict }) => verdict === 'unavailable');
        expect(report.unavailable.lines).toBe(missing.length);
        expect(report.unavailable.reasons).toEqual(missing.length > 0 ? { timeout: missing.length } : {});
        const stopped = (one: ScoredLine): boolean =>
          one.verdict === 'unsafe' || (one.verdict === 'unavailable' && one.role === 'User');
        if (missing.length === 0) expect(report.unavailable.withFallback).toBeUndefined();
        else {
          expect(report.unavailable.withFallback?.recall.value).toBe(
            share(unsafe.filter(stopped).length, unsafe.length),
          );
          expect(report.unavailable.withFallback?.fpr.value).toBe(
            share(safe.filter(stopped).length, safe.length),
          );
        }

        for (const { role, lines, recall } of report.roles) {
          const own = all.filter((one) => one.role === role);
          expect(lines).toBe(own.length);
          expect(recall.value).toBe(
            share(
              own.filter(({ label, verdict }) => label === 'unsafe' && verdict === 'unsafe').length,
              own.filter(({ label }) => label === 'unsafe').length,
            ),
          );
        }
        for (const { source, lines } of report.sources)
          expect(lines).toBe(all.filter((one) => one.source === source).length);

        for (const { id, lines, recall, named, timesNamed, namedRightly } of report.categories) {
          const carry = unsafe.filter(({ categories }) => categories.includes(id));
          const caught = carry.filter(({ verdict }) => verdict === 'unsafe');
          const right = caught.filter((one) => one.named.includes(id));
          const known = found.filter((one) => one.categories.length > 0 && one.named.includes(id));
          expect(lines).toBe(carry.length);
          expect(recall.value).toBe(share(caught.length, carry.length));
          expect(named.value).toBe(share(right.length, caught.length));
          expect(timesNamed).toBe(known.length);
          expect(namedRightly.value).toBe(share(right.length, known.length));
        }
        const judged = found.filter(({ categories }) => categories.length > 0);
        expect(report.naming.exact.value).toBe(
          share(judged.filter((one) => one.named.join() === one.categories.join()).length, judged.length),
        );
      }),
    );
  });

  test('categories are in the order of their numbers, sources in that of their names, the nameless last', () => {
    const one = { role: 'User', label: 'unsafe', verdict: 'safe', score: 0.1, named: [], ms: 1 } as const;
    const report = measureLines(
      keep([
        { ...one, categories: ['S10'], source: 'z' },
        { ...one, categories: ['S2'], source: undefined },
        { ...one, categories: ['S1'], source: 'a' },
      ]),
      OPTIONS,
    );
    expect(report.categories.map(({ id }) => id)).toEqual(['S1', 'S2', 'S10']);
    expect(report.sources.map(({ source }) => source)).toEqual(['a', 'z', undefined]);
  });

  test('latency quantiles, and no sources where no line names one', () => {
    const lines = Array.from({ length: 101 }, (_, ms) => ({
      ...{ role: 'User', label: 'safe', verdict: 'safe', score: 0, named: [], categories: [] },
      ...{ source: undefined, ms },
    })) as ScoredLine[];
    const report = measureLines(keep(lines), OPTIONS);
    expect(report.latency).toEqual({ p50: 50, p95: 95 });
    expect(report.sources).toEqual([]);
    expect(report.overall.auprc.value).toBeUndefined();
  });

  test('a hundred thousand lines keep their values', () => {
    const lines = createScoredLines();
    for (let index = 0; index < 100_000; index += 1)
      lines.add({
        role: index % 2 === 0 ? 'User' : 'Agent',
        label: index % 3 === 0 ? 'unsafe' : 'safe',
        categories: index % 3 === 0 ? [`S${index % 7}`] : [],
        source: `source ${index % 300}`,
        verdict: 'safe',
        score: index / 100_000,
        named: [],
        ms: index,
      });
    const index = 77_778;
    expect([lines.roleOf(index), lines.isUnsafe(index), lines.scoreOf(index), lines.msOf(index)]).toEqual([
      0,
      true,
      index / 100_000,
      index,
    ]);
    expect(lines.sources[lines.sourceOf(index)]).toBe(`source ${index % 300}`);
    expect(lines.categoriesOf(index)).toEqual([`S${index % 7}`]);
  });
});

describe('two judges on the same lines', () => {
  const answers = fc.array(
    fc.tuple(
      fc.boolean(),
      fc.constantFrom('safe', 'unsafe', 'unavailable'),
      fc.constantFrom('safe', 'unsafe'),
    ),
    { minLength: 1, maxLength: 40 },
  );
  const scored = (unsafe: boolean, verdict: string): ScoredLine =>
    ({
      ...{ role: 'User', label: unsafe ? 'unsafe' : 'safe', categories: [], source: undefined, verdict },
      ...{ score: verdict === 'unavailable' ? undefined : 0.5, named: [], ms: 1 },
    }) as ScoredLine;

  test('the difference of their F1, and who is right where they differ', () => {
    fc.assert(
      fc.property(answers, (rows) => {
        const first = keep(rows.map(([unsafe, one]) => scored(unsafe, one)));
        const second = keep(rows.map(([unsafe, , two]) => scored(unsafe, two)));
        const comparison = compareLines(first, second, OPTIONS);
        const right = (unsafe: boolean, verdict: string): boolean => verdict === (unsafe ? 'unsafe' : 'safe');
        expect(comparison.disagreements).toBe(rows.filter(([, one, two]) => one !== two).length);
        expect(comparison.onlyFirstRight).toBe(
          rows.filter(([unsafe, one, two]) => right(unsafe, one) && !right(unsafe, two)).length,
        );
        expect(comparison.onlySecondRight).toBe(
          rows.filter(([unsafe, one, two]) => !right(unsafe, one) && right(unsafe, two)).length,
        );
        const f1 = (lines: ScoredLines): number | undefined => measureLines(lines, OPTIONS).overall.f1.value;
        const [ofFirst, ofSecond] = [f1(first), f1(second)];
        if (ofFirst === undefined || ofSecond === undefined)
          expect(comparison.f1Difference.value).toBeUndefined();
        else expect(comparison.f1Difference.value).toBeCloseTo(ofSecond - ofFirst, 12);
      }),
    );
  });

  test('of a judge with itself: no difference, and none in any resample', () => {
    const same = keep([true, false, true, false].map((unsafe) => scored(unsafe, 'unsafe')));
    expect(compareLines(same, same, OPTIONS)).toMatchObject({
      disagreements: 0,
      f1Difference: { value: 0, low: 0, high: 0 },
    });
  });

  test('a clearly better judge has an interval above 0; of one cut short the common part counts', () => {
    const rows = Array.from({ length: 400 }, (_, index) => index % 2 === 0);
    const worse = keep(rows.map((unsafe, index) => scored(unsafe, index % 3 === 0 ? 'safe' : 'unsafe')));
    const better = keep(rows.slice(0, 300).map((unsafe) => scored(unsafe, unsafe ? 'unsafe' : 'safe')));
    const comparison = compareLines(worse, better, { ...OPTIONS, resamples: 500 });
    expect(comparison.lines).toBe(300);
    expect(comparison.f1Difference.low).toBeGreaterThan(0);
  });
});
