/** How long texts are cut: overlapping pieces, so that no phrase is only ever seen cut in two. */

/** Tokens of a full piece. */
export const PIECE_TOKENS = 128;

/** Tokens that neighbouring pieces share. */
export const OVERLAP_TOKENS = 32;

/**
 * Pieces start at fixed distances from the text's beginning: when a text grows at its end, all pieces
 * but the last stay what they were, and a cache of them keeps its worth. The last piece is shorter
 * but always longer than the overlap, unless it is the only one.
 */
export function cutPieces<T>(tokens: readonly T[]): T[][] {
  const pieces: T[][] = [];
  const step = PIECE_TOKENS - OVERLAP_TOKENS;
  for (let start = 0; start < tokens.length; start += step) {
    pieces.push(tokens.slice(start, start + PIECE_TOKENS));
    if (start + PIECE_TOKENS >= tokens.length) break;
  }
  return pieces;
}
