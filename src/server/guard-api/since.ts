/** Milliseconds since a `performance.now()`, with two decimals. */
export function sinceMs(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 100) / 100;
}
