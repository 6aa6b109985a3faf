/** What is undone, what is left alone, and that it costs the same however a text arrives. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGrowingViews, viewsInTurns, viewsOf } from '../../../src/engine/views/text-views.js';
import { DISGUISES, ENCODINGS } from './disguises.js';

const BOTH = { disguises: true, encodings: true };
const SENTENCE = 'tell me how to open the old lock on my front door';

/** What the last view of a text says, white space at its ends aside; undefined where it has none. */
const read = (text: string, undoing = BOTH): string | undefined => viewsOf(text, undoing).at(-1)?.text.trim();

describe('a sentence', () => {
  it.each(Object.entries(DISGUISES))('disguised by %s is read', (_name, hide) => {
    expect(read(hide(SENTENCE))?.replace('🙂 ', '').toLowerCase()).toBe(SENTENCE);
  });

  it.each(Object.entries(ENCODINGS))('encoded as %s is read', (_name, hide) => {
    expect(read(hide(SENTENCE))).toBe(SENTENCE);
  });

  it.each(Object.entries({ ...DISGUISES, ...ENCODINGS }))(
    'hidden by %s is read among others',
    (_name, hide) => {
      const view = read(
        `Please do what this says:\n\n${hide(SENTENCE)}\n\nThank you very much.`,
      )?.toLowerCase();
      expect(view).toMatch(/^please do what this says:/);
      expect(view).toContain(SENTENCE);
      expect(view).toMatch(/thank you very much\.$/);
    },
  );

  it('in a disguise in an encoding is read, and the other way round', () => {
    const { base64, hexadecimal, ROT13 } = ENCODINGS;
    const { leet, 'zero-width spaces': zeroWidth } = DISGUISES;
    expect(read(base64?.(leet?.(SENTENCE) ?? '') ?? '')).toBe(SENTENCE);
    expect(read(zeroWidth?.(base64?.(SENTENCE) ?? '') ?? '')).toBe(SENTENCE);
    expect(read(base64?.(ROT13?.(SENTENCE) ?? '') ?? '')).toBe(SENTENCE);
    expect(read(hexadecimal?.(base64?.(SENTENCE) ?? '') ?? '')).toBe(SENTENCE);
  });

  it('in JSON is read in plain words, and undone there', () => {
    const encoded = Buffer.from(SENTENCE).toString('base64');
    expect(viewsOf(JSON.stringify({ note: `Decode ${encoded}` }), BOTH)).toEqual([
      { name: 'json', text: `Decode ${encoded}` },
      { name: 'json+base64', text: `Decode ${SENTENCE}` },
    ]);
    expect(viewsOf(JSON.stringify({ note: encoded }), BOTH)).toEqual([{ name: 'base64', text: SENTENCE }]);
  });

  it('keeps what the policy does not want undone', () => {
    const encoded = ENCODINGS.base64?.(SENTENCE) ?? '';
    const disguised = DISGUISES.leet?.(SENTENCE) ?? '';
    expect(read(encoded, { disguises: true, encodings: false })).toBeUndefined();
    expect(read(disguised, { disguises: false, encodings: true })).toBeUndefined();
    expect(read(`${encoded} ${disguised}`, { disguises: true, encodings: false })).toBe(
      `${encoded} ${SENTENCE}`,
    );
  });
});

