/** Base64 (RFC 4648, sections 4 and 5; with or without padding, broken over lines) and base32 (section 6). */
import { isWord } from './english.js';
import { readableBytes } from './readable-bytes.js';

/** Runs of the alphabet that are no plain words. */
const RUN = /(?<![A-Za-z0-9+/_-])(?![A-Za-z]?[a-z]*(?![A-Za-z0-9+/=_-]))[A-Za-z0-9+/_-]{6,}={0,2}/g;
/** `data:` addresses (RFC 2397) of what is no text are left out. */
const IMAGE = /data:(?:image|audio|video|font)\/[^\s,]{1,80},$/;
const HEADER = 100;
const NEXT_LINE = /[ \t]*\r?\n[ \t]*([A-Za-z0-9+/_-]{1,}={0,2})(?=[ \t]*(?:\r?\n|$))/y;
/** Shorter ones have to be a word of the list. */
const LONG = 16;
/** Text that is no word in any language, as far as its signs tell. */
const CODED = [/[A-Z]/, /[a-z]/, /[0-9+=]/];
/** A few signs again and again are no text. */
const SIGNS = 5;

/** Takes time linear in the text. */
export function decodeBase64(text: string, found: (name: string) => void): string {
  let result = '';
  let at = 0;
  RUN.lastIndex = 0;
  for (let match = RUN.exec(text); match !== null; match = RUN.exec(text)) {
    const [first] = match;
    if (
      text[match.index - 1] === ',' &&
      IMAGE.test(text.slice(Math.max(0, match.index - HEADER), match.index))
    )
      continue;
    let run = first;
    let end = match.index + first.length;
    if (first.length >= LONG) {
      // Lines of the same run; the last one may be short.
      while (!run.endsWith('=')) {
        NEXT_LINE.lastIndex = end;
        const line = NEXT_LINE.exec(text);
        if (line === null) break;
        run += line[1] ?? '';
        end += line[0].length;
      }
    }
    let decoded = decodeRun(run);
    if (decoded === undefined && run !== first) {
      end = match.index + first.length;
      decoded = decodeRun(first);
    }
    if (decoded !== undefined) {
      found(decoded.name);
      result += text.slice(at, match.index) + decoded.text;
      at = end;
    }
    RUN.lastIndex = end;
  }
  return at === 0 ? text : result + text.slice(at);
}

interface Decoded {
  readonly name: string;
  readonly text: string;
}

function decodeRun(run: string): Decoded | undefined {
  if (CODED.filter((signs) => signs.test(run)).length < (run.endsWith('=') ? 1 : 2)) return undefined;
  if (new Set(run.slice(0, 64)).size < SIGNS) return undefined;
  const bare = run.replace(/=+$/, '');
  if (bare.length < LONG) {
    // No word of prose survives this: in capitals, with digits or signs within, and words inside.
    const text = bare.length % 4 === 1 ? undefined : readableBytes(Buffer.from(bare, 'base64'));
    return text !== undefined && /^[A-Za-z ]{4,}$/.test(text) && text.split(' ').every(isWord)
      ? { name: 'base64', text }
      : undefined;
  }
  // A letter in front moves everything by a few bits: all four places where it may begin are tried.
  for (let skipped = 0; skipped < 4; skipped += 1) {
    const text = readableBytes(Buffer.from(bare.slice(skipped), 'base64'));
    if (text !== undefined) return { name: 'base64', text: bare.slice(0, skipped) + text };
  }
  if (!/^[A-Z2-7]+$/.test(bare)) return undefined;
  const text = readableBytes(fromBase32(bare));
  return text === undefined ? undefined : { name: 'base32', text };
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function fromBase32(digits: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const digit of digits) {
    held = ((held << 5) | BASE32.indexOf(digit)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Uint8Array.from(bytes);
}
