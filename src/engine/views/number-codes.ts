/** Text in numbers: hexadecimal, binary, decimal and octal codes of characters, places in the alphabet. */
import { shareOfWords, splitWords } from './english.js';
import { isReadable, readableBytes } from './readable-bytes.js';

const HEX_RUN = /(?:\b0[xX])?(?<![0-9A-Fa-f])[0-9A-Fa-f]{12,}(?![0-9A-Fa-f])/g;
const HEX_LIST =
  /(?<![0-9A-Za-z])(?:0[xX])?[0-9A-Fa-f]{2}(?:[\s,:;-]{1,2}(?:0[xX])?[0-9A-Fa-f]{2}(?![0-9A-Za-z])){3,}/g;
const BINARY = /(?<![0-9])(?:[01]{7,8}(?:[\s,]{1,2}[01]{7,8}(?![0-9])){2,}|[01]{24,}(?![0-9]))/g;
const LIST = /(?<![0-9.,])\d{1,3}(?:[\s,;./-]{1,3}\d{1,3}(?![0-9])){3,}/g;

/** Of letters that lists of numbers happen to spell. */
const WORDS = 0.6;
/** Places in the alphabet are any small numbers. */
const SURE_WORDS = 0.85;

/** Takes time linear in the text. */
export function decodeNumbers(text: string, found: (name: string) => void): string {
  const replaced = (name: string, decode: (run: string) => string | undefined) => (run: string) => {
    const decoded = decode(run);
    if (decoded === undefined) return run;
    found(name);
    return decoded;
  };
  return text
    .replace(BINARY, replaced('binary', fromBinary))
    .replace(
      HEX_LIST,
      replaced('hex', (run) => fromHex(run.replace(/0[xX]/g, '').replace(/[^0-9A-Fa-f]/g, ''))),
    )
    .replace(
      HEX_RUN,
      replaced('hex', (run) => fromHex(run.replace(/^0[xX]/, ''))),
    )
    .replace(LIST, replaced('codes', fromList));
}

function fromHex(digits: string): string | undefined {
  // Text of nothing but digits and signs is what other numbers decode to.
  for (const skipped of [0, 1]) {
    const even = digits.slice(skipped, digits.length - ((digits.length - skipped) % 2));
    const text = readableBytes(Buffer.from(even, 'hex'));
    if (text !== undefined) return digits.slice(0, skipped) + text;
  }
  return undefined;
}

function fromBinary(run: string): string | undefined {
  const octets = /[\s,]/.test(run) ? run.split(/[\s,]+/) : (run.match(/[01]{8}/g) ?? []);
  return readableBytes(Uint8Array.from(octets, (octet) => parseInt(octet, 2)));
}

function fromList(run: string): string | undefined {
  const numbers = run.match(/\d+/g) ?? [];
  for (const base of [10, 8]) {
    const codes = numbers.map((number) =>
      /^[0-7]+$/.test(number) || base === 10 ? parseInt(number, base) : 0,
    );
    if (!codes.every((code) => (code > 31 && code < 127) || code === 10 || code === 13)) continue;
    const text = String.fromCharCode(...codes);
    if (shareOfWords(text) >= WORDS && isReadable(text)) return text;
  }
  return fromPlaces(run);
}

/** 1 is A and 26 is Z; words are divided by another sign than letters. */
function fromPlaces(run: string): string | undefined {
  const parts = [...run.matchAll(/(\d+)(\D*)/g)].map(([, place = '', gap = '']) => ({ place, gap }));
  if (parts.length < 5 || !parts.every(({ place }) => /^(?:[1-9]|1\d|2[0-6])$/.test(place))) return undefined;
  const usual = parts[0]?.gap;
  const letters = parts
    .map(({ place, gap }) => String.fromCharCode(96 + Number(place)) + (gap === usual ? '' : ' '))
    .join('')
    .trim();
  const text = letters.includes(' ') ? letters : splitWords(letters);
  return shareOfWords(text) >= SURE_WORDS && /[a-z]{4}/.test(text) ? text : undefined;
}
