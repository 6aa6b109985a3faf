/** One verdict of several: the most unsafe piece speaks for the whole. */
import type { JudgedPrompt } from './prompt-judge.js';

/**
 * Score, mass and margin of the piece with the highest score; of each category the highest score of all
 * pieces; all notes, each once.
 * @param pieces at least one
 */
export function worstOf(pieces: readonly JudgedPrompt[]): JudgedPrompt {
  const [first, ...others] = pieces;
  if (first === undefined) throw new RangeError('Nothing was judged.');
  if (others.length === 0) return first;
  let worst = first;
  for (const piece of others) if (piece.score > worst.score) worst = piece;
  const categories = new Map<string, number>();
  for (const piece of pieces)
    for (const { id, score } of piece.categories)
      categories.set(id, Math.max(score, categories.get(id) ?? 0));
  return {
    ...worst,
    categories: [...categories].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score),
    notes: [...new Set(pieces.flatMap(({ notes }) => notes))],
  };
}
