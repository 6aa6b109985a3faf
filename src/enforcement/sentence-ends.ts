/**
 * Where sentences end in a text that arrives in pieces: after `.`, `!`, `?` or `…` (and closing quotes or
 * brackets) with white space behind it, after their full-width forms, and after a line break. An
 * abbreviation counts as an end too: that costs a check of the guard and nothing else, because windows see
 * all text before them. One pass over each piece; nothing is looked at twice.
 */
export class SentenceEnds {
  /** Offset after the last end of a sentence, white space included; 0 while there is none. */
  last = 0;
  #length = 0;
  /** The characters before this place end a sentence if white space follows. */
  #closing = false;

  add(text: string): void {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      const kind = kindOf(code);
      if (kind === 'break' || (kind === 'space' && this.#closing)) this.last = this.#length + index + 1;
      if (kind === 'wide') this.last = this.#length + index + 1;
      this.#closing = kind === 'stop' || (kind === 'close' && this.#closing);
    }
    this.#length += text.length;
  }
}

type Kind = 'stop' | 'wide' | 'close' | 'space' | 'break' | 'other';

function kindOf(code: number): Kind {
  if (code > 0x60 && code < 0x7b) return 'other'; // most text is small letters
  switch (code) {
    case 0x0a: // line feed
    case 0x0d: // carriage return
    case 0x2028: // line separator
    case 0x2029: // paragraph separator
      return 'break';
    case 0x20:
    case 0x09:
    case 0xa0:
      return 'space';
    case 0x2e: // .
    case 0x21: // !
    case 0x3f: // ?
    case 0x2026: // …
    case 0x0964: // । danda
    case 0x061f: // ؟ Arabic question mark
    case 0x06d4: // ۔ Urdu full stop
      return 'stop';
    case 0x3002: // 。
    case 0xff01: // ！
    case 0xff1f: // ？
    case 0xff0e: // ．
      return 'wide';
    case 0x22: // "
    case 0x27: // '
    case 0x29: // )
    case 0x5d: // ]
    case 0x2a: // * of Markdown
    case 0x5f: // _ of Markdown
    case 0x201d: // ”
    case 0x2019: // ’
    case 0xbb: // »
      return 'close';
    default:
      return 'other';
  }
}
