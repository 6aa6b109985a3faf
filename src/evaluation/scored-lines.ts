/**
 * What a judge said about labelled lines, in columns: some 40 bytes a line and no texts, so that a
 * million lines fit. Names that repeat (sources, sets of categories) are kept once.
 */
import type { UnavailableReason } from '../core/assessment.js';
import type { GuardRole } from '../core/conversation.js';

export interface ScoredLine {
  readonly role: GuardRole;
  readonly label: 'safe' | 'unsafe';
  /** Ids of the label; empty: not known. */
  readonly categories: readonly string[];
  readonly source: string | undefined;
  readonly verdict: 'safe' | 'unsafe' | 'unavailable';
  /** p(unsafe) in [0, 1]; undefined without a verdict. */
  readonly score: number | undefined;
  /** Ids that the judge named; empty unless the verdict is unsafe. */
  readonly named: readonly string[];
  readonly reason?: UnavailableReason | undefined;
  /** Milliseconds from question to answer. */
  readonly ms: number;
}

export const ROLES = ['User', 'Agent'] as const satisfies readonly GuardRole[];
export const OUTCOMES = ['safe', 'unsafe', 'unavailable'] as const;

export interface ScoredLines {
  add(line: ScoredLine): void;
  readonly length: number;
  /** Of line `index`: an index into `ROLES`. */
  roleOf(index: number): number;
  isUnsafe(index: number): boolean;
  /** An index into `OUTCOMES`. */
  outcomeOf(index: number): number;
  /** NaN without a verdict. */
  scoreOf(index: number): number;
  msOf(index: number): number;
  /** An index into `sources`. */
  sourceOf(index: number): number;
  categoriesOf(index: number): readonly string[];
  namedOf(index: number): readonly string[];
  /** Undefined: lines that name no source. */
  readonly sources: readonly (string | undefined)[];
  /** How often each reason came up. */
  readonly reasons: ReadonlyMap<string, number>;
}

export function createScoredLines(): ScoredLines {
  let length = 0;
  // One byte a line: bit 0 the role, bit 1 the label, bits 2 and 3 the outcome.
  let flags = new Uint8Array(1024);
  let scores = new Float64Array(1024);
  let times = new Float64Array(1024);
  let sourceIndices = new Uint32Array(1024);
  let labelSets = new Uint32Array(1024);
  let namedSets = new Uint32Array(1024);
  const sources = interned<string | undefined>((source) => source ?? '\n');
  const sets = interned<readonly string[]>((ids) => ids.join('\n'));
  const reasons = new Map<string, number>();

  const grow = (): void => {
    const size = flags.length * 2;
    const [oldFlags, oldScores, oldTimes] = [flags, scores, times];
    const [oldSources, oldLabels, oldNamed] = [sourceIndices, labelSets, namedSets];
    (flags = new Uint8Array(size)).set(oldFlags);
    (scores = new Float64Array(size)).set(oldScores);
    (times = new Float64Array(size)).set(oldTimes);
    (sourceIndices = new Uint32Array(size)).set(oldSources);
    (labelSets = new Uint32Array(size)).set(oldLabels);
    (namedSets = new Uint32Array(size)).set(oldNamed);
  };

  return {
    add(line) {
      if (length === flags.length) grow();
      flags[length] =
        ROLES.indexOf(line.role) | (line.label === 'unsafe' ? 2 : 0) | (OUTCOMES.indexOf(line.verdict) << 2);
      scores[length] = line.score ?? Number.NaN;
      times[length] = line.ms;
      sourceIndices[length] = sources.indexOf(line.source);
      labelSets[length] = sets.indexOf(line.categories);
      namedSets[length] = sets.indexOf(line.named);
      if (line.reason !== undefined) reasons.set(line.reason, (reasons.get(line.reason) ?? 0) + 1);
      length += 1;
    },
    get length() {
      return length;
    },
    roleOf: (index) => (flags[index] ?? 0) & 1,
    isUnsafe: (index) => ((flags[index] ?? 0) & 2) !== 0,
    outcomeOf: (index) => (flags[index] ?? 0) >> 2,
    scoreOf: (index) => scores[index] ?? Number.NaN,
    msOf: (index) => times[index] ?? Number.NaN,
    sourceOf: (index) => sourceIndices[index] ?? 0,
    categoriesOf: (index) => sets.values[labelSets[index] ?? 0] ?? [],
    namedOf: (index) => sets.values[namedSets[index] ?? 0] ?? [],
    sources: sources.values,
    reasons,
  };
}

/** Gives equal values one number. */
function interned<T>(keyOf: (value: T) => string): { indexOf(value: T): number; readonly values: T[] } {
  const known = new Map<string, number>();
  const values: T[] = [];
  return {
    values,
    indexOf(value) {
      const key = keyOf(value);
      const index = known.get(key);
      if (index !== undefined) return index;
      known.set(key, values.length);
      return values.push(value) - 1;
    },
  };
}
