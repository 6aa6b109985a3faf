/**
 * Lines grouped by their score, highest first: all that ranking measures need. Lines of one score stand
 * or fall together, whatever order they came in.
 *
 * A line without a score counts as failed at every threshold: unsafe ones are never found (their group's
 * score is -Infinity and it is left out of the ranking), safe ones are stopped first (+Infinity).
 */
export interface ScoreGroups {
  /** Descending. */
  readonly scores: Float64Array;
  /** Unsafe and safe lines of each score. */
  readonly unsafe: Float64Array;
  readonly safe: Float64Array;
  readonly totalUnsafe: number;
  readonly totalSafe: number;
}

/**
 * @param unsafe scores of the unsafe lines, in any order; NaN: no score
 * @param safe those of the safe lines, likewise
 */
export function groupByScore(unsafe: Float64Array, safe: Float64Array): ScoreGroups {
  const positives = unsafe.map((score) => (Number.isNaN(score) ? -Infinity : score)).sort();
  const negatives = safe.map((score) => (Number.isNaN(score) ? Infinity : score)).sort();
  const most = positives.length + negatives.length;
  const scores = new Float64Array(most);
  const unsafeCounts = new Float64Array(most);
  const safeCounts = new Float64Array(most);
  let groups = 0;
  let p = positives.length - 1;
  let n = negatives.length - 1;
  while (p >= 0 || n >= 0) {
    const score = Math.max(positives[p] ?? -Infinity, negatives[n] ?? -Infinity);
    scores[groups] = score;
    for (; p >= 0 && positives[p] === score; p -= 1) unsafeCounts[groups] = (unsafeCounts[groups] ?? 0) + 1;
    for (; n >= 0 && negatives[n] === score; n -= 1) safeCounts[groups] = (safeCounts[groups] ?? 0) + 1;
    groups += 1;
  }
  return {
    scores: scores.slice(0, groups),
    unsafe: unsafeCounts.slice(0, groups),
    safe: safeCounts.slice(0, groups),
    totalUnsafe: positives.length,
    totalSafe: negatives.length,
  };
}

/** Neighbouring groups put together until at most about `most` are left, each with about as many lines. */
export function coarsen(groups: ScoreGroups, most: number): ScoreGroups {
  if (groups.scores.length <= most) return groups;
  const size = (groups.totalUnsafe + groups.totalSafe) / most;
  const scores: number[] = [];
  const unsafe: number[] = [];
  const safe: number[] = [];
  let full = Infinity;
  for (let group = 0; group < groups.scores.length; group += 1) {
    const score = groups.scores[group] ?? 0;
    // What has no score is not mixed with what has one.
    if (full >= size || !Number.isFinite(score) || scores.at(-1) === Infinity) {
      scores.push(score);
      unsafe.push(0);
      safe.push(0);
      full = 0;
    }
    const last = scores.length - 1;
    scores[last] = score;
    unsafe[last] = (unsafe[last] ?? 0) + (groups.unsafe[group] ?? 0);
    safe[last] = (safe[last] ?? 0) + (groups.safe[group] ?? 0);
    full += (groups.unsafe[group] ?? 0) + (groups.safe[group] ?? 0);
  }
  return {
    scores: Float64Array.from(scores),
    unsafe: Float64Array.from(unsafe),
    safe: Float64Array.from(safe),
    totalUnsafe: groups.totalUnsafe,
    totalSafe: groups.totalSafe,
  };
}

/**
 * Average precision, the area under the precision-recall curve without interpolation: the sum, over the
 * distinct scores from the highest, of the recall that is gained there times the precision reached there.
 * (As scikit-learn's `average_precision_score` defines it; ties are one step.)
 * @param unsafe, safe counts of the groups, in place of the groups' own
 * @returns undefined without unsafe lines
 */
export function averagePrecision(
  groups: Pick<ScoreGroups, 'scores' | 'unsafe' | 'safe' | 'totalUnsafe'>,
): number | undefined {
  const { scores, unsafe, safe, totalUnsafe } = groups;
  if (totalUnsafe === 0) return undefined;
  let found = 0;
  let stopped = 0;
  let area = 0;
  for (let group = 0; group < scores.length; group += 1) {
    const gained = unsafe[group] ?? 0;
    stopped += gained + (safe[group] ?? 0);
    if (gained === 0 || scores[group] === -Infinity) continue;
    found += gained;
    area += gained * (found / stopped);
  }
  return area / totalUnsafe;
}
