/** What is done character by character: the unseen goes, what it carries comes out, look-alikes are folded. */
import { stripHidden } from '../../core/hidden-characters.js';
import { foldLookAlikes } from './look-alikes.js';
import { readableBytes } from './readable-bytes.js';

const NOT_PLAIN = /[^\t\n\r -~]/;

/** Tags spell ASCII (Unicode Standard 23.9); as a flag's region they follow a black flag. */
const TAGS = /(\u{1F3F4})?([\u{E0020}-\u{E007E}]+)/gu;
/** The 256 variation selectors stand for bytes where many follow each other. */
const SELECTORS = /[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]{4,}/gu;

function smuggled(text: string): string {
  return text
    .replace(TAGS, (all: string, flag: string | undefined, tags: string) =>
      flag === undefined
        ? ` ${Array.from(tags, (tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000)).join('')} `
        : all,
    )
    .replace(SELECTORS, (all) => {
      const bytes = Array.from(all, (selector) => {
        const point = selector.codePointAt(0) ?? 0;
        return point < 0xe0000 ? point - 0xfe00 : point - 0xe0100 + 16;
      });
      const text = readableBytes(Uint8Array.from(bytes));
      return text === undefined ? all : ` ${text} `;
    });
}

/** Marks that letters of several languages carry, and those that only cross out and pile up. */
const MARK = '[\\u0300-\\u036F\\u0483-\\u0489\\u1AB0-\\u1AFF\\u1DC0-\\u1DFF\\u20D0-\\u20FF\\uFE20-\\uFE2F]';
const MARKED = new RegExp(`([A-Za-z0-9\\u00C0-\\u024F\\u1E00-\\u1EFF ])(${MARK}+)`, 'gu');
const CROSSED = /[\u0334-\u0338\u20D0-\u20DC\u20DE\u20E4-\u20F0]/;
/** So many letters with a mark that no composed character has are no spelling of a language. */
const MANY = 3;

function withoutPiledMarks(text: string): string {
  let found = 0;
  const stripped = text.replace(MARKED, (all: string, base: string) => {
    const piled = all.length > 3 || CROSSED.test(all);
    if (!piled && all.normalize('NFC').length === 1) return all;
    found += piled ? MANY : 1;
    return base < '\u0080' ? base : base.normalize('NFD').charAt(0);
  });
  return found < MANY ? text : stripped;
}

/** Takes time linear in the text. */
export function plainCharacters(text: string): string {
  if (!NOT_PLAIN.test(text)) return text;
  return foldLookAlikes(withoutPiledMarks(stripHidden(smuggled(text)).text));
}
