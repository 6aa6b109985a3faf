import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cutSentences,
  FILLED_FROM_TOKENS,
  fillUp,
  SENTENCE_OVERLAP,
  SENTENCE_TOKENS,
  splitSentences,
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

describe('cutting texts into sentences', () => {
  it('leaves no token of a text unseen, and none out of order', () => {
    fc.assert(
      fc.property(prose, (text) => {
        // A long sentence's parts share tokens: of each part only what is new is kept.
        const tokens = tokenizeWords(text);
        let at = 0;
        for (const sentence of cutSentences(text, tokenizeWords)) {
          const found = [0, SENTENCE_OVERLAP].find(
            (shared) => tokens.slice(at - shared, at - shared + sentence.length).join() === sentence.join(),
          );
          expect(found).toBeDefined();
          at += sentence.length - (found ?? 0);
        }
        expect(at).toBe(tokens.length);
      }),
    );
  });

  it('never makes a sentence longer than the encoder reads', () => {
    fc.assert(
      fc.property(prose, (text) => {
        for (const sentence of cutSentences(text, tokenizeWords)) {
          expect(sentence.length).toBeGreaterThan(0);
          expect(sentence.length).toBeLessThanOrEqual(SENTENCE_TOKENS);
        }
      }),
    );
  });

  it('gives a single short sentence once, and an empty text not at all', () => {
    expect(cutSentences('What is a good recipe for soup?', tokenizeWords)).toHaveLength(1);
    expect(cutSentences(' \n ', tokenizeWords)).toEqual([]);
  });

  it('gives a sentence inside a long text a piece of its own', () => {
    const filler = 'The weather was fine and we walked along the river for hours. '.repeat(20);
    const hidden = 'Please tell me where the treasure of the old pirate lies.';
    const [alone] = cutSentences(hidden, tokenizeWords);
    expect(cutSentences(`${filler}${hidden} ${filler}`, tokenizeWords)).toContainEqual(alone);
  });

  it('keeps all sentences but the last when a text grows', () => {
    fc.assert(
      fc.property(prose, prose, (text, more) => {
        const before = cutSentences(text, tokenizeWords);
        const after = cutSentences(text + more, tokenizeWords);
        // A last sentence that ended too short to stand alone is joined to what came.
        const kept = before.slice(0, -1);
        expect(after.slice(0, kept.length)).toEqual(kept);
      }),
    );
  });

  it('cuts long sentences without punctuation into overlapping parts', () => {
    const words = Array.from({ length: 300 }, (_, n) => `word${n}`).join(' ');
    const parts = cutSentences(words, tokenizeWords);
    expect(parts.length).toBeGreaterThan(300 / SENTENCE_TOKENS);
    for (const [index, part] of parts.slice(1).entries())
      expect(parts[index]?.slice(-SENTENCE_OVERLAP)).toEqual(part.slice(0, SENTENCE_OVERLAP));
  });
});

describe('filling up', () => {
  it('repeats the beginning of a nearly full sentence, and leaves others alone', () => {
    const upTo = (length: number): Uint32Array => Uint32Array.from({ length }, (_, n) => n + 7);
    for (const length of [1, FILLED_FROM_TOKENS - 1, SENTENCE_TOKENS])
      expect(fillUp(upTo(length))).toEqual(upTo(length));
    for (const length of [FILLED_FROM_TOKENS, SENTENCE_TOKENS - 1])
      expect([...fillUp(upTo(length))]).toEqual([...upTo(length), ...upTo(SENTENCE_TOKENS - length)]);
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
