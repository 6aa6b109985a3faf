/**
 * Chooses the band of a cascade: between `low` and `high` the thorough judge decides, outside it the quick
 * one does, and the two may differ on so few lines only that an upper confidence limit stays under a
 * bound.
 *
 * The lines are split at random. On one half, a sequence of bands is laid out, from "everything goes to the
 * thorough judge" to ever narrower ones. On the other half the bands are tested in that order, and the
 * last one before the first that fails is taken. Because the order was fixed before that half was looked
 * at, each test may use the whole error probability (fixed sequence testing; P. Bauer, "Multiple testing
 * in clinical trials", Statistics in Medicine 10, 1991; for risk control of classifiers: A. Angelopoulos et
 * al., "Learn then Test", 2021, arXiv:2110.01052).
 */
import { linesForBound, upperLimit, wilsonInterval, type Interval } from './proportion.js';
import { permutation, type Random } from './random.js';

/** A quick judge's score of at most `low` is safe, of at least `high` unsafe; undefined: none is. */
export interface ChosenBand {
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** The lines of one role. */
export interface PairedLines {
  /** Scores of the quick judge in [0, 1]; NaN where it had no verdict: the thorough one decides. */
  readonly scores: Float64Array;
  /** 1 where the quick judge's answer, taken as it is, differs from the thorough judge's. */
  readonly differs: Uint8Array;
  /** 1 where the thorough judge says unsafe. */
  readonly unsafe: Uint8Array;
}

export interface ChooseBandOptions {
  /** In (0, 1): the share of all lines on which the cascade may differ from the thorough judge. */
  readonly bound: number;
  /** In (0, 1). */
  readonly confidence: number;
  /** `low` stays below the first and `high` at or above the second, so that a policy reads the score as it was meant. */
  readonly thresholds: readonly [lowest: number, highest: number];
  readonly random: Random;
}

export interface BandCertificate {
  readonly band: ChosenBand;
  /** Lines of the half that certifies. */
  readonly lines: number;
  /** Of these, how many the cascade answers differently from the thorough judge. */
  readonly disagreements: number;
  /** The upper confidence limit of that share; 1 without lines. */
  readonly upperLimit: number;
  /**
   * The lines that the thorough judge calls unsafe, how many of them the quick one lets pass as safe, and the
   * upper confidence limit of that share. Not bounded: where little is unsafe, few disagreements can be
   * many misses.
   */
  readonly misses: { readonly unsafe: number; readonly missed: number; readonly upperLimit: number };
  /** Share of lines that go to the thorough judge, with its interval; undefined without lines. */
  readonly escalated: ({ readonly share: number } & Interval) | undefined;
  /**
   * `certified`: the quick judge decides some lines. `too_few_lines`: not even a band without any
   * disagreement could have been certified. `no_agreement`: none that spares the thorough judge anything
   * passed. In the latter two the band leaves everything to the thorough judge.
   */
  readonly outcome: 'certified' | 'too_few_lines' | 'no_agreement';
  /** Lines (both halves together) from which on the bound can be certified at all. */
  readonly linesNeeded: number;
}

const NONE: ChosenBand = { low: undefined, high: undefined };
/** Steps from nothing to the widest range of scores without a disagreement. */
const SAFE_STEPS = 10;
/** Bands tried beyond that. */
const MOST_STEPS = 400;

export function chooseBand(lines: PairedLines, options: ChooseBandOptions): BandCertificate {
  const order = permutation(lines.scores.length, options.random);
  const half = Math.floor(order.length / 2);
  const choosing = subset(lines, order.subarray(0, half));
  const certifying = subset(lines, order.subarray(half));
  const n = certifying.scores.length;
  const linesNeeded = 2 * linesForBound(options.bound, options.confidence);

  let band = NONE;
  let disagreements = 0;
  if (upperLimit(0, n, options.confidence) <= options.bound)
    for (const candidate of layOut(choosing, options)) {
      const differing = countDisagreements(certifying, candidate);
      if (upperLimit(differing, n, options.confidence) > options.bound) break;
      band = candidate;
      disagreements = differing;
    }
  const escalated = countEscalated(certifying, band);
  const unsafe = certifying.unsafe.reduce((sum, one) => sum + one, 0);
  const missed = countMisses(certifying, band);
  return {
    band,
    lines: n,
    disagreements,
    upperLimit: upperLimit(disagreements, n, options.confidence),
    misses: { unsafe, missed, upperLimit: upperLimit(missed, unsafe, options.confidence) },
    escalated: n === 0 ? undefined : { share: escalated / n, ...wilsonInterval(escalated, n, 0.95) },
    outcome:
      upperLimit(0, n, options.confidence) > options.bound
        ? 'too_few_lines'
        : band.low === undefined && band.high === undefined
          ? 'no_agreement'
          : 'certified',
    linesNeeded,
  };
}

/** The answer of the quick judge stands. */
export function isOutside({ low, high }: ChosenBand, score: number): boolean {
  return (low !== undefined && score <= low) || (high !== undefined && score >= high);
}

function subset({ scores, differs, unsafe }: PairedLines, indices: Uint32Array): PairedLines {
  return {
    scores: Float64Array.from(indices, (index) => scores[index] ?? Number.NaN),
    differs: Uint8Array.from(indices, (index) => differs[index] ?? 1),
    unsafe: Uint8Array.from(indices, (index) => unsafe[index] ?? 0),
  };
}

function countDisagreements(lines: PairedLines, band: ChosenBand): number {
  let count = 0;
  for (let index = 0; index < lines.scores.length; index += 1)
    if (lines.differs[index] === 1 && isOutside(band, lines.scores[index] ?? Number.NaN)) count += 1;
  return count;
}

function countMisses({ scores, differs, unsafe }: PairedLines, { low }: ChosenBand): number {
  if (low === undefined) return 0;
  let count = 0;
  for (let index = 0; index < scores.length; index += 1)
    if (unsafe[index] === 1 && differs[index] === 1 && (scores[index] ?? Number.NaN) <= low) count += 1;
  return count;
}

function countEscalated(lines: PairedLines, band: ChosenBand): number {
  let count = 0;
  for (const score of lines.scores) if (!isOutside(band, score)) count += 1;
  return count;
}

/** One side of the band: what the quick judge would decide there, from its surest score inwards. */
interface Side {
  /** The distinct scores, the surest first. */
  readonly scores: readonly number[];
  /** Lines, and disagreements, up to and including each score. */
  readonly lines: readonly number[];
  readonly differing: readonly number[];
}

function sideOf(lines: PairedLines, wanted: (score: number) => boolean, descending: boolean): Side {
  const indices = Array.from({ length: lines.scores.length }, (_, index) => index)
    .filter((index) => wanted(lines.scores[index] ?? Number.NaN))
    .sort((a, b) => (lines.scores[a] ?? 0) - (lines.scores[b] ?? 0));
  if (descending) indices.reverse();
  const scores: number[] = [];
  const counts: number[] = [];
  const differing: number[] = [];
  let seen = 0;
  let different = 0;
  for (const index of indices) {
    const score = lines.scores[index] ?? 0;
    seen += 1;
    different += lines.differs[index] ?? 1;
    if (scores.at(-1) !== score) scores.push(score);
    counts[scores.length - 1] = seen;
    differing[scores.length - 1] = different;
  }
  return { scores, lines: counts, differing };
}

/**
 * How many of a side's scores can be taken with at most `budget` disagreements. Never so that the quick judge
 * is wrong more often than right there: the bound would allow that on a small part of the lines.
 */
function reach(side: Side, budget: number): number {
  let low = 0;
  let high = side.scores.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((side.differing[middle - 1] ?? 0) <= budget) low = middle;
    else high = middle - 1;
  }
  while (low > 0 && 2 * (side.differing[low - 1] ?? 0) > (side.lines[low - 1] ?? 0)) low -= 1;
  return low;
}

