/** Two judges on the same lines. */
import { sampleMultinomial } from './binomial.js';
import { percentiles, type BootstrapOptions, type Estimate } from './bootstrap.js';
import { f1Of } from './confusion.js';
import { createRandom } from './random.js';
import type { ScoredLines } from './scored-lines.js';

export interface Comparison {
  /** Lines that both judged. */
  readonly lines: number;
  /** Lines on which their verdicts differ; "no verdict" is one of the verdicts. */
  readonly disagreements: number;
  /** Lines that only the first, or only the second, has right. */
  readonly onlyFirstRight: number;
  readonly onlySecondRight: number;
  /** F1 of the second minus F1 of the first, by a paired bootstrap: each resample holds the same lines for both. */
  readonly f1Difference: Estimate;
}

/**
 * @param first, second the same lines in the same order; where one was cut short, the part that both have
 */
export function compareLines(first: ScoredLines, second: ScoredLines, options: BootstrapOptions): Comparison {
  const lines = Math.min(first.length, second.length);
  // By label: both right, only the first, only the second, neither.
  const unsafe = new Float64Array(4);
  const safe = new Float64Array(4);
  let disagreements = 0;
  for (let index = 0; index < lines; index += 1) {
    const label = first.isUnsafe(index) ? 1 : 0;
    const cells = label === 1 ? unsafe : safe;
    const cell = (first.outcomeOf(index) === label ? 0 : 2) + (second.outcomeOf(index) === label ? 0 : 1);
    cells[cell] = (cells[cell] ?? 0) + 1;
    if (first.outcomeOf(index) !== second.outcomeOf(index)) disagreements += 1;
  }
  const value = difference(unsafe, safe);
  const random = createRandom(options.seed);
  const drawnUnsafe = new Float64Array(4);
  const drawnSafe = new Float64Array(4);
  const values: number[] = [];
  for (let resample = 0; resample < options.resamples; resample += 1) {
    sampleMultinomial(random, sum(unsafe), unsafe, drawnUnsafe);
    sampleMultinomial(random, sum(safe), safe, drawnSafe);
    values.push(difference(drawnUnsafe, drawnSafe) ?? Number.NaN);
  }
  const interval = percentiles(values, options.confidence);
  return {
    lines,
    disagreements,
    onlyFirstRight: (unsafe[1] ?? 0) + (safe[1] ?? 0),
    onlySecondRight: (unsafe[2] ?? 0) + (safe[2] ?? 0),
    f1Difference:
      value === undefined
        ? { value: undefined, low: undefined, high: undefined }
        : { value, low: interval.low, high: interval.high },
  };
}

/** F1 of the second minus F1 of the first. Wrong on a safe line is an alarm, wrong on an unsafe one a miss. */
function difference(unsafe: Float64Array, safe: Float64Array): number | undefined {
  const f1 = (wrong: (cells: Float64Array) => number): number | undefined =>
    f1Of({
      truePositives: sum(unsafe) - wrong(unsafe),
      falseNegatives: wrong(unsafe),
      falsePositives: wrong(safe),
      trueNegatives: sum(safe) - wrong(safe),
    });
  const ofFirst = f1((cells) => (cells[2] ?? 0) + (cells[3] ?? 0));
  const ofSecond = f1((cells) => (cells[1] ?? 0) + (cells[3] ?? 0));
  return ofFirst === undefined || ofSecond === undefined ? undefined : ofSecond - ofFirst;
}

function sum(cells: Float64Array): number {
  return cells.reduce((total, cell) => total + cell, 0);
}
