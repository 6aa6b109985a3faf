/**
 * The quantile of sorted values, between two of them by linear interpolation (type 7 of R. J. Hyndman and
 * Y. Fan, "Sample Quantiles in Statistical Packages", Am. Statistician 50, 1996).
 * @param sorted ascending
 * @param p in [0, 1]
 * @returns NaN without values
 */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = (sorted.length - 1) * p;
  const before = Math.floor(place);
  const low = sorted[before] ?? Number.NaN;
  const high = sorted[Math.min(before + 1, sorted.length - 1)] ?? low;
  return low + (high - low) * (place - before);
}
