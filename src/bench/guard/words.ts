/** Texts for benchmarks: common words drawn by a fixed rule, so that no text comes twice and none means anything. */

/** Each is one token of the usual English vocabularies. */
export const WORDS: readonly string[] = (
  'the river garden house people water morning school music paper window summer winter market village ' +
  'bread kitchen table train station letter friend teacher mountain forest city street bridge island ' +
  'doctor family brother sister mother father children story picture camera concert football museum ' +
  'library office computer program system number color green yellow silver golden little large quiet'
).split(' ');

export interface TextSource {
  /** Words with single spaces, without a space at either end. */
  words(count: number): string;
  /** The same as sentences; each full stop is a token, too. */
  sentences(lengths: readonly number[]): string;
  /** A whole number in [0, below). */
  number(below: number): number;
}

/** @param seed whole number; the same seed gives the same texts */
export function createTextSource(seed: number): TextSource {
  let drawn = seed >>> 0;
  // A linear congruential generator; only its upper bits are used.
  const number = (below: number): number => {
    drawn = (Math.imul(drawn, 1664525) + 1013904223) >>> 0;
    return Math.floor((drawn / 2 ** 32) * below);
  };
  const words = (count: number): string =>
    Array.from({ length: count }, () => WORDS[number(WORDS.length)] ?? 'the').join(' ');
  return {
    number,
    words,
    sentences: (lengths) => lengths.map((length) => `${words(length)}.`).join(' '),
  };
}
