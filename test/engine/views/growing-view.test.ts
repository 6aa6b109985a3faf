/** What a growing text costs: counted in the characters that are read, not in time. */
import { describe, expect, it } from 'vitest';
import { createGrowingView } from '../../../src/engine/views/growing-view.js';
import { LONGEST, SHORTEST } from '../../../src/engine/views/segments.js';
import { undo } from '../../../src/engine/views/undo.js';

const BOTH = { disguises: true, encodings: true };

/** The characters that were read for a text that came in pieces. */
function readFor(text: string, piece: number): number {
  let read = 0;
  const view = createGrowingView(BOTH, (part, undoing) => {
    read += part.length;
    return undo(part, undoing);
  });
  for (let at = 0; at < text.length; at += piece) view.add(text.slice(at, at + piece));
  return read;
}

const LINE = 'It was a long day, and nobody had thought of bringing anything to eat.\n';

describe('a growing view', () => {
  it('reads lines of prose once, and again only the last of them', () => {
    const text = LINE.repeat(2000);
    const windows = text.length / 200;
    expect(readFor(text, 200)).toBeLessThan(text.length + windows * (SHORTEST + LINE.length + 200));
  });

  it.each([
    ['one sign', 'A'],
    ['dashes', '-'],
    ['letters', 'a '],
    ['base64', 'aGVsbG8g'],
    ['hexadecimal', '68656c6c6f'],
    ['marks', 'a\u0336'],
    ['surrogate halves', '\ud83e'],
    ['brackets', '[{'],
  ])('of nothing but %s reads no more than the longest piece again', (_name, unit) => {
    const text = unit.repeat(100_000 / unit.length);
    const windows = text.length / 5000;
    expect(readFor(text, 5000)).toBeLessThan(text.length + windows * (LONGEST + 5000));
  });
});
