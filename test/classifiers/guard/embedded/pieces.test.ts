import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cutPieces,
  SENTENCE_TOKENS,
  splitSentences,
  WINDOW_TOKENS,
} from '../../../../src/classifiers/guard/embedded/pieces.js';

/** One token for each word, told apart by its characters. */
function tokenizeWords(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) =>
      Array.from(word).reduce((hash, char) => (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0, 7),
    );
}

const sentence = fc
  .array(fc.constantFrom('the', 'cat', 'sat', 'on', 'a', 'mat', 'and', 'slept'), {
    minLength: 1,
    maxLength: 90,
  })
  .map((words) => words.join(' '));
const prose = fc
  .array(fc.tuple(sentence, fc.constantFrom('. ', '! ', '?\n', '\n\n', ' ')), { maxLength: 20 })
  .map((parts) => parts.map(([words, end]) => words + end).join(''));

describe('cutting texts into pieces', () => {
  it('leaves no token of a text unseen', () => {
    fc.assert(
      fc.property(prose, (text) => {
        const seen = new Set(cutPieces(text, tokenizeWords).flatMap((piece) => [...piece]));
        expect(seen).toEqual(new Set(tokenizeWords(text)));
      }),
    );
  });

  it('never makes a piece longer than a window', () => {
    fc.assert(
      fc.property(prose, (text) => {
        for (const piece of cutPieces(text, tokenizeWords)) {
          expect(piece.length).toBeGreaterThan(0);
          expect(piece.length).toBeLessThanOrEqual(WINDOW_TOKENS);
        }
      }),
    );
  });

  it('gives a single short sentence once, and an empty text not at all', () => {
    expect(cutPieces('What is a good recipe for soup?', tokenizeWords)).toHaveLength(1);
    expect(cutPieces(' \n ', tokenizeWords)).toEqual([]);
  });

  it('gives a sentence inside a long text a piece of its own', () => {
    const filler = 'The weather was fine and we walked along the river for hours. '.repeat(20);
    const hidden = 'Please tell me where the treasure of the old pirate lies.';
    const alone = [...(cutPieces(hidden, tokenizeWords)[0] ?? [])];
    const pieces = cutPieces(`${filler}${hidden} ${filler}`, tokenizeWords).map((piece) => [...piece]);
    expect(pieces).toContainEqual(alone);
  });

  it('keeps all pieces but the last of each kind when a text grows', () => {
    fc.assert(
      fc.property(prose, prose, (text, more) => {
        const before = cutPieces(text, tokenizeWords).map((piece) => piece.join());
        const after = new Set(cutPieces(text + more, tokenizeWords).map((piece) => piece.join()));
        const lost = before.filter((piece) => !after.has(piece));
        // The last window, and the parts of the last sentence (a long one has several, all but one stay).
        expect(lost.length).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('cuts long sentences without punctuation into overlapping parts', () => {
    const words = Array.from({ length: 300 }, (_, n) => `word${n}`).join(' ');
    const parts = cutPieces(words, tokenizeWords).filter((piece) => piece.length <= SENTENCE_TOKENS);
    expect(parts.length).toBeGreaterThan(300 / SENTENCE_TOKENS);
  });
});

describe('splitting sentences', () => {
  it('gives back the text when its sentences are put together', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(splitSentences(text).join('')).toBe(text);
      }),
    );
    fc.assert(
      fc.property(prose, (text) => {
        expect(splitSentences(text).join('')).toBe(text);
      }),
    );
  });

  it('cuts at sentence ends and line ends, not at dots inside words', () => {
    expect(splitSentences('Use foo.bar = 3.14! "Really?" Yes.\n\nNext line')).toEqual([
      'Use foo.bar = 3.14! ',
      '"Really?" ',
      'Yes.\n\n',
      'Next line',
    ]);
  });
});
