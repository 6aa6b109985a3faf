/** One verdict of several: the most unsafe piece speaks for the whole. */
import { highestOfEach } from '../../../core/category-scores.js';
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
  return {
    ...worst,
    categories: highestOfEach(pieces.flatMap((piece) => piece.categories)),
    notes: [...new Set(pieces.flatMap(({ notes }) => notes))],
  };
}
