import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmbeddedPiece } from '../../../../src/classifiers/guard/embedded/piece-encoder.js';
import { SENTENCE_TOKENS } from '../../../../src/classifiers/guard/embedded/pieces.js';
import {
  normalise,
  piecesOf,
  WINDOW_OVERLAP,
  WINDOW_TOKENS,
  windowsOver,
} from '../../../../src/classifiers/guard/embedded/windows.js';

/** Sentences of these lengths, with tokens counted through and an embedding that tells them apart. */
function sentences(lengths: readonly number[]): EmbeddedPiece[] {
  let token = 0;
  return lengths.map((length, index) => ({
    embedding: Float32Array.of(Math.cos(index), Math.sin(index)),
    tokenIds: Uint32Array.from({ length }, () => token++),
  }));
}

const lengths = fc.array(fc.integer({ min: 1, max: SENTENCE_TOKENS }), { maxLength: 40 });

describe('windows over sentences', () => {
  it('cover every sentence of a text that has several, in order and no longer than allowed', () => {
    fc.assert(
      fc.property(lengths, (given) => {
        const windows = windowsOver(sentences(given));
        expect(windows.length > 0).toBe(given.length > 1);
        let seen = 0;
        for (const { tokenIds } of windows) {
          expect(tokenIds.length).toBeLessThanOrEqual(WINDOW_TOKENS);
          const [start = NaN] = tokenIds;
          expect(start).toBeLessThanOrEqual(seen);
          expect(seen - start).toBeLessThanOrEqual(WINDOW_OVERLAP);
          seen = start + tokenIds.length;
        }
        if (given.length > 1) expect(seen).toBe(given.reduce((sum, length) => sum + length, 0));
      }),
    );
  });

  it('stay what they were, but for the last, when a text grows', () => {
    fc.assert(
      fc.property(lengths, lengths, (given, more) => {
        const before = windowsOver(sentences(given)).slice(0, -1);
        expect(windowsOver(sentences([...given, ...more])).slice(0, before.length)).toEqual(before);
      }),
    );
  });

  it('average their sentences by their tokens', () => {
    const [window] = windowsOver([
      { embedding: Float32Array.of(1, 0), tokenIds: new Uint32Array(30) },
      { embedding: Float32Array.of(0, 1), tokenIds: new Uint32Array(10) },
    ]);
    const length = Math.hypot(3, 1);
    expect(window?.embedding[0]).toBeCloseTo(3 / length, 6);
    expect(window?.embedding[1]).toBeCloseTo(1 / length, 6);
  });

  it('come before the sentences, and what is there twice comes once', () => {
    const [one, two] = sentences([8, 9]);
    if (one === undefined || two === undefined) throw new Error('no sentences');
    expect(piecesOf([one])).toEqual([one]);
    expect(piecesOf([one, two, one]).map(({ tokenIds }) => tokenIds.length)).toEqual([25, 8, 9]);
    expect(piecesOf([])).toEqual([]);
  });

  it.each([[[0, 0]], [[NaN, 1]], [[Infinity, 1]], [[]]])(
    'are refused rather than harmless when there is nothing to scale: %s',
    (vector) => {
      expect(() => normalise(vector)).toThrow('embedding');
    },
  );
});
