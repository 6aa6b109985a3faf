/** The text that decoded bytes are, if they are any: the test that keeps hashes, keys and images out. */
import { shareOfWords } from './english.js';

/** Fewer bytes than this come out printable by chance too often: they have to be words. */
const SURE_BYTES = 16;
/** Of the characters of a text that is shorter than `LONG`. */
const LETTERS = 0.6;
/**
 * From here on ASCII that can be printed is no chance, whatever it says: code, or another encoding. But
 * numbers that repeat themselves decode to signs that do.
 */
const LONG = 24;
const ASCII = /^[\t\n\r -~]*$/;
const SIGNS = 5;

const UNPRINTABLE = /(?![\t\n\r])\p{C}|\uFFFD/u;
const LETTER = /[\p{L}\p{M}\s]/gu;

/** The text in UTF-8, or UTF-16 as some systems encode commands; undefined where it is none. May end within a character. */
export function readableBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length < 3) return undefined;
  const text = decoded(bytes);
  if (text === undefined || UNPRINTABLE.test(text)) return undefined;
  return isReadable(text) ? text : undefined;
}

/** Whether printable characters that were decoded from something are words, or enough of them that it is no chance. */
export function isReadable(text: string): boolean {
  if (text.length >= LONG && ASCII.test(text))
    return (text.match(/[A-Za-z0-9]/g)?.length ?? 0) * 2 > text.length && new Set(text).size > SIGNS;
  const letters = text.match(LETTER)?.length ?? 0;
  if (letters < LETTERS * text.length) return false;
  return text.length >= SURE_BYTES || shareOfWords(text) >= 0.5 || /^\P{ASCII}{3,}/u.test(text);
}

function decoded(bytes: Uint8Array): string | undefined {
  const zeros = bytes.reduce((sum, byte) => sum + (byte === 0 ? 1 : 0), 0);
  const encoding = zeros * 5 > bytes.length * 2 ? 'utf-16le' : 'utf-8';
  try {
    // As a stream: a character that is not complete yet is left out.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    // Not text at all: nothing to judge in it, and what is written there is judged as it is.
    return undefined;
  }
}
