/** `s p a c e d`, `s.p.a.c.e.d`, one letter a line: letters one by one, put together again. */
import { shareOfWords, splitWords } from './english.js';

const GAP = '[\\s.\\-_*|/\\\\,;:·•~+=]{1,3}';
const SINGLE = '[A-Za-z0-9@$!](?![\\p{L}\\p{N}])';
const RUN = new RegExp(`(?<![\\p{L}\\p{N}])${SINGLE}(?:${GAP}${SINGLE}){3,}`, 'gu');
const PARTS = /([A-Za-z0-9@$!])([^A-Za-z0-9@$!]*)/g;
/** Of the characters of a run; the others are digits and signs in the place of letters. */
const LETTERS = 0.6;
/** Of what was put together. Initials and answers to choose from are no words. */
const WORDS = 0.6;
/** Signs at least, with the one between the letters. */
const SIGNS = 4;
/** Letters; longer words are split where they can be. */
const LONG = 7;

/** Takes time linear in the text. `unleet` is what reads `b 0 m b`. */
export function joinSpacedLetters(text: string, unleet: (text: string) => string): string {
  return text.replace(RUN, (run) => {
    // Strokes and tables: a few signs again and again.
    if (new Set(run.slice(0, 256)).size < SIGNS) return run;
    const joined = join(run);
    if (joined === undefined) return run;
    const words = joined
      .map(unleet)
      .map((word) => (word.length > LONG || joined.length === 1 ? splitWords(word) : word))
      .join(' ');
    return shareOfWords(words) >= WORDS ? words : run;
  });
}

/** The words, which other gaps than the usual one divide; undefined for too few letters. */
function join(run: string): string[] | undefined {
  const parts = [...run.matchAll(PARTS)].map(([, letter = '', gap = '']) => ({ letter, gap }));
  const letters = parts.filter(({ letter }) => /[A-Za-z]/.test(letter)).length;
  if (letters < LETTERS * parts.length || letters < 3) return undefined;
  const gaps = new Map<string, number>();
  for (const { gap } of parts.slice(0, -1)) gaps.set(gap, (gaps.get(gap) ?? 0) + 1);
  const usual = [...gaps].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0])[0];
  const words = [''];
  for (const { letter, gap } of parts) {
    words[words.length - 1] = `${words.at(-1) ?? ''}${letter}`;
    if (gap !== usual) words.push('');
  }
  return words.filter((word) => word !== '');
}
