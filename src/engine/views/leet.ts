/** Digits and signs in the place of letters (`h4ck`), and letters that are stretched (`bbboommmbb`). */
import { isWord, looksLikeWord } from './english.js';

const TOKEN = /[A-Za-z0-9@$!|+€]{3,24}/g;
/** Names of people and parts of addresses are read as words of the list only. */
const NAME = /[@/_.#-]/;
const ANY = /[A-Za-z@$€|!+][013-5789@$!|+€]|[013-5789@$!|+€][A-Za-z]/;
const LETTER_OF: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '€': 'e',
  '+': 't',
};
/** Stand for i as well as for l. */
const UPRIGHT = /[1!|]/g;
const LEET = /[013-5789@$!|+€]/g;
/** Units and ordinals (10am, 5kg), names with a number (mp3, h264, Point3D), hexadecimal numbers. */
const ORDINARY = /^(?:.*\dD|\d+[A-Za-z]{1,3}|[A-Za-z]{1,3}\d+|(?=.*\d)[0-9a-f]{6,}|(?=.*\d)[0-9A-F]{6,})$/;
/** Letters of a word of which nothing is known but its build. */
const SURE = 6;

/** So many words of this kind show that it is how the text is written: then others are read so too. */
const HABIT = 2;
const OTHER = /(?<![A-Za-z0-9.,])(?=[A-Za-z]*[013-5789@$])[A-Za-z013-5789@$]{2,8}(?![A-Za-z0-9]|[.,]\d)/g;

/** Takes time linear in the text. */
export function foldLeet(text: string): string {
  if (!ANY.test(text)) return text;
  let folded = 0;
  const plain = text.replace(TOKEN, (token: string, offset: number) => {
    const end = /[!|+]*$/.exec(token)?.[0] ?? '';
    const isName = NAME.test(token.charAt(0)) || NAME.test(text.charAt(offset - 1));
    const word = leetWord(token.slice(0, token.length - end.length), isName);
    if (word === undefined) return token;
    folded += 1;
    return word + end;
  });
  if (folded < HABIT) return plain;
  return plain.replace(OTHER, (token) => readings(token).find(isWord) ?? token);
}

function leetWord(word: string, isName: boolean): string | undefined {
  const signs = word.match(LEET)?.length ?? 0;
  const letters = word.match(/[A-Za-z]/g)?.length ?? 0;
  if (signs === 0 || letters * 3 < word.length || ORDINARY.test(word)) return undefined;
  const inner = /[A-Za-z][013-5789@$!|+€]{1,3}[A-Za-z]/.test(word);
  if (!inner && (word.length < 5 || !/^[013-5789@$€]{1,2}[A-Za-z]+$/.test(word))) return undefined;
  const found = readings(word).find(isWord);
  if (found !== undefined) return found;
  if (isName || !inner || signs < 2 || word.length < SURE || /\d{3}/.test(word)) return undefined;
  return readings(word).find(looksLikeWord);
}

function readings(word: string): string[] {
  const upper = /^(?=.*[A-Z])[A-Z0-9@$!|+€]+$/.test(word);
  const plain = word.replace(/[03-5789@$+€]/g, (sign) => LETTER_OF[sign] ?? sign);
  return ['i', 'l'].map((letter) => {
    const read = plain.replace(UPRIGHT, letter);
    return upper ? read.toUpperCase() : read;
  });
}

const STRETCHED = /([A-Za-z])\1{2,}/g;

/**
 * Words in which several letters are stretched, drawn together if that makes a word. One stretched letter
 * is how people write (`sooo`), and hides nothing. Takes time linear in the text, as words over 64 letters
 * are left alone.
 */
export function foldStretched(text: string): string {
  if (!/([A-Za-z])\1{2}/.test(text)) return text;
  return text.replace(/[A-Za-z]{6,64}/g, (word) => {
    if ((word.match(STRETCHED)?.length ?? 0) < 2) return word;
    const single = word.replace(/([A-Za-z])\1+/g, '$1');
    const shorter = [
      unstretched(word),
      single,
      word.replace(STRETCHED, '$1'),
      word.replace(STRETCHED, '$1$1'),
    ];
    return shorter.find(isWord) ?? shorter.find(looksLikeWord) ?? word;
  });
}

/** Each letter as often as it is there for each time that the rarest is. */
function unstretched(word: string): string {
  const runs = word.match(/([A-Za-z])\1*/g) ?? [];
  const times = Math.min(...runs.map(({ length }) => length));
  return runs.map((run) => run.slice(0, Math.max(1, Math.round(run.length / times)))).join('');
}
