/** Nothing that grows is gone over twice, and nothing is lost by that. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locate } from '../../src/classifiers/code/extract/fences.js';
import { readable } from '../../src/core/conversation.js';
import { createBlockFinder } from '../../src/engine/block-finder.js';
import { createGrowingReading } from '../../src/engine/growing-reading.js';

/** A text in the pieces in which it comes; whether the caller says what is new. */
const growth = (unit: fc.Arbitrary<string>) =>
  fc.array(fc.record({ piece: fc.string({ unit, maxLength: 12 }), tells: fc.boolean() }), { maxLength: 12 });

const markdown = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('```\n', '```', '~~~\n', '\n', '> ', '- ', '1. ', '   ', '\t') },
  fc.constantFrom('`', '~', ' ', '\r', '\r\n', 'py', 'x = 1', '🦙', '\ud83e', '\n> ```js\n', '> y\n'),
);

describe('code blocks of a growing text', () => {
  it('are at every moment the ones of the whole text', () => {
    const property = fc.property(growth(markdown), (pieces) => {
      const finder = createBlockFinder({ locate });
      let text = '';
      for (const { piece, tells } of pieces) {
        text += piece;
        expect(finder.locate({ text, added: tells ? piece : undefined })).toEqual(locate(text));
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('are looked for in new lines only', () => {
    const lines: string[] = [];
    const finder = createBlockFinder({
      locate(text) {
        lines.push(text);
        return locate(text);
      },
    });
    let text = '';
    for (const added of ['One\ntw', 'o\nthree\n', '```\nx\n', 'y\n```\nfour']) {
      text += added;
      finder.locate({ text, added });
    }
    expect(lines).toEqual(['One\ntw', 'two\nthree\n', '```\nx\n', '```\nx\ny\n```\nfour']);
  });

  it('are found anew in a text that is another', () => {
    const finder = createBlockFinder({ locate });
    const long = { text: 'Some words.\n```\nx\n```\n' };
    finder.locate(long);
    expect(finder.locate({ text: '```\nx\n' })).toEqual(locate('```\nx\n'));
    expect(finder.locate(long)).toEqual(locate(long.text));
  });
});

describe('what a guard reads of growing texts', () => {
  const unit = fc.constantFrom('a', ' ', '\n', '{', '[', '"b c"', ':', '}', '\\u00e9', 'é', '\udd99');
  const step = fc.record({
    id: fc.constantFrom('0/reasoning', '0/text', '0/tool/0/arguments'),
    piece: fc.string({ unit, maxLength: 6 }),
    tells: fc.boolean(),
  });

  it('is at every moment all of it, whichever of the texts grows', () => {
    const property = fc.property(fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 10 }), (windows) => {
      const reading = createGrowingReading();
      const texts = new Map<string, string>();
      let read = '';
      for (const window of windows) {
        const added = new Map<string, string | undefined>();
        for (const { id, piece, tells } of window) {
          texts.set(id, (texts.get(id) ?? '') + piece);
          added.set(
            id,
            tells && !(added.has(id) && added.get(id) === undefined)
              ? (added.get(id) ?? '') + piece
              : undefined,
          );
        }
        const now = [...texts].map(([id, text]) => ({ id, text, added: added.get(id) }));
        const { kind, text } = reading.next(now);
        read = kind === 'addition' ? read + text : text;
        expect(read).toBe(readable([...texts.values()]));
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('is told as additions while plain text grows at its end', () => {
    const reading = createGrowingReading();
    const thought = { id: '0/reasoning', text: 'Well' };
    expect(reading.next([thought])).toEqual({ kind: 'addition', text: 'Well' });
    expect(reading.next([thought, { id: '0/text', text: 'Hi' }])).toEqual({ kind: 'addition', text: '\nHi' });
    expect(reading.next([thought, { id: '0/text', text: 'Hi, you' }])).toEqual({
      kind: 'addition',
      text: ', you',
    });
    const more = { id: '0/reasoning', text: 'Well, now' };
    expect(reading.next([more, { id: '0/text', text: 'Hi, you' }])).toEqual({
      kind: 'whole',
      text: 'Well, now\nHi, you',
    });
  });
});
