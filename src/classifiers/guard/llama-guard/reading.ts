/** Reads the verdict off the logits of one position. */

/** Logits by token, and the sum of exp(logit - highest logit) over the whole vocabulary. */
export interface Logits<T> {
  /** Must contain the highest logit of all. */
  readonly values: ReadonlyMap<T, number>;
  readonly totalWeight: number;
}

export interface Reading {
  /** p(unsafe): softmax over the two words, in [0, 1]. */
  readonly score: number;
  /** Share of the whole probability that the two words hold, in [0, 1]. */
  readonly mass: number;
  /** Logit of unsafe minus logit of safe. */
  readonly margin: number;
}

/**
 * Llama Guard's card takes the first token's probability of `unsafe` as the score; dividing by the
 * two words' share keeps it a probability when the model puts some mass elsewhere, and that share
 * is told apart as `mass`. Returns undefined when anything is missing or not finite.
 */
export function readVerdict<T>(logits: Logits<T>, safe: T, unsafe: T): Reading | undefined {
  const s = logits.values.get(safe);
  const u = logits.values.get(unsafe);
  if (s === undefined || u === undefined) return undefined;
  const mass = shareOf(logits, [safe, unsafe]);
  const margin = u - s;
  if (!Number.isFinite(margin) || !Number.isFinite(mass)) return undefined;
  return { score: 1 / (1 + Math.exp(-margin)), mass, margin };
}

/** Share of the whole probability that the given tokens hold; tokens without a logit count as nothing. */
export function shareOf<T>(logits: Logits<T>, tokens: readonly T[]): number {
  const highest = highestOf(logits);
  let weight = 0;
  for (const token of tokens) {
    const logit = logits.values.get(token);
    if (logit !== undefined) weight += Math.exp(logit - highest);
  }
  return weight / logits.totalWeight;
}

/** The probability of each token that has a logit; undefined when a number is not finite. */
export function sharesOf<T>(logits: Logits<T>): ((token: T) => number) | undefined {
  const highest = highestOf(logits);
  const shares = new Map<T, number>();
  for (const [token, logit] of logits.values) {
    const share = Math.exp(logit - highest) / logits.totalWeight;
    if (!Number.isFinite(share)) return undefined;
    shares.set(token, share);
  }
  return (token) => shares.get(token) ?? 0;
}

function highestOf<T>(logits: Logits<T>): number {
  let highest = -Infinity;
  for (const logit of logits.values.values()) highest = Math.max(highest, logit);
  return highest;
}
