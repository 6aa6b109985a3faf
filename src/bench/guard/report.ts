/** What `bench guard` found out: figures, and which of the promised ratios they keep. */
import type { Spread } from '../statistics.js';

export interface CheckRow {
  readonly name: string;
  readonly ms: Spread;
  readonly evaluated: number;
  readonly cached: number;
}

export interface LoadRow {
  readonly name: string;
  readonly checksPerSecond: Spread;
  /** Of all checks of all rounds. */
  readonly p50: number;
  readonly p95: number;
  /** Tokens of a check, on average. */
  readonly evaluated: number;
  readonly cached: number;
  /** Of a cascade: share of the checks that the model decided. */
  readonly escalated: number | null;
}

export interface TargetRow {
  readonly name: string;
  readonly of: 'time' | 'tokens' | 'memory' | 'rate';
  readonly value: Spread;
  readonly digits: number;
  /** Null: a figure without a promise. */
  readonly target: { readonly is: 'at least' | 'at most'; readonly limit: number } | null;
  /** Of the median. Null: no promise, or the shape is too small for it. */
  readonly met: boolean | null;
}

/** In bytes. */
export interface MemoryReport {
  readonly file: number;
  readonly kv: number;
  readonly steady: number;
  readonly peak: number;
}

export interface GuardBenchReport {
  readonly format: 'portcullis-bench-guard';
  readonly shape: string;
  readonly model: { readonly path: string; readonly bytes: number; readonly generated: boolean };
  readonly judge: string;
  readonly machine: {
    readonly cpu: string;
    readonly cpus: number;
    readonly node: string;
    /** Average number of waiting and running processes in the minute before the first and the last round. */
    readonly load: { readonly before: number; readonly after: number };
  };
  readonly threads: number;
  readonly rounds: number;
  readonly contextTokens: number;
  readonly lanes: number;
  /** Tokens of the policy. */
  readonly prefix: number;
  readonly checks: readonly CheckRow[];
  /** Milliseconds of the embedded guard, by tokens of the text. */
  readonly embedded: readonly { readonly tokens: number; readonly ms: Spread }[];
  readonly loads: readonly LoadRow[];
  readonly streamWindows: number;
  readonly targets: readonly TargetRow[];
  /** Null where the system does not tell. */
  readonly memory: MemoryReport | null;
}

export function keeps(value: number, target: NonNullable<TargetRow['target']>): boolean {
  return target.is === 'at least' ? value >= target.limit : value <= target.limit;
}