/**
 * The bands to test, in order: first ever larger parts of the widest band without a disagreement, then, for
 * each further disagreement allowed, the one that spares the thorough judge the most lines.
 */
function* layOut(lines: PairedLines, { thresholds, bound }: ChooseBandOptions): Generator<ChosenBand> {
  const [lowest, highest] = thresholds;
  const lower = sideOf(lines, (score) => score < lowest, false);
  const upper = sideOf(lines, (score) => score >= highest, true);
  const bandAt = (fromLow: number, fromHigh: number): ChosenBand => ({
    low: lower.scores[fromLow - 1],
    high: upper.scores[fromHigh - 1],
  });
  for (let step = 1; step < SAFE_STEPS; step += 1)
    yield bandAt(part(lower, step / SAFE_STEPS), part(upper, step / SAFE_STEPS));

  const differing = (lower.differing.at(-1) ?? 0) + (upper.differing.at(-1) ?? 0);
  // Far beyond what the bound could allow, no band can pass.
  const most = Math.min(differing, Math.ceil(3 * bound * lines.scores.length) + 10);
  const stride = Math.max(1, Math.floor(most / MOST_STEPS));
  for (let budget = 0; budget <= most; budget += stride) {
    let best: ChosenBand = NONE;
    let spared = -1;
    for (let forLower = 0; forLower <= budget; forLower += stride) {
      const fromLow = reach(lower, forLower);
      const fromHigh = reach(upper, budget - forLower);
      const decided = (lower.lines[fromLow - 1] ?? 0) + (upper.lines[fromHigh - 1] ?? 0);
      if (decided <= spared) continue;
      spared = decided;
      best = bandAt(fromLow, fromHigh);
    }
    yield best;
  }
}

/** How many of a side's scores hold the share `share` of what can be taken without a disagreement. */
function part(side: Side, share: number): number {
  const whole = reach(side, 0);
  const wanted = (side.lines[whole - 1] ?? 0) * share;
  let taken = 0;
  while (taken < whole && (side.lines[taken] ?? 0) <= wanted) taken += 1;
  return taken;
}
