/**
 * Words that are moved along the alphabet (ROT13 and the other Caesar shifts), mirrored in it (Atbash), or
 * written backwards. Looked for only where words that nobody knows stand together, and believed only where
 * known words come out.
 */
import { isEnglish, isWord, looksLikeWord, shareOfWords } from './english.js';

const WORD = /[A-Za-z]+(?:['’][A-Za-z]{1,2})?/g;
/** Letters that a run of unknown words needs, less those of the known words among them. */
const RUN_LETTERS = 8;
/** How much a known word speaks against a run, for each of its letters. */
const KNOWN_WEIGHT = 1.5;
/** How much an unknown word that is built like a known one, a name say, speaks for a run. */
const NAME_WEIGHT = 0.3;
/** UTF-16 units from the start of a run by which the cipher is found. */
const SAMPLE = 400;
/** A few words show that it is another cipher. */
const GLANCE = 48;
const SOME_WORDS = 0.3;

interface Run {
  readonly start: number;
  readonly end: number;
}

/** Runs of words in which unknown ones prevail (each the best sum of Kadane's algorithm, then the next). */
function unknownRuns(text: string): Run[] {
  const runs: Run[] = [];
  let sum = 0;
  let best = 0;
  let start = 0;
  let end = 0;
  const close = (): void => {
    if (best >= RUN_LETTERS) runs.push({ start, end });
    sum = 0;
    best = 0;
  };
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const weight = weightOf(word.replace(/['’]/, ''));
    if (sum === 0 && weight > 0) start = index;
    sum = Math.max(0, sum + weight);
    if (sum > best) {
      best = sum;
      end = index + word.length;
    }
    if (sum === 0 || best - sum > RUN_LETTERS * KNOWN_WEIGHT) close();
  }
  close();
  return runs;
}

/** How much a word speaks for being in a cipher. */
function weightOf(word: string): number {
  // Short words are words by chance, in any cipher.
  if (isWord(word)) return word.length < 3 ? 0 : -KNOWN_WEIGHT * word.length;
  return looksLikeWord(word) ? NAME_WEIGHT * word.length : word.length;
}

const shifted = (text: string, by: number): string =>
  text.replace(/[A-Za-z]/g, (letter) => {
    const base = letter < 'a' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + by) % 26) + base);
  });

const mirrored = (text: string): string =>
  text.replace(/[A-Za-z]/g, (letter) =>
    String.fromCharCode((letter < 'a' ? 155 : 219) - letter.charCodeAt(0)),
  );

const backwards = (text: string): string => Array.from(text).reverse().join('');

interface Cipher {
  readonly name: string;
  readonly undo: (text: string) => string;
}

const CIPHERS: readonly Cipher[] = [
  { name: 'rot13', undo: (text) => shifted(text, 13) },
  { name: 'reversed', undo: backwards },
  { name: 'atbash', undo: mirrored },
  ...Array.from({ length: 25 }, (_, n) => n + 1)
    .filter((by) => by !== 13)
    .map((by) => ({ name: 'caesar', undo: (text: string) => shifted(text, by) })),
];

/** One short name again and again (`fib`, `tcp`) is some word in one of 27 ciphers; several words are not. */
function saysEnough(text: string): boolean {
  const words = new Set(text.toLowerCase().match(WORD));
  return words.size >= 3 ? [...words].join('').length >= RUN_LETTERS : [...words].some(isLong);
}

const isLong = (word: string): boolean => word.length >= RUN_LETTERS;

/** Takes time linear in the text. */
export function decodeCiphers(text: string, found: (name: string) => void): string {
  let result = '';
  let at = 0;
  for (const { start, end } of unknownRuns(text)) {
    const given = text.slice(start, end);
    const sample = given.slice(0, SAMPLE);
    if (!saysEnough(sample)) continue;
    const glance = sample.slice(0, GLANCE);
    const cipher = CIPHERS.find(
      ({ undo }) => shareOfWords(undo(glance)) >= SOME_WORDS && isEnglish(undo(sample)),
    );
    if (cipher === undefined) continue;
    found(cipher.name);
    result += text.slice(at, start) + cipher.undo(given);
    at = end;
  }
  return at === 0 ? text : result + text.slice(at);
}
