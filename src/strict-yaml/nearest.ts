/** "Did you mean …?" for mistyped words. */

/**
 * Edits (insert, delete, replace, swap of neighbours) that turn one word into the other: the
 * optimal string alignment distance, by the usual three-row table.
 */
function editDistance(a: string, b: string): number {
  let twoAgo: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (twoAgo[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    twoAgo = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

function simplified(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s.]/g, '');
}

function withoutDigits(word: string): string {
  return word.replaceAll(/\d/g, '');
}

/**
 * The candidate that `word` most likely stands for, or undefined when none is close: at most one edit
 * for every three characters (at least one), letter case and `-`/`_` not counting. A candidate that
 * contains the word, or is contained in it, is close as well.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = simplified(word).slice(0, 64);
  if (wanted === '') return undefined;
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const known = simplified(candidate);
    // S12 is no misspelt S1: words that differ in their numbers only are different things.
    if (known !== wanted && withoutDigits(known) === withoutDigits(wanted)) continue;
    let distance = editDistance(wanted, known);
    const contained = known.includes(wanted) || wanted.includes(known);
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, known.length) / 3));
    if (distance > limit) {
      if (!contained || Math.min(wanted.length, known.length) < 3) continue;
      distance = limit + 0.5;
    }
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean "x"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const match = nearest(word, candidates);
  return match === undefined ? '' : `; did you mean "${match}"?`;
}
