/**
 * Is this English? Told by a list of words, so that text comes out of a decoder, a folder or a joiner only
 * where words come out: numbers, ids and code stay what they are.
 */
import { ENGLISH_WORDS } from './english-words.js';

/** What a word costs in a split: the logarithm of its place in the list of frequencies. */
const costs = new Map<string, number>(
  ENGLISH_WORDS.trim()
    .split(/\s+/)
    .map((word, rank) => [word, Math.log(rank + 20)]),
);
/** Three letters in a row of words in the list, ^ and $ standing for their ends. */
const triples = new Set<string>();
for (const word of costs.keys()) {
  const framed = `^${word}$`;
  for (let at = 0; at + 3 <= framed.length; at += 1) triples.add(framed.slice(at, at + 3));
}

const ENDINGS = /(?:s|es|ed|d|r|er|ers|ing|ly)$/;
/** Longer runs of letters are no words. */
const LONGEST = 24;

/** Whether a word, in any case, is in the list, with or without a common ending. */
export function isWord(word: string): boolean {
  if (word.length > LONGEST) return false;
  const lower = word.toLowerCase();
  if (costs.has(lower)) return true;
  const stem = lower.replace(ENDINGS, '');
  return stem.length > 3 && stem !== lower && (costs.has(stem) || costs.has(`${stem}e`));
}

/** Whether a word is built like the words in the list; at least four letters are needed to say. */
export function looksLikeWord(word: string): boolean {
  if (isWord(word)) return true;
  if (word.length < 4 || word.length > LONGEST) return false;
  const framed = `^${word.toLowerCase()}$`;
  for (let at = 0; at + 3 <= framed.length; at += 1) if (!triples.has(framed.slice(at, at + 3))) return false;
  return true;
}

/** Words of three letters and more (and shorter ones beside them) as a share of all letters, in [0, 1]. */
export function shareOfWords(text: string): number {
  return shareOf(text, isWord);
}

/** Letters from which on names and rare words may be among the words. */
const LONG = 24;

/** Whether letters that came out of a code are words. No other code than the right one gives that by chance. */
export function isEnglish(text: string): boolean {
  if (text.length < LONG) return shareOfWords(text) >= 0.75;
  const words = shareOfWords(text);
  return words >= 0.6 || (words >= 0.35 && shareOf(text, looksLikeWord) >= 0.8);
}

function shareOf(text: string, counts: (word: string) => boolean): number {
  let letters = 0;
  let known = 0;
  let short = 0;
  for (const [word] of text.matchAll(/[A-Za-z]+(?:['’][a-z]{1,2}\b)?/g)) {
    letters += word.length;
    const plain = word.replace(/['’]/, '');
    if (!counts(plain)) continue;
    if (plain.length > 2) known += word.length;
    else short += word.length;
  }
  return letters === 0 || known === 0 ? 0 : (known + short) / letters;
}

/** Letters outside any word: more than the rarest word, and more for each. */
const UNKNOWN = 7;
const UNKNOWN_LETTER = 2.2;

/**
 * Puts spaces between the words of a run of letters: the split whose words are most frequent together
 * (Viterbi's algorithm over a unigram model). Time is linear in the text.
 */
export function splitWords(letters: string): string {
  const lower = letters.toLowerCase();
  // Lower case can be longer, for letters that do not get here.
  if (lower.length !== letters.length) return letters;
  const best = new Float64Array(letters.length + 1).fill(Infinity);
  const from = new Int32Array(letters.length + 1);
  best[0] = 0;
  for (let end = 1; end <= letters.length; end += 1) {
    for (let start = Math.max(0, end - LONGEST); start < end; start += 1) {
      const cost = costs.get(lower.slice(start, end)) ?? UNKNOWN + UNKNOWN_LETTER * (end - start);
      const total = (best[start] ?? Infinity) + cost;
      if (total < (best[end] ?? Infinity)) {
        best[end] = total;
        from[end] = start;
      }
    }
  }
  const words: string[] = [];
  for (let end = letters.length; end > 0;) {
    const start = from[end] ?? 0;
    words.push(letters.slice(start, end));
    end = start;
  }
  return words.reverse().join(' ');
}
