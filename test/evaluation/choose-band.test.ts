/** The band of a cascade: what is certified is true, and the promise is kept as often as it says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseBand, createRandom, isOutside, type PairedLines } from '../../src/evaluation/index.js';
import { upperLimit } from '../../src/evaluation/proportion.js';

const THRESHOLDS = [0.5, 0.5] as const;

/** The quick judge differs often near 0.5 and rarely at the ends: with a chance of 2 s (1 - s) * `noise`. */
const chanceAt = (score: number, noise: number): number => 2 * score * (1 - score) * noise;

function draw(n: number, noise: number, seed: number): PairedLines {
  const random = createRandom(seed);
  const scores = Float64Array.from({ length: n }, () => {
    const u = random.next();
    // Most texts are clear, as in life.
    return u < 0.5 ? u ** 2 * 2 : 1 - (1 - u) ** 2 * 2;
  });
  const differs = Uint8Array.from(scores, (score) => (random.next() < chanceAt(score, noise) ? 1 : 0));
  return pairs(scores, differs);
}

/** The quick judge says unsafe from 0.5 on, so where it differs, the thorough one says the opposite. */
function pairs(scores: Float64Array, differs: Uint8Array): PairedLines {
  const unsafe = differs.map((one, index) => one ^ ((scores[index] ?? 0) >= 0.5 ? 1 : 0));
  return { scores, differs, unsafe };
}

describe('the chosen band', () => {
  test('is certified by what it says, and holds the thresholds', () => {
    const lines = fc.array(
      fc.tuple(
        fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 1, Number.NaN)),
        fc.boolean(),
      ),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(lines, fc.double({ min: 0.02, max: 0.5, noNaN: true }), fc.nat(), (rows, bound, seed) => {
        const certificate = chooseBand(
          pairs(
            Float64Array.from(rows, ([score]) => score),
            Uint8Array.from(rows, ([, differs]) => (differs ? 1 : 0)),
          ),
          { bound, confidence: 0.9, thresholds: [0.4, 0.6], random: createRandom(seed) },
        );
        const { band, outcome } = certificate;
        expect(certificate.upperLimit).toBe(upperLimit(certificate.disagreements, certificate.lines, 0.9));
        if (band.low !== undefined) expect(band.low).toBeLessThan(0.4);
        if (band.high !== undefined) expect(band.high).toBeGreaterThanOrEqual(0.6);
        expect(certificate.misses.missed).toBeLessThanOrEqual(certificate.disagreements);
        if (outcome === 'certified') expect(certificate.upperLimit).toBeLessThanOrEqual(bound);
        else {
          expect(band).toEqual({ low: undefined, high: undefined });
          expect(certificate.escalated?.share ?? 1).toBe(1);
        }
        expect(outcome === 'too_few_lines').toBe(rows.length < certificate.linesNeeded - 1);
      }),
    );
  });

  test('spares the thorough judge more where the quick one agrees more, and with a larger bound', () => {
    const share = (noise: number, bound: number): number =>
      chooseBand(draw(8000, noise, 1), {
        bound,
        confidence: 0.95,
        thresholds: THRESHOLDS,
        random: createRandom(2),
      }).escalated?.share ?? 1;
    expect(share(0.1, 0.02)).toBeLessThan(share(0.5, 0.02));
    expect(share(0.5, 0.05)).toBeLessThan(share(0.5, 0.02));
    expect(share(0.5, 0.02)).toBeLessThan(0.9);
  });

  test('judges that always agree: nothing is escalated but what lies between the scores', () => {
    const lines = draw(1000, 0, 3);
    const certificate = chooseBand(lines, {
      ...{ bound: 0.01, confidence: 0.95, thresholds: THRESHOLDS },
      random: createRandom(4),
    });
    expect(certificate).toMatchObject({ outcome: 'certified', disagreements: 0 });
    expect(certificate.escalated?.share).toBeLessThan(0.02);
  });

  test('a quick judge that is wrong where it is surest decides nothing', () => {
    const lines = draw(2000, 0.5, 5);
    const wrong = pairs(lines.scores, new Uint8Array(2000).fill(1));
    expect(
      chooseBand(wrong, { bound: 0.05, confidence: 0.95, thresholds: THRESHOLDS, random: createRandom(6) }),
    ).toMatchObject({ outcome: 'no_agreement', band: { low: undefined, high: undefined }, disagreements: 0 });
  });

  test('too few lines are told with the number that would do', () => {
    const few = chooseBand(draw(100, 0, 7), {
      ...{ bound: 0.01, confidence: 0.95, thresholds: THRESHOLDS },
      random: createRandom(8),
    });
    expect(few).toMatchObject({ outcome: 'too_few_lines', linesNeeded: 598 });
    const enough = chooseBand(draw(598, 0, 7), {
      ...{ bound: 0.01, confidence: 0.95, thresholds: THRESHOLDS },
      random: createRandom(8),
    });
    expect(enough.outcome).toBe('certified');
  });
});

test('the promise: of many calibrations, hardly more than 1 - confidence miss the bound on the whole population', () => {
  const [noise, bound, confidence, rounds] = [0.4, 0.04, 0.8, 400] as const;
  // The population's own rate, by a fine grid over the scores' distribution.
  const grid = draw(20_000, noise, 1234).scores;
  const rate = (low: number | undefined, high: number | undefined): number => {
    let sum = 0;
    for (const score of grid) if (isOutside({ low, high }, score)) sum += chanceAt(score, noise);
    return sum / grid.length;
  };
  let missed = 0;
  let useful = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { band, outcome } = chooseBand(draw(600, noise, 10_000 + round), {
      ...{ bound, confidence, thresholds: THRESHOLDS },
      random: createRandom(round),
    });
    if (outcome === 'certified') useful += 1;
    if (rate(band.low, band.high) > bound) missed += 1;
  }
  // 20% allowed; three standard deviations of 400 rounds are 6%.
  expect(missed / rounds).toBeLessThan(0.26);
  // And it is no empty promise.
  expect(missed).toBeGreaterThan(0);
  expect(useful).toBeGreaterThan(rounds / 2);
});