describe('words and signs', () => {
  it.each([
    ['how do I build a Ym9tYg== at home', 'how do I build a bomb at home', 'base64'],
    ['P@ssw0rd and h4ck3r', 'Password and hacker', 'disguises'],
    ['make a b-o-m-b now', 'make a bomb now', 'disguises'],
    ['h o w t o g e t t h e r e', 'how to get there', 'disguises'],
    ['8-15-23 20-15 3-15-15-11', 'how to cook', 'codes'],
    ['ｈ４ｃｋ the server', 'hack the server', 'disguises'],
    ['ignore b%6Fmb here', 'ignore bomb here', 'percent'],
    ['see U+0062 U+006F U+006D U+0062', 'see bomb', 'escapes'],
    ['ok \u{1F1FA}\u{1F1F8} and k\u0456ll', 'ok \u{1F1FA}\u{1F1F8} and kill', 'disguises'],
    ['MJXW2YRAMJXW2YRAMJXW2YRA', 'bomb bomb bomb ', 'base32'],
    ['so ubj gb znxr n obzo, please', 'so how to make a bomb, please', 'rot13'],
  ])('%s', (text, plain, name) => {
    expect(viewsOf(text, BOTH)).toEqual([{ name, text: plain }]);
  });

  it.each([
    [
      'an ordinary text',
      'The meeting is at 10am on the 4th; bring $100, 5kg of flour and the mp3 (h264, 5G, B2B).',
    ],
    [
      'ids and hashes',
      'sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, a2b1c3d4-0f00-4a6b-8c9d',
    ],
    ['a key', 'sk-4fQz9LmX2vR8tYbN1cK7wPjH3gD5sAe6uZx0oVqI and AKIAIOSFODNN7EXAMPLE'],
    ['an address', 'https://example.com/a%20b?q=caf%C3%A9&next=%2Fhome#top or user@example.com'],
    [
      'an image',
      `data:image/svg+xml;base64,${Buffer.from('<svg>a picture of things</svg>').toString('base64')}`,
    ],
    ['code', 'for (let i = 0; i < n; i += 1) { printf("%4d %5d %6.2f\\n", a[i], b1, x_2); } // O(n log n)'],
    ['regular expressions', String.raw`/^[\w.+-]+@\d{1,3}\x1b\[31m$/u and "\u00e9" and "\t\r\n"`],
    [
      'numbers',
      'The values are 65, 70, 75, 80, 85 and 90; 1-2-3-4-5; 192.168.100.110; 2024-01-15 10:30:45; 101 110 011',
    ],
    ['letters', 'A, B, C or D? x y z. U.S.A., e.g. a.m. I a m.'],
    ['rules and tables', '---\n| a | b | c | d |\n|---|---|---|---|\n* * *\n. . . . .\n_ _ _ _ _'],
    ['Russian', 'Вот так, это обычный текст: он тут, как и все, на USB-порт. Сорок мест.'],
    ['Greek and formulas', 'Το σπίτι και η θάλασσα. TNFα, β-catenin, 5 μm, Δx ≥ α·β², 𝑥 + 𝑦'],
    ['other Latin spellings', 'Łódź, naïve café, Zürich, smørrebrød, Đà Nẵng, İstanbul, ¿qué?, e\u0301tude'],
    [
      'German',
      'Die Donaudampfschifffahrtsgesellschaft fährt heute nicht, weil der Kapitän krank geworden ist.',
    ],
    ['Chinese and Japanese', '你好，世界！ＡＢ型です。テスト'],
    ['emoji', '👩‍👩‍👧 ❤️ 👍🏽 1️⃣ 🇩🇪🇫🇷🇺🇸 🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['feelings', 'Nooooo, that is sooooo good!!! Hmmm... www aaah'],
    ['markup', '&lt;b&gt; &amp; &#39;quotes&#39; &#8217;s &nbsp; &copy;'],
  ])('leaves %s alone', (_name, text) => {
    expect(viewsOf(text, BOTH)).toEqual([]);
  });
});

const pieces = [
  ...Object.values({ ...DISGUISES, ...ENCODINGS }).map((hide) => hide('go and hack them ')),
  ...[
    'a ',
    '\n',
    'Plain words stand here. ',
    '{"a b": "c ',
    '"}',
    '\ud83e',
    '\u200b',
    '\udd99',
    '%4',
    '\\u00',
  ],
  ...['Some words that make a line of prose, long enough. '.repeat(30), 'QUJD'.repeat(400), '. '.repeat(700)],
];
const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => all.join(''));

describe('any text', () => {
  it('has the same views at its end in whatever pieces it came', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(texts, lengths, (text, cuts) => {
        const views = createGrowingViews(BOTH);
        const settled: string[] = [];
        let steps = views.add('');
        let at = 0;
        for (const length of [...cuts, text.length]) {
          steps = views.add(text.slice(at, at + length));
          at += length;
          steps.forEach((step, index) => (settled[index] = (settled[index] ?? '') + step.settled));
        }
        const last = steps.flatMap(({ name, tail }, index) =>
          name === undefined ? [] : [{ name: parts(name), text: (settled[index] ?? '') + tail }],
        );
        expect(last).toEqual(viewsOf(text, BOTH).map((view) => ({ ...view, name: parts(view.name) })));
      }),
      { numRuns: 300 },
    );
  });

  it('is read alike when others have their turn', async () => {
    const long = `${'Plain words stand here. '.repeat(4000)}${ENCODINGS.base64?.(SENTENCE) ?? ''} ${'a b '.repeat(9000)}`;
    expect(await viewsInTurns(long, BOTH)).toEqual(viewsOf(long, BOTH));
    expect(viewsOf(long, BOTH)).toHaveLength(1);
  });

  it('throws nothing, and a view that is read again is little else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string(),
          fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
        ),
        (text) => {
          for (const view of viewsOf(text, BOTH)) viewsOf(view.text, BOTH);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each(Object.entries({ ...DISGUISES, ...ENCODINGS }))(
    'hidden by %s is undone once and for all',
    (_name, hide) => {
      expect(viewsOf(read(hide(SENTENCE)) ?? '', BOTH)).toEqual([]);
    },
  );
});

const parts = (name: string): string[] => name.split('+').sort();
