/**
 * Percentile bootstrap intervals (B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993,
 * chapter 13), stratified by label: each resample has as many safe and as many unsafe lines as the data.
 *
 * Lines that count alike are drawn together: how many of n draws fall into each cell of a table is
 * multinomial, so a resample costs the number of cells, not of lines.
 */
import { sampleBinomial, sampleMultinomial } from './binomial.js';
import { f1Of, fprOf, precisionOf, recallOf, type Confusion } from './confusion.js';
import { quantile } from './quantile.js';
import { wilsonInterval, type Interval } from './proportion.js';
import { createRandom } from './random.js';
import { averagePrecision, coarsen, type ScoreGroups } from './score-groups.js';

export interface BootstrapOptions {
  /** Resamples; 1000 give the ends of a 95% interval to about two digits. */
  readonly resamples: number;
  /** A whole number; the same seed gives the same intervals. */
  readonly seed: number;
  /** In (0, 1); 0.95. */
  readonly confidence: number;
}

/** A measure with its interval; undefined where the lines do not determine it. */
export interface Estimate {
  readonly value: number | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** With fewer lines than this, or fewer than `RARE` of either kind, resampling says little; Wilson's formula does. */
const FEW = 30;
const RARE = 5;
/** Distinct scores beyond this are put together for the interval of the average precision. */
const MOST_GROUPS = 4096;

export function estimateProportion(k: number, n: number, confidence: number): Estimate {
  return n === 0 ? NOTHING : { value: k / n, ...wilsonInterval(k, n, confidence) };
}

const NOTHING: Estimate = { value: undefined, low: undefined, high: undefined };

export interface RateEstimates {
  readonly precision: Estimate;
  readonly recall: Estimate;
  readonly f1: Estimate;
  readonly fpr: Estimate;
}

/** Precision, recall, F1 and false positive rate, from the same resamples. */
export function estimateRates(confusion: Confusion, options: BootstrapOptions): RateEstimates {
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = confusion;
  const unsafe = truePositives + falseNegatives;
  const safe = falsePositives + trueNegatives;
  const random = createRandom(options.seed);
  const resampled: { [rate in keyof RateEstimates]: number[] } = {
    precision: [],
    recall: [],
    f1: [],
    fpr: [],
  };
  for (let resample = 0; resample < options.resamples; resample += 1) {
    const found = sampleBinomial(random, unsafe, unsafe === 0 ? 0 : truePositives / unsafe);
    const alarms = sampleBinomial(random, safe, safe === 0 ? 0 : falsePositives / safe);
    const drawn: Confusion = {
      truePositives: found,
      falsePositives: alarms,
      falseNegatives: unsafe - found,
      trueNegatives: safe - alarms,
    };
    resampled.precision.push(precisionOf(drawn) ?? Number.NaN);
    resampled.recall.push(recallOf(drawn) ?? Number.NaN);
    resampled.f1.push(f1Of(drawn) ?? Number.NaN);
    resampled.fpr.push(fprOf(drawn) ?? Number.NaN);
  }
  const { confidence } = options;
  const proportion = (rate: 'precision' | 'recall' | 'fpr', k: number, n: number): Estimate =>
    isScarce(k, n)
      ? estimateProportion(k, n, confidence)
      : { value: k / n, ...percentiles(resampled[rate], confidence) };
  // F1 = 2 J / (1 + J), where J, the share of right answers among all lines that are or were called
  // unsafe, is a proportion.
  const counted = truePositives + falsePositives + falseNegatives;
  const fromProportion = ({ low, high }: Interval): Interval => ({
    low: (2 * low) / (1 + low),
    high: (2 * high) / (1 + high),
  });
  return {
    precision: proportion('precision', truePositives, truePositives + falsePositives),
    recall: proportion('recall', truePositives, unsafe),
    fpr: proportion('fpr', falsePositives, safe),
    f1:
      counted === 0
        ? NOTHING
        : {
            value: f1Of(confusion),
            ...(isScarce(truePositives, counted)
              ? fromProportion(wilsonInterval(truePositives, counted, confidence))
              : percentiles(resampled.f1, confidence)),
          },
  };
}

function isScarce(k: number, n: number): boolean {
  return n < FEW || k < RARE || n - k < RARE;
}

/**
 * The average precision. The value is exact; for its interval, more than some thousand distinct scores
 * are put together with their neighbours. No interval where every unsafe line outranks every safe one
 * or one of the kinds is missing: resampling such lines only ever gives the same again.
 */
export function estimateAveragePrecision(groups: ScoreGroups, options: BootstrapOptions): Estimate {
  const value = averagePrecision(groups);
  if (value === undefined || groups.totalSafe === 0) return NOTHING;
  const cells = coarsen(groups, MOST_GROUPS);
  const random = createRandom(options.seed);
  const unsafe = new Float64Array(cells.scores.length);
  const safe = new Float64Array(cells.scores.length);
  const values: number[] = [];
  for (let resample = 0; resample < options.resamples; resample += 1) {
    sampleMultinomial(random, groups.totalUnsafe, cells.unsafe, unsafe);
    sampleMultinomial(random, groups.totalSafe, cells.safe, safe);
    values.push(
      averagePrecision({ scores: cells.scores, unsafe, safe, totalUnsafe: groups.totalUnsafe }) ?? Number.NaN,
    );
  }
  const interval = percentiles(values, options.confidence);
  return interval.low === interval.high ? { value, low: undefined, high: undefined } : { value, ...interval };
}

/** The middle part of resampled values that holds the share `confidence` of them; those undefined are left out. */
export function percentiles(values: readonly number[], confidence: number): Interval {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  return { low: quantile(sorted, (1 - confidence) / 2), high: quantile(sorted, (1 + confidence) / 2) };
}
