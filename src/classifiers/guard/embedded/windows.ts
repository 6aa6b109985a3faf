/**
 * Windows of some hundred words over a text's sentences. A window's embedding is the mean of its
 * sentences' embeddings, weighted by their tokens: the encoder averages over tokens itself, so this is
 * close to what it would say of the whole, and the text need not be read a second time.
 */
import type { EmbeddedPiece } from './piece-encoder.js';
import { FILLED_FROM_TOKENS, SENTENCE_MIN_TOKENS, SENTENCE_OVERLAP, SENTENCE_TOKENS } from './pieces.js';

/** The most tokens a window may have; at least two sentences fit. */
export const WINDOW_TOKENS = 128;

/** The most tokens that neighbouring windows share: as many whole sentences as fit. */
export const WINDOW_OVERLAP = 32;

/** Names the way of cutting a text and putting windows together; part of the encoder's and the head's identity. */
export const CUTTING = `s${SENTENCE_TOKENS}/${SENTENCE_OVERLAP}/${SENTENCE_MIN_TOKENS}f${FILLED_FROM_TOKENS}+m${WINDOW_TOKENS}/${WINDOW_OVERLAP}`;

/** The windows over `sentences`, in order; none where there are fewer than two sentences. */
export function windowsOver(sentences: readonly EmbeddedPiece[]): EmbeddedPiece[] {
  const windows: EmbeddedPiece[] = [];
  if (sentences.length < 2) return windows;
  const lengthOf = (index: number): number => sentences[index]?.tokenIds.length ?? 0;
  for (let start = 0; ;) {
    let end = start;
    for (let total = 0; end < sentences.length && total + lengthOf(end) <= WINDOW_TOKENS; end++)
      total += lengthOf(end);
    windows.push(meanOf(sentences.slice(start, end)));
    if (end === sentences.length) return windows;
    let next = end;
    for (let shared = 0; next - 1 > start && shared + lengthOf(next - 1) <= WINDOW_OVERLAP; next--)
      shared += lengthOf(next - 1);
    start = next;
  }
}

/** Windows first, then sentences; what comes twice is there once. */
export function piecesOf(sentences: readonly EmbeddedPiece[]): EmbeddedPiece[] {
  const unique = new Map<string, EmbeddedPiece>();
  for (const piece of [...windowsOver(sentences), ...sentences]) {
    const key = piece.tokenIds.join();
    if (!unique.has(key)) unique.set(key, piece);
  }
  return [...unique.values()];
}

function meanOf(sentences: readonly EmbeddedPiece[]): EmbeddedPiece {
  const sum = new Float32Array(sentences[0]?.embedding.length ?? 0);
  for (const { embedding, tokenIds } of sentences)
    for (const [index, value] of embedding.entries())
      sum[index] = (sum[index] ?? 0) + value * tokenIds.length;
  return {
    embedding: normalise(sum),
    tokenIds: Uint32Array.from(sentences.flatMap(({ tokenIds }) => [...tokenIds])),
  };
}

/** Scales to length 1. Throws when there is nothing usable to scale: such a piece must not look harmless. */
export function normalise(vector: ArrayLike<number>): Float32Array {
  const scaled = Float32Array.from(vector);
  const length = Math.sqrt(scaled.reduce((sum, value) => sum + value * value, 0));
  if (!Number.isFinite(length) || length === 0)
    throw new Error('The encoder returned an embedding that is empty, zero or not finite.');
  return scaled.map((value) => value / length);
}
