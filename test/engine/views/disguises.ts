/** Ways to hide a sentence, each as its own small program: what the views have to undo. */

const letters = (text: string, change: (letter: string) => string): string => text.replace(/[a-z]/gi, change);
const bytes = (text: string): number[] => [...Buffer.from(text)];
const each = (text: string, base: number, width: number): string[] =>
  bytes(text).map((byte) => byte.toString(base).padStart(width, '0'));
const moved = (text: string, first: number): string =>
  letters(text.toLowerCase(), (letter) => String.fromCodePoint(first + letter.charCodeAt(0) - 97));
const swapped = (text: string, from: string, to: string): string =>
  letters(text, (letter) => Array.from(to)[from.indexOf(letter)] ?? letter);
const shifted = (text: string, by: number): string =>
  letters(text, (letter) => {
    const base = letter < 'a' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + by) % 26) + base);
  });
const spaced = (text: string, between: string, word: string): string =>
  text
    .split(' ')
    .map((each) => Array.from(each).join(between))
    .join(word);

const MORSE =
  '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'.split(
    ' ',
  );

/** Undone to the letter, but for upper case where a code has none. */
export const DISGUISES: Readonly<Record<string, (text: string) => string>> = {
  'zero-width spaces': (text) => Array.from(text).join('\u200b'),
  'soft hyphens': (text) => text.replace(/(\w)(?=\w)/g, '$1\u00ad'),
  'bidi controls': (text) => text.replace(/(\w+)/g, '\u202d$1\u202c'),
  'tag characters': (text) =>
    Array.from(text, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join(''),
  'variation selectors': (text) =>
    '🙂' +
    bytes(text)
      .map((byte) => String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe0100 + byte - 16))
      .join(''),
  Cyrillic: (text) => swapped(text, 'aceopxyijs', 'асеорхуіјѕ'),
  Greek: (text) => swapped(text, 'aeioktv', 'αειοκτν'),
  'full width': (text) => moved(text, 0xff41),
  mathematical: (text) => moved(text, 0x1d41a),
  fraktur: (text) => moved(text, 0x1d586),
  circled: (text) => moved(text, 0x24d0),
  squared: (text) => moved(text, 0x1f170),
  flags: (text) => moved(text, 0x1f1e6),
  'small capitals': (text) =>
    swapped(text.toLowerCase(), 'abcdefghijklmnopqrstuvwyz', 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ'),
  zalgo: (text) => text.replace(/\w/g, '$&\u0336\u0317\u035b'),
  'struck through': (text) => text.replace(/\w/g, '$&\u0336'),
  'spaced letters': (text) => spaced(text, ' ', '   '),
  'dotted letters': (text) => spaced(text, '.', ' '),
  'dashed letters': (text) => spaced(text, '-', ' '),
  'a letter a line': (text) => spaced(text, '\n', '\n\n'),
  leet: (text) => swapped(text, 'aeio', '4310'),
  'stretched letters': (text) => letters(text, (letter) => letter.repeat(3)),
};

export const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 for addresses': (text) => Buffer.from(text).toString('base64url'),
  'base64 over lines': (text) => Buffer.from(text).toString('base64').replace(/.{24}/g, '$&\n'),
  'base64 of UTF-16': (text) => Buffer.from(text, 'utf16le').toString('base64'),
  'base64 of base64': (text) => Buffer.from(Buffer.from(text).toString('base64')).toString('base64'),
  'base64 of hexadecimal of base64': (text) =>
    Buffer.from(Buffer.from(Buffer.from(text).toString('base64')).toString('hex')).toString('base64'),
  hexadecimal: (text) => Buffer.from(text).toString('hex'),
  'hexadecimal, spaced': (text) => each(text, 16, 2).join(' '),
  'hexadecimal, 0x': (text) =>
    each(text, 16, 2)
      .map((byte) => `0x${byte}`)
      .join(', '),
  '\\x escapes': (text) =>
    each(text, 16, 2)
      .map((byte) => `\\x${byte}`)
      .join(''),
  '\\u escapes': (text) =>
    each(text, 16, 4)
      .map((byte) => `\\u${byte}`)
      .join(''),
  'percent, all': (text) =>
    each(text, 16, 2)
      .map((byte) => `%${byte}`)
      .join(''),
  'percent, spaces': (text) => encodeURIComponent(text),
  'HTML entities': (text) =>
    bytes(text)
      .map((byte) => `&#${byte};`)
      .join(''),
  'HTML entities, hexadecimal': (text) =>
    each(text, 16, 2)
      .map((byte) => `&#x${byte};`)
      .join(''),
  'quoted-printable': (text) =>
    each(text, 16, 2)
      .map((byte) => `=${byte.toUpperCase()}`)
      .join(''),
  ROT13: (text) => shifted(text, 13),
  'Caesar, 3': (text) => shifted(text, 3),
  Atbash: (text) =>
    letters(text, (letter) => String.fromCharCode((letter < 'a' ? 155 : 219) - letter.charCodeAt(0))),
  backwards: (text) => Array.from(text).reverse().join(''),
  Morse: (text) =>
    text
      .toLowerCase()
      .split(' ')
      .map((word) => Array.from(word, (letter) => MORSE[letter.charCodeAt(0) - 97] ?? '').join(' '))
      .join(' / '),
  binary: (text) => each(text, 2, 8).join(' '),
  'binary, unbroken': (text) => each(text, 2, 8).join(''),
  'decimal codes': (text) => bytes(text).join(' '),
  'octal codes': (text) => each(text, 8, 3).join(' '),
};
