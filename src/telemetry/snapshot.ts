/** The metrics as the dashboard shows them: plain JSON, counted since the process started. */
import type { Counter, Histogram } from 'prom-client';
import type { MetricSet } from './metric-set.js';
import { bucketQuantile, type Bucket } from './quantile.js';

/** One label set of a counter that is not 0. */
export type CountRow<Label extends string> = Readonly<Record<Label, string>> & { readonly count: number };

/** Estimated from the histogram's buckets, so exact to the bucket only; null when nothing was observed. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface MetricsSnapshot {
  /** Rows come with the largest count first. */
  readonly requests: readonly CountRow<'route' | 'decision'>[];
  readonly assessments: readonly CountRow<'judge' | 'direction' | 'verdict'>[];
  readonly categories: readonly CountRow<'category' | 'direction' | 'action'>[];
  readonly findings: readonly CountRow<'language' | 'cwe' | 'severity'>[];
  readonly unavailable: readonly CountRow<'judge' | 'reason'>[];
  /** UTF-16 units of streamed replies. */
  readonly streamChars: { readonly received: number; readonly judged: number; readonly released: number };
  readonly guardTokens: { readonly evaluated: number; readonly cached: number };
  /** Questions to the guard, by where the answer came from. */
  readonly cache: { readonly hit: number; readonly miss: number; readonly shared: number };
  /** Empty without a cascade. */
  readonly cascade: readonly CountRow<'direction' | 'decided_by'>[];
  readonly queueDepth: number;
  /** Milliseconds, over all routes. */
  readonly overheadMs: LatencySummary;
  /** Milliseconds, over all judges and both directions. */
  readonly assessmentMs: LatencySummary;
}

async function rows<Label extends string>(
  counter: Counter<Label>,
  labels: readonly NoInfer<Label>[],
): Promise<CountRow<Label>[]> {
  const { values } = await counter.get();
  return values
    .filter(({ value }) => value > 0)
    .map((entry) => {
      const named = labels.map((label): [Label, string] => [label, String(entry.labels[label] ?? '')]);
      return { ...(Object.fromEntries(named) as Record<Label, string>), count: entry.value };
    })
    .sort((a, b) => b.count - a.count);
}

async function byLabel<Label extends string>(counter: Counter<Label>, label: Label) {
  const { values } = await counter.get();
  const counts = new Map(values.map((entry) => [String(entry.labels[label] ?? ''), entry.value]));
  return (value: string) => counts.get(value) ?? 0;
}

async function latencyMs<Label extends string>(histogram: Histogram<Label>): Promise<LatencySummary> {
  const { values } = await histogram.get();
  const cumulative = new Map<number, number>();
  for (const { labels, value } of values) {
    // `_sum` and `_count` come among the buckets; only a bucket has `le`, which the typings leave out.
    const { le } = labels as { readonly le?: string | number };
    if (le === undefined) continue;
    const upTo = le === '+Inf' ? Infinity : Number(le);
    cumulative.set(upTo, (cumulative.get(upTo) ?? 0) + value);
  }
  const buckets: Bucket[] = [...cumulative]
    .sort(([a], [b]) => a - b)
    .map(([upTo, count]) => ({ upTo: upTo * 1000, cumulative: count }));
  return {
    count: buckets.at(-1)?.cumulative ?? 0,
    p50: bucketQuantile(buckets, 0.5),
    p95: bucketQuantile(buckets, 0.95),
  };
}

/** Reads the metrics once. */
export async function takeSnapshot(metrics: MetricSet, queueDepth: number): Promise<MetricsSnapshot> {
  const chars = await byLabel(metrics.streamChars, 'state');
  const tokens = await byLabel(metrics.guardTokens, 'kind');
  const cache = await byLabel(metrics.cacheResults, 'result');
  return {
    requests: await rows(metrics.requests, ['route', 'decision']),
    assessments: await rows(metrics.assessments, ['judge', 'direction', 'verdict']),
    categories: await rows(metrics.categories, ['category', 'direction', 'action']),
    findings: await rows(metrics.findings, ['language', 'cwe', 'severity']),
    unavailable: await rows(metrics.unavailable, ['judge', 'reason']),
    streamChars: { received: chars('received'), judged: chars('judged'), released: chars('released') },
    guardTokens: { evaluated: tokens('evaluated'), cached: tokens('cached') },
    cache: { hit: cache('hit'), miss: cache('miss'), shared: cache('shared') },
    cascade: await rows(metrics.cascade, ['direction', 'decided_by']),
    queueDepth,
    overheadMs: await latencyMs(metrics.overheadSeconds),
    assessmentMs: await latencyMs(metrics.assessmentSeconds),
  };
}
