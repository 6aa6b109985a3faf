/**
 * How likely each category is, read off the probabilities at the places where the guard writes ids,
 * instead of off one answer: `unsafe`, a line break, `S` — and there the model's probabilities for
 * the numbers are those of the categories.
 *
 *     q_i(c)       probability that the i-th id is c, among the known ids; the ids before it are the likeliest
 *     reach_1      1
 *     reach_(i+1)  reach_i times the probability that a comma follows the i-th id
 *     score(c)     p(unsafe) times min(1, sum over i of reach_i q_i(c))
 *
 * An id of several tokens has the product of their probabilities; one that others go on from (S1, S10) also
 * that of its end. The sum stops where reach is below 0.1, and after four ids.
 */
import type { CategoryScore } from '../../../core/assessment.js';
import type { CategoryTokens, IdNode } from './category-tokens.js';

const MAX_IDS = 4;
const MIN_REACH = 0.1;
/** Parts of the tree less likely than this are not looked into: what longer ids they hold would not be listed. */
const MIN_BRANCH = 0.01;
/** Scores below are not listed. */
const MIN_SCORE = 0.01;
/** Share of the probability that known ids must hold for their shares of it to mean something. */
const MIN_KNOWN = 0.5;

/**
 * Probabilities of the next token, after the prompt and `path`. The tokens `ahead` are likely to be asked
 * for next: path and ahead can be evaluated together.
 * @returns undefined where a number was not finite
 */
export type NextToken<T> = (
  path: readonly T[],
  ahead: readonly T[],
) => Promise<((token: T) => number) | undefined>;

export interface CategoryScores {
  /** Highest first. */
  readonly categories: readonly CategoryScore[];
  /** What was odd, for the log; nothing of what was judged. */
  readonly notes: readonly string[];
}

/** @param pUnsafe in [0, 1] */
export async function scoreCategories<T>(
  tokens: CategoryTokens<T>,
  pUnsafe: number,
  nextToken: NextToken<T>,
): Promise<CategoryScores> {
  const sums = new Map<string, number>();
  const notes: string[] = [];
  let path = [...tokens.word];
  let reach = 1;
  for (let position = 0; position < MAX_IDS; position++) {
    const tree = position === 0 ? tokens.first : tokens.next;
    const place = await readPlace(tree, path, tokens, nextToken);
    if (place === undefined) {
      if (position === 0) notes.push('The guard gave no finite numbers for the categories.');
      break;
    }
    if (position > 0) reach *= place.begun;
    if (reach < MIN_REACH) break;
    // After a comma an id has to come; before the first, so much else could that all of it counts.
    const share = position === 0 ? place.known : place.known / place.begun;
    if (share < MIN_KNOWN || place.likeliest === undefined) {
      if (position === 0)
        notes.push(
          `The guard put ${(share * 100).toFixed(0)}% on its known categories where it names the first; below ${MIN_KNOWN * 100}% none is believed.`,
        );
      break;
    }
    for (const [id, probability] of place.ids)
      sums.set(id, (sums.get(id) ?? 0) + (reach * probability) / place.known);
    path = place.likeliest;
  }
  const categories = [...sums]
    .map(([id, sum]) => ({ id, score: pUnsafe * Math.min(1, sum) }))
    .filter(({ score }) => score >= MIN_SCORE)
    .sort((a, b) => b.score - a.score);
  return { categories, notes };
}

interface Place<T> {
  /** Probability of each known id here, given the path before. */
  readonly ids: ReadonlyMap<string, number>;
  /** Their sum. */
  readonly known: number;
  /** Probability that what comes next can begin an id; of later places, that is the comma. */
  readonly begun: number;
  /** The path with the likeliest id; undefined when none has any probability. */
  readonly likeliest: T[] | undefined;
}

async function readPlace<T>(
  root: IdNode<T>,
  start: readonly T[],
  tokens: CategoryTokens<T>,
  nextToken: NextToken<T>,
): Promise<Place<T> | undefined> {
  const ids = new Map<string, number>();
  /** What may stand behind an id that is complete. */
  const over = new Set([...tokens.ends, ...tokens.next.children.keys()]);
  let likeliest: { path: T[]; probability: number } | undefined;
  let begun = 0;

  const count = (id: string, path: T[], probability: number): void => {
    ids.set(id, (ids.get(id) ?? 0) + probability);
    if (probability > (likeliest?.probability ?? 0)) likeliest = { path, probability };
  };

  const aheadOf = (node: IdNode<T>): readonly T[] => {
    if (node === tokens.first) return tokens.usual.first;
    return node === tokens.next || node.id !== undefined ? tokens.usual.next : [];
  };

  /** @returns false where a number was not finite */
  async function visit(node: IdNode<T>, path: readonly T[], probability: number): Promise<boolean> {
    const next = await nextToken(path, aheadOf(node));
    if (next === undefined) return false;
    if (node.id !== undefined) {
      let end = 0;
      for (const token of over) end += next(token);
      count(node.id, [...path], probability * end);
    }
    for (const [token, child] of node.children) {
      const there = probability * next(token);
      if (node === root) begun += there;
      if (child.children.size > 0 && there >= MIN_BRANCH) {
        if (!(await visit(child, [...path, token], there))) return false;
      } else if (child.id !== undefined) count(child.id, [...path, token], there);
    }
    return true;
  }

  if (!(await visit(root, start, 1))) return undefined;
  let known = 0;
  for (const probability of ids.values()) known += probability;
  return { ids, known, begun, likeliest: likeliest?.path };
}
