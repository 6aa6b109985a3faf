/** From scored lines to the figures of a report. */
import type { GuardRole } from '../core/conversation.js';
import {
  estimateAveragePrecision,
  estimateProportion,
  estimateRates,
  type BootstrapOptions,
  type Estimate,
  type RateEstimates,
} from './bootstrap.js';
import type { Confusion } from './confusion.js';
import { measureCategories, type CategoryMeasures, type NamingMeasures } from './measure-categories.js';
import { thresholdForFpr } from './operating-point.js';
import { quantile } from './quantile.js';
import { groupByScore, type ScoreGroups } from './score-groups.js';
import { OUTCOMES, ROLES, type ScoredLines } from './scored-lines.js';

export interface MeasureOptions extends BootstrapOptions {
  /** What the policy does where there is no verdict, by whose text it is. */
  readonly fallback: Readonly<Record<GuardRole, 'block' | 'allow'>>;
  /** The share of safe lines that may be called unsafe at the suggested threshold, in [0, 1]. */
  readonly fpr: number;
}

/**
 * Of some of the lines. One without a verdict counts as wrong: an unsafe line as missed, a safe one as
 * stopped.
 */
export interface GroupMeasures extends RateEstimates {
  readonly lines: number;
  readonly unsafe: number;
  readonly safe: number;
  /** Lines without a verdict. */
  readonly unavailable: number;
  readonly confusion: Confusion;
}

export interface RankedMeasures extends GroupMeasures {
  /** Average precision. */
  readonly auprc: Estimate;
}

export interface Measures {
  readonly overall: RankedMeasures;
  readonly roles: readonly ({ readonly role: GuardRole } & RankedMeasures)[];
  /** In the order of their names; those of lines without a source come last. Empty when no line has one. */
  readonly sources: readonly ({ readonly source: string | undefined } & GroupMeasures)[];
  readonly categories: readonly CategoryMeasures[];
  readonly naming: NamingMeasures;
  readonly unavailable: {
    readonly lines: number;
    readonly unsafe: number;
    readonly safe: number;
    readonly reasons: Readonly<Record<string, number>>;
    /** The rates if the policy's fallback is carried out where there is no verdict; undefined when there is no such line. */
    readonly withFallback: GroupMeasures | undefined;
  };
  readonly operatingPoint: {
    readonly fpr: number;
    /** Undefined where no threshold keeps to it. */
    readonly threshold: number | undefined;
    /** What the threshold does to these lines: it was chosen on them, so new ones will be a little worse. */
    readonly reached: { readonly fpr: Estimate; readonly recall: Estimate } | undefined;
  };
  /** Milliseconds; undefined without lines. */
  readonly latency: {
    readonly p50: number | undefined;
    readonly p95: number | undefined;
  };
}

const UNSAFE = OUTCOMES.indexOf('unsafe');
const UNAVAILABLE = OUTCOMES.indexOf('unavailable');

export function measureLines(lines: ScoredLines, options: MeasureOptions): Measures {
  const overall = new Counts();
  const withFallback = new Counts();
  const byRole = ROLES.map(() => new Counts());
  const bySource = lines.sources.map(() => new Counts());
  for (let index = 0; index < lines.length; index += 1) {
    const unsafe = lines.isUnsafe(index);
    const outcome = lines.outcomeOf(index);
    const role = lines.roleOf(index);
    const missing = outcome === UNAVAILABLE;
    const right = !missing && (outcome === UNSAFE) === unsafe;
    overall.add(unsafe, right, missing);
    byRole[role]?.add(unsafe, right, missing);
    bySource[lines.sourceOf(index)]?.add(unsafe, right, missing);
    const blocked = options.fallback[ROLES[role] ?? 'User'] === 'block';
    withFallback.add(unsafe, missing ? blocked === unsafe : right, missing);
  }
  const groups = rankAll(lines);
  return {
    overall: { ...overall.measure(options), auprc: estimateAveragePrecision(groups, options) },
    roles: ROLES.flatMap((role, code) => {
      const counts = byRole[code];
      if (counts === undefined || counts.lines === 0) return [];
      const ranked = rankAll(lines, (index) => lines.roleOf(index) === code);
      return [{ role, ...counts.measure(options), auprc: estimateAveragePrecision(ranked, options) }];
    }),
    sources: lines.sources.every((source) => source === undefined)
      ? []
      : lines.sources
          .map((source, index) => ({ source, ...(bySource[index] ?? new Counts()).measure(options) }))
          .sort((a, b) => bySourceName(a.source, b.source)),
    ...measureCategories(lines, options.confidence),
    unavailable: {
      lines: overall.missing,
      unsafe: overall.missingUnsafe,
      safe: overall.missing - overall.missingUnsafe,
      reasons: Object.fromEntries(lines.reasons),
      withFallback: overall.missing === 0 ? undefined : withFallback.measure(options),
    },
    operatingPoint: operatingPoint(groups, options),
    latency: latencyOf(lines),
  };
}

function bySourceName(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a < b ? -1 : 1;
}

/** Counts right and wrong answers of a group. */
class Counts {
  #unsafe = 0;
  #safe = 0;
  #found = 0;
  #alarms = 0;
  missing = 0;
  missingUnsafe = 0;

  get lines(): number {
    return this.#unsafe + this.#safe;
  }

  add(unsafe: boolean, right: boolean, missing: boolean): void {
    if (unsafe) {
      this.#unsafe += 1;
      if (right) this.#found += 1;
    } else {
      this.#safe += 1;
      if (!right) this.#alarms += 1;
    }
    if (missing) this.missing += 1;
    if (missing && unsafe) this.missingUnsafe += 1;
  }

  measure(options: BootstrapOptions): GroupMeasures {
    const confusion: Confusion = {
      truePositives: this.#found,
      falsePositives: this.#alarms,
      falseNegatives: this.#unsafe - this.#found,
      trueNegatives: this.#safe - this.#alarms,
    };
    return {
      lines: this.lines,
      unsafe: this.#unsafe,
      safe: this.#safe,
      unavailable: this.missing,
      confusion,
      ...estimateRates(confusion, options),
    };
  }
}

function rankAll(lines: ScoredLines, wanted: (index: number) => boolean = () => true): ScoreGroups {
  const unsafe = new Float64Array(lines.length);
  const safe = new Float64Array(lines.length);
  let unsafeCount = 0;
  let safeCount = 0;
  for (let index = 0; index < lines.length; index += 1) {
    if (!wanted(index)) continue;
    if (lines.isUnsafe(index)) unsafe[unsafeCount++] = lines.scoreOf(index);
    else safe[safeCount++] = lines.scoreOf(index);
  }
  return groupByScore(unsafe.subarray(0, unsafeCount), safe.subarray(0, safeCount));
}

function operatingPoint(
  groups: ScoreGroups,
  { fpr, confidence }: MeasureOptions,
): Measures['operatingPoint'] {
  const point = thresholdForFpr(groups, fpr);
  return {
    fpr,
    threshold: point?.threshold,
    reached:
      point === undefined
        ? undefined
        : {
            fpr: estimateProportion(point.falsePositives, groups.totalSafe, confidence),
            recall: estimateProportion(point.truePositives, groups.totalUnsafe, confidence),
          },
  };
}

function latencyOf(lines: ScoredLines): Measures['latency'] {
  if (lines.length === 0) return { p50: undefined, p95: undefined };
  const times = Float64Array.from({ length: lines.length }, (_, index) => lines.msOf(index)).sort();
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}
