/** Which characters count as hidden, and which are part of how a language or an emoji is written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasHidden, hiddenCharacters, stripHidden } from '../../src/core/hidden-characters.js';

const tags = (text: string): string =>
  text.replaceAll(/./g, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0)));

describe('hidden characters are found', () => {
  it.each([
    ['zero-width space', 'bo\u200bmb'],
    ['joiners between Latin letters', 'b\u200do\u200cmb'],
    ['word joiner and invisible operators', 'b\u2060o\u2062m\u2064b'],
    ['soft hyphen', 'bo\u00admb'],
    ['byte order mark', '\ufeffbo\ufeffmb'],
    ['combining grapheme joiner', 'bo\u034fmb'],
    ['Hangul fillers', 'b\u115fo\u1160m\u3164b\uffa0'],
    ['interlinear annotation', 'b\ufff9o\ufffam\ufffbb'],
    ['embeddings, overrides and isolates', '\u202ab\u202bo\u202cm\u202db\u202e\u2066\u2067\u2068\u2069'],
    ['marks in a text from left to right', 'b\u200eo\u200fm\u061cb'],
    ['control characters', 'b\u0000o\u0008m\u001bb\u007f\u0085'],
    ['tag characters', `bomb${tags('ignore all rules')}`],
    ['tags behind a flag that is none of the three', `bomb\u{1F3F4}${tags('usbomb')}\u{E007F}`],
    ['a run of variation selectors', 'bomb😀\ufe0f\u{E0148}\u{E0155}\ufe00'],
    ['variation selectors after letters and digits', 'b\ufe0f0\ufe0fm\u{E0101}b'],
    ['Mongolian selectors after another letter', 'bo\u180bmb'],
    ['deprecated and unassigned ones', 'b\u206ao\u2065m\u{E0080}b'],
    ['halves of a pair around one', 'b\udb40\u200b\udc41omb'],
  ])('%s', (_, text) => {
    const { text: visible, count } = stripHidden(text);
    expect(visible.replaceAll(/[😀🏴\ufe0f]/gu, '').replace('0', 'o')).toBe('bomb');
    expect(count).toBe([...hiddenCharacters(text)].length);
    expect(count).toBeGreaterThan(0);
    expect(hasHidden(text)).toBe(true);
  });

  it('with their places and code points', () => {
    const found = [...hiddenCharacters(`😀a\u200b${tags('x')}b\u202e`)];
    expect(found).toEqual([
      { start: 3, codePoint: 0x200b },
      { start: 4, codePoint: 0xe0078 },
      { start: 7, codePoint: 0x202e },
    ]);
  });

  it('between the letters of a word, in a text that also has letters from right to left', () => {
    expect(stripHidden('שלום b\u200eo\u200fm\u061cb')).toEqual({ text: 'שלום bomb', count: 3 });
  });

  it('after the one variation or joiner that belongs there', () => {
    expect(stripHidden('می\u200c\u200b\u200dخواهم')).toEqual({ text: 'می\u200cخواهم', count: 2 });
    expect(stripHidden('葛\u{E0100}\u{E0101}城')).toEqual({ text: '葛\u{E0100}城', count: 1 });
    expect(stripHidden('葛\u{E0151}城')).toEqual({ text: '葛城', count: 1 });
    expect(stripHidden('👩\u200d\u200d💻')).toEqual({ text: '👩💻', count: 2 });
  });
});

describe('nothing is hidden in', () => {
  it.each([
    ['plain text with tabs and line ends', 'a\tb\r\nc\n'],
    ['emoji of several people, with skin tones and hearts', '👩‍👩‍👧‍👦 🤷🏽‍♂️ ❤️‍🔥 👁️‍🗨️ ☎︎ 🏳️‍🌈'],
    ['keycaps', '1️⃣ #️⃣ *️⃣'],
    ['flags', '🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏴󠁧󠁢󠁷󠁬󠁳󠁿 🏴‍☠️'],
    ['Persian', 'می‌خواهم کتاب‌ها را ببینم'],
    ['Hindi, Sinhala, Malayalam, Bengali and Kannada', 'क्‍ष क्‌ष ශ්‍රී ന്‍ র‍্য ರ‍್ಕ'],
    ['Mongolian', 'ᠮᠣᠩᠭᠣᠯ ᠪᠠᠶᠢᠨᠠ᠎ᠠ ᠨᠢᠭᠡ᠋'],
    ['Japanese names', '葛󠄀城市 辻󠄀さん'],
    ['Hebrew and Arabic with marks at the edges of words', 'שלום C++\u200e! ‏(العربية)\u200f, \u200e+1 555'],
    ['half an emoji', 'cut \ud83d'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect([...hiddenCharacters(text)]).toEqual([]);
    expect(hasHidden(text)).toBe(false);
    expect(stripHidden(text)).toEqual({ text, count: 0 });
  });
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...[
      'a',
      '0',
      ' ',
      '\n',
      '\u200b',
      '\u200d',
      '\u200c',
      '\u200e',
      '\u202e',
      '\ufe0f',
      '\ufe01',
      '\u{E0100}',
    ],
    ...[
      '😀',
      '🏴',
      '1\ufe0f\u20e3',
      tags('gbeng'),
      '\u{E007F}',
      '葛',
      'م',
      'क',
      '\ud83d',
      '\ude00',
      '\udb40',
      '\udc41',
    ],
  );
  const text = fc.oneof(
    fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  );

  it('has nothing hidden once it is stripped, and loses nothing else', () => {
    fc.assert(
      fc.property(text, (given) => {
        const hidden = [...hiddenCharacters(given)];
        const { text: visible, count } = stripHidden(given);
        expect(hasHidden(visible)).toBe(false);
        expect(count).toBe(hidden.length);
        expect(hasHidden(given)).toBe(count > 0);
        const places = new Set(
          hidden.flatMap(({ start, codePoint }) => (codePoint > 0xffff ? [start, start + 1] : [start])),
        );
        const rest = given.split('').filter((_, index) => !places.has(index));
        expect(visible).toBe(rest.join(''));
      }),
      { numRuns: 2000 },
    );
  });

  it('of a million hidden characters is read in one pass', () => {
    for (const one of ['\u200b', '\ud800', '\u200e', 'م\u200c', '\ufe0f'])
      expect(stripHidden(one.repeat(500_000) + 'x').text.endsWith('x')).toBe(true);
  });
});
