/**
 * Folds letters that only look Latin to the letters they look like, in words that are meant to be read as
 * Latin: words that mix alphabets, words of nothing but such letters where no real words of that alphabet
 * stand around, and letters in other clothes (mathematical, circled, full width). Russian and Greek text
 * stays what it is, and so do a formula's single letters.
 */
import { isWord, looksLikeWord } from './english.js';
import { NEAR_TWINS, STYLED_LATIN, TWINS } from './look-alike-letters.js';

/** Letters, marks and digits, and the letters in circles and squares, which Unicode calls symbols. */
const WORD = /[\p{L}\p{M}\p{N}\u24B6-\u24E9\u{1F110}-\u{1F1FF}]+/gu;
const BEYOND_ASCII = /\P{ASCII}/u;
/** Letters and digits in clothes of their own: NFKC gives the plain ones. Superscript digits are arithmetic. */
const CLOTHED =
  /[\u02B0-\u02B8\u02E1-\u02E3\u1D2C-\u1D6A\u1D9C-\u1DBB\u2071\u207F\u2090-\u209C\u2102-\u2134\u2139\u2460-\u2468\u249C-\u24E9\uA7F2-\uA7F4\uFF10-\uFF19\uFF21-\uFF3A\uFF41-\uFF5A\u{1D400}-\u{1D7FF}\u{1F110}-\u{1F149}\u{1F1E6}-\u{1F1FF}]/u;
const FLAG_LETTER = /[\u{1F1E6}-\u{1F1FF}]/u;

interface Folded {
  /** With what looks like Latin letters at a glance; undefined where something else is in it. */
  readonly text: string | undefined;
  readonly ascii: number;
  readonly styled: number;
  readonly twins: number;
  readonly nearTwins: number;
  readonly flags: number;
}

function fold(word: string): Folded {
  let text: string | undefined = '';
  const counts = { ascii: 0, styled: 0, twins: 0, nearTwins: 0, flags: 0 };
  for (const letter of word) {
    let plain: string | undefined;
    if (!BEYOND_ASCII.test(letter)) {
      plain = letter;
      if (/[A-Za-z]/.test(letter)) counts.ascii += 1;
    } else if ((plain = STYLED_LATIN.get(letter)) !== undefined) {
      counts.styled += 1;
      if (FLAG_LETTER.test(letter)) counts.flags += 1;
    } else if ((plain = TWINS.get(letter)) !== undefined) counts.twins += 1;
    else if ((plain = NEAR_TWINS.get(letter)) !== undefined) counts.nearTwins += 1;
    else if (CLOTHED.test(letter)) {
      const normal = letter.normalize('NFKC').replace(/[()]/g, '');
      if (/^[A-Za-z0-9]$/.test(normal)) {
        plain = normal;
        counts.styled += 1;
      } else plain = TWINS.get(normal);
    }
    if (plain === undefined) text = undefined;
    else if (text !== undefined) text += plain;
  }
  return { text, ...counts };
}

type Kind = 'as it is' | 'folded' | 'only where no other words are';

function kindOf({ text, ascii, styled, twins, nearTwins, flags }: Folded): Kind {
  if (text === undefined) return 'as it is';
  const foreign = twins + nearTwins;
  const letters = ascii + styled + foreign;
  // Two are a flag, more are several flags unless they spell a word; one alone is none.
  if (flags > 0) return letters === 1 || (letters > 2 && isWord(text)) ? 'folded' : 'as it is';
  if (foreign === 0) {
    if (styled === 0) return 'as it is';
    return (styled > 1 && letters > 2) || looksLikeWord(text) ? 'folded' : 'as it is';
  }
  if (ascii + styled > 0) {
    // Science puts one Greek letter beside Latin ones; an ornament is in a word.
    if (letters < 3) return 'as it is';
    return looksLikeWord(text) || (foreign > 1 && nearTwins === 0 && ascii > 1) ? 'folded' : 'as it is';
  }
  if (letters > 2) return isWord(text) ? 'only where no other words are' : 'as it is';
  return 'as it is';
}

/** Takes time linear in the text. */
export function foldLookAlikes(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text;
  let foreign = 0;
  let posing = 0;
  let mixed = 0;
  let flags = 0;
  const words = Array.from(text.matchAll(WORD), ({ 0: word, index }) => {
    const folded = BEYOND_ASCII.test(word) ? fold(word) : undefined;
    const kind = folded === undefined ? 'as it is' : kindOf(folded);
    if (kind === 'folded' && folded !== undefined && folded.twins > 0) mixed += 1;
    if (kind === 'folded' && folded !== undefined && folded.flags > 0) flags += 1;
    if (kind === 'only where no other words are') posing += 1;
    else if (kind === 'as it is' && folded !== undefined && folded.twins + folded.nearTwins > 2) foreign += 1;
    else if (kind === 'as it is' && folded?.text === undefined && folded !== undefined) foreign += 1;
    return { word, index, kind, folded: folded?.text, flag: (folded?.flags ?? 0) > 0 };
  });
  const believed = posing > foreign || (mixed > 0 && foreign === 0);
  let plain = '';
  let at = 0;
  for (const { word, index, kind, folded, flag } of words) {
    // Beside words that pose as Latin, one and two letters do so too.
    const short =
      (flag ? flags > 0 : believed) &&
      folded !== undefined &&
      Array.from(word).length < 3 &&
      kind === 'as it is';
    if (kind === 'folded' || (believed && kind !== 'as it is') || short) {
      plain += text.slice(at, index) + (folded ?? word);
      at = index + word.length;
    }
  }
  return at === 0 ? text : plain + text.slice(at);
}
