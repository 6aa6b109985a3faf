/** A histogram's upper bounds with how many observations are at or below each; the last bound is Infinity. */
export interface Bucket {
  readonly upTo: number;
  readonly cumulative: number;
}

/**
 * The q-quantile as Prometheus' `histogram_quantile` estimates it: linear inside the bucket that holds
 * it, the first bucket starting at 0, and the highest finite bound when it lies beyond that.
 * (https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)
 *
 * @param buckets ascending, ending with Infinity
 * @param q in [0, 1]
 * @returns in the buckets' unit; null when nothing was observed
 */
export function bucketQuantile(buckets: readonly Bucket[], q: number): number | null {
  const total = buckets.at(-1)?.cumulative ?? 0;
  if (total === 0) return null;
  const rank = q * total;
  let lower = 0;
  let below = 0;
  for (const { upTo, cumulative } of buckets) {
    if (cumulative >= rank && cumulative > below) {
      if (upTo === Infinity) return lower;
      return lower + ((upTo - lower) * (rank - below)) / (cumulative - below);
    }
    lower = upTo === Infinity ? lower : upTo;
    below = cumulative;
  }
  return lower;
}
