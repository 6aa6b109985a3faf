import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locate } from '../../../src/classifiers/code/extract/fences.js';

/** The code and tag of every block. */
function codes(text: string): { tag: string | undefined; code: string; closed: boolean }[] {
  return locate(text).blocks.map(({ tag, codeStart, codeEnd, closed }) => ({
    tag,
    code: text.slice(codeStart, codeEnd),
    closed,
  }));
}

describe('locate', () => {
  test.each([
    ['backticks', 'a\n```py\nx\n```\nb', 'py', 'x\n'],
    ['tildes', '~~~ js\nx\n~~~\n', 'js', 'x\n'],
    ['a longer fence around a shorter one', '````md\n```py\nx\n```\n````\n', 'md', '```py\nx\n```\n'],
    ['tildes around backticks', '~~~\n```\n~~~\n', undefined, '```\n'],
    ['indentation up to three spaces', '   ```py\n   x\n  ```\n', 'py', '   x\n'],
    ['a closing fence longer than the opening one', '```\nx\n`````\n', undefined, 'x\n'],
    ['a line that only starts like a closing fence', '```\n```x\n```\n', undefined, '```x\n'],
    ['carriage returns', '```py\r\nx\r\n```\r\n', 'py', 'x\r\n'],
    ['lone carriage returns', '```py\rx\r```\rafter', 'py', 'x\r'],
    ['a list item', '- ```py\n  x\n  ```\n', 'py', '  x\n'],
    ['a numbered step, deeper', '1. Do:\n\n     ```py\n     x\n     ```\n', 'py', '     x\n'],
    ['a quote', '> ```py\n> x\n> ```\n', 'py', '> x\n'],
    ['info words', '```{.Python title="a b"}\nx\n```\n', 'python', 'x\n'],
    ['C++', '```C++\nx\n```\n', 'c++', 'x\n'],
    ['an empty block', '```\n```\n', undefined, ''],
  ])('%s', (_, text, tag, code) => {
    expect(codes(text)).toEqual([{ tag, code, closed: true }]);
  });

  test('a block covers its fences and the closing line', () => {
    const text = 'a\n```py\nx\n```\nb\n';
    const { blocks, holdFrom } = locate(text);
    expect(blocks.map((block) => text.slice(block.start, block.end))).toEqual(['```py\nx\n```\n']);
    expect(holdFrom).toBe(text.length);
  });

  test.each([
    ['inline code', 'Use ```x``` here.\n'],
    ['inline code at the line start', '```x``` is inline\n'],
    ['two backticks', '``\nx\n``\n'],
    ['a fence in the middle of a line', 'text ```\n'],
  ])('no block in %s', (_, text) => {
    expect(locate(text)).toEqual({ blocks: [], holdFrom: text.length });
  });

  test('two blocks in one text', () => {
    expect(codes('```py\na\n```\nb\n```js\nc\n```\n').map(({ code }) => code)).toEqual(['a\n', 'c\n']);
  });

  test('a quote that ends closes its block', () => {
    expect(codes('> ```py\n> x\nafter\n')).toEqual([{ tag: 'py', code: '> x\n', closed: true }]);
  });

  test.each([
    ['code still coming', 'a\n```py\nx = 1', 'x = 1'],
    ['a closing fence without its line end', 'a\n```py\nx\n```', 'x\n'],
    ['half a closing fence', 'a\n```py\nx\n``', 'x\n``'],
  ])('open block: %s', (_, text, code) => {
    expect(codes(text)).toEqual([{ tag: 'py', code, closed: false }]);
    expect(locate(text).holdFrom).toBe(2);
  });

  test.each([
    ['a backtick', 'a\n`', 2],
    ['two backticks', 'a\n``', 2],
    ['an opening line that is not complete', 'a\n```pyth', 2],
    ['a tilde behind spaces', 'a\n  ~', 2],
    ['spaces', 'a\n  ', 2],
    ['the start of a fence in a list', '- ``', 2],
    ['a backtick in a line', 'see `', 5],
    ['inline code', '```a`', 5],
    ['plain text', 'hello', 5],
    ['nothing', '', 0],
  ])('holds %s', (_, text, holdFrom) => {
    expect(locate(text).holdFrom).toBe(holdFrom);
    expect(locate(text).blocks).toEqual([]);
  });
});

const pieces = fc.constantFrom(
  '```',
  '````',
  '`',
  '~~~',
  '~',
  '\n',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '    ',
  '\t',
  '> ',
  '>',
  '- ',
  '1. ',
  '12',
  '.',
  'py',
  'x = 1',
  'text ',
  '{.js}',
  'é',
  '😀',
);
const texts = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));

describe('locate on the prefixes of a stream', () => {
  test('a closed block never changes, and nothing released earlier belongs to a later block', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const whole = locate(text);
        let released = 0;
        for (let length = 0; length <= text.length; length++) {
          const part = locate(text.slice(0, length));
          const closed = part.blocks.filter((block) => block.closed);
          expect(whole.blocks.slice(0, closed.length)).toEqual(closed);
          expect(part.holdFrom).toBeLessThanOrEqual(length);
          // What a stream released while this text came in lies outside all other blocks.
          released = Math.max(released, part.holdFrom);
          const later = whole.blocks.slice(closed.length);
          expect(later.every((block) => block.start >= released)).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test('blocks are in order, do not overlap and hold their code', () => {
    fc.assert(
      fc.property(texts, (text) => {
        let from = 0;
        for (const block of locate(text).blocks) {
          expect(block.start).toBeGreaterThanOrEqual(from);
          expect(block.codeStart).toBeGreaterThan(block.start);
          expect(block.codeEnd).toBeGreaterThanOrEqual(block.codeStart);
          expect(block.end).toBeGreaterThanOrEqual(block.codeEnd);
          from = block.end;
        }
        expect(from).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
