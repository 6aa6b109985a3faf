/**
 * Escapes of single characters: percent (RFC 3986), HTML's numeric entities, `\u`, `\x` and `\ooo` of many
 * languages, `U+`, quoted-printable (RFC 2045). Every text about code has some, and so has every second
 * address. They hide something where they stand for letters that nobody needs to escape, or for whole words.
 */
import { isWord } from './english.js';

interface Escape {
  readonly name: string;
  /** Runs of escapes that touch. */
  readonly run: RegExp;
  /** The text of one run; undefined where it is none. */
  readonly decode: (run: string) => string | undefined;
}

/** Bytes of two digits each, as text in UTF-8. */
function decodeBytes(run: string): string | undefined {
  const bytes = Buffer.from(run.replace(/[^0-9A-Fa-f]/g, ''), 'hex');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Not text: other bytes, which are judged as they are written.
    return undefined;
  }
}

function decodePoints(run: string, digits: RegExp, base: number): string | undefined {
  const points = (run.match(digits) ?? []).map((each) => parseInt(each, base));
  return points.every((point) => point <= 0x10ffff) ? String.fromCodePoint(...points) : undefined;
}

const ESCAPES: readonly Escape[] = [
  { name: 'percent', run: /(?:%[0-9A-Fa-f]{2})+/g, decode: decodeBytes },
  {
    name: 'entities',
    run: /(?:&#(?:[xX][0-9A-Fa-f]{1,6}|\d{1,7});?)+/g,
    decode: (run) =>
      run.replace(/&#(?:[xX]([0-9A-Fa-f]+)|(\d+));?/g, (all, hex?: string, decimal?: string) => {
        const point = hex === undefined ? parseInt(decimal ?? '', 10) : parseInt(hex, 16);
        return point <= 0x10ffff ? String.fromCodePoint(point) : all;
      }),
  },
  {
    name: 'escapes',
    run: /(?:\\u(?:[0-9A-Fa-f]{4}|\{[0-9A-Fa-f]{1,6}\}))+/g,
    decode: (run) => decodePoints(run, /[0-9A-Fa-f]+/g, 16),
  },
  { name: 'escapes', run: /(?:\\x[0-9A-Fa-f]{2})+/g, decode: decodeBytes },
  { name: 'escapes', run: /(?:\\[0-7]{3})+/g, decode: (run) => decodePoints(run, /[0-7]{3}/g, 8) },
  {
    name: 'escapes',
    run: /(?:[Uu]\+[0-9A-Fa-f]{4,6}[ ,]?){3,}/g,
    decode: (run) => decodePoints(run, /(?<=\+)[0-9A-Fa-f]+/g, 16),
  },
  { name: 'quoted-printable', run: /(?:=[0-9A-F]{2})+/g, decode: decodeBytes },
];

const CONTROL = /(?![\t\n\r])\p{Cc}/u;
/** Letters that need no escape, or so many others that they are words. */
const HIDES = /[A-Za-z][A-Za-z0-9]|[0-9][A-Za-z]|\p{L}{3}/u;
/** Several words with what a program writes for the spaces of a sentence; a file's name has fewer. */
const SENTENCE = /(?:[A-Za-z0-9.,'!?-]{1,24}(?:%2[0-9A-Fa-f]|%3[AaBbFf])*%20){3}[A-Za-z]/;
/** A line that goes on in the next: quoted-printable's soft line break within a word. */
const SOFT_BREAK = /([A-Za-z]{1,24})=\r?\n([A-Za-z]{1,24})/g;

function hides(text: string, run: string, index: number, decoded: string): boolean {
  if (HIDES.test(decoded)) return true;
  if (!/^[A-Za-z]$/.test(decoded)) return false;
  // One letter in the middle of a word.
  const before = /[A-Za-z]{1,24}$/.exec(text.slice(Math.max(0, index - 24), index))?.[0] ?? '';
  const end = index + run.length;
  const after = /^[A-Za-z]{1,24}/.exec(text.slice(end, end + 24))?.[0] ?? '';
  return before + after !== '' && isWord(before + decoded + after);
}

/** Decodes each kind of escape that hides something, everywhere in the text. Takes time linear in the text. */
export function decodeEscapes(text: string, found: (name: string) => void): string {
  let result = text;
  for (const { name, run, decode } of ESCAPES) {
    const runs = Array.from(result.matchAll(run), ({ 0: each, index }) => ({
      each,
      index,
      decoded: decode(each),
    })).filter(({ decoded }) => decoded !== undefined && !CONTROL.test(decoded));
    const given = result;
    const hidden =
      runs.some(({ each, index, decoded = '' }) => hides(given, each, index, decoded)) ||
      (name === 'percent' && SENTENCE.test(given));
    if (!hidden) continue;
    found(name);
    let at = 0;
    result = '';
    for (const { each, index, decoded = '' } of runs) {
      result += given.slice(at, index) + decoded;
      at = index + each.length;
    }
    result += given.slice(at);
  }
  return result.includes('=\n') || result.includes('=\r')
    ? result.replace(SOFT_BREAK, (all, before: string, after: string) => {
        if (!isWord(before + after) || (isWord(before) && isWord(after))) return all;
        found('quoted-printable');
        return before + after;
      })
    : result;
}
