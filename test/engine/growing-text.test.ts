/** Nothing that grows is gone over twice, and nothing is lost by that. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readable } from '../../src/core/conversation.js';
import { createGrowingReading } from '../../src/engine/growing-reading.js';

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
