/** Code in a text that grows, fenced and not. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { createCodeFinder } from '../../../src/classifiers/code/extract/code-finder.js';
import { locate } from '../../../src/classifiers/code/extract/fences.js';
import type { Snippet } from '../../../src/core/code-scanner.js';

/** All snippets of a text that comes in pieces, as they are at its end, and where it was held in between. */
function find(pieces: readonly string[]): { snippets: Snippet[]; holds: number[] } {
  const finder = createCodeFinder();
  const snippets = new Map<number, Snippet>();
  const holds: number[] = [];
  pieces.forEach((piece, index) => {
    const found = finder.push(piece, index === pieces.length - 1);
    for (const snippet of found.snippets) snippets.set(snippet.start, snippet);
    holds.push(found.holdFrom);
  });
  return { snippets: [...snippets.values()].sort((a, b) => a.start - b.start), holds };
}

const bareOf = (text: string): string[] =>
  find([text])
    .snippets.filter(({ fenced }) => !fenced)
    .map(({ code }) => code);

/** A text in the pieces in which it comes. */
const piecesOf = (unit: fc.Arbitrary<string>) =>
  fc.array(fc.string({ unit, maxLength: 12 }), { minLength: 1, maxLength: 12 });

const markdown = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('```\n', '```', '~~~\n', '\n', '> ', '- ', '1. ', '   ', '\t') },
  fc.constantFrom('`', '~', ' ', '\r', '\r\n', 'py', 'x = 1', '🦙', '\ud83e', '\n> ```js\n', '> y\n'),
);
const mixed = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('\nimport os\n', 'os.system(x)\n', '    return x\n', '\n\n', 'def f(x):\n'),
  },
  fc.constantFrom(
    'Here is the next part of it',
    '. ',
    '\n',
    '"""',
    '/*',
    '*/',
    '# Note\n',
    'let x = 1;\n',
    '```\n',
  ),
);

describe('fenced code in a growing text', () => {
  it('is at every moment what the whole text has', () => {
    const property = fc.property(piecesOf(markdown), (pieces) => {
      const finder = createCodeFinder();
      const snippets = new Map<number, Snippet>();
      let text = '';
      for (const piece of pieces) {
        text += piece;
        const found = finder.push(piece, false);
        for (const snippet of found.snippets) snippets.set(snippet.start, snippet);
        const { blocks, holdFrom } = locate(text);
        const fenced = [...snippets.values()].filter((one) => one.fenced);
        expect(
          fenced.map(({ start, codeStart, codeEnd, tag, code }) => [start, codeStart, codeEnd, tag, code]),
        ).toEqual(
          blocks.map(({ start, codeStart, codeEnd, tag }) => [
            start,
            codeStart,
            codeEnd,
            tag,
            text.slice(codeStart, codeEnd),
          ]),
        );
        expect(found.holdFrom).toBeLessThanOrEqual(holdFrom);
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

describe('code that nobody fenced', () => {
  const program = 'import os\n\nx = 1\n\nname = input("Name? ")\n\nos.system("ls " + name)\n';

  it('is the same however the text is cut, and was held from its beginning', () => {
    const property = fc.property(piecesOf(mixed), (pieces) => {
      const whole = find([pieces.join('')]);
      const cut = find(pieces);
      expect(cut.snippets).toEqual(whole.snippets);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it('is found between prose, with its blank lines and weak paragraphs', () => {
    expect(
      bareOf(`Here is the script you asked for:\n\n${program}\nSave it and run it with Python.\n`),
    ).toEqual([program]);
    expect(bareOf(program)).toEqual([program]);
  });

  test.each([
    ['prose', 'Never call os.system(user_input): it runs a shell. Use a list instead.\n'],
    ['a list', '- Install Python\n- Run `pip install x`\n- Call `main()`\n'],
    ['headings and short lines', '# Title\n\nSummary\n\nOutput:\n\n## More\n\nThanks!\n'],
    ['a table', '| a | b |\n|---|---|\n| x = 1; | f(x); |\n'],
    ['one line that looks like code', 'Type this:\n\nprint(x)\n\nand see what it says to you.\n'],
  ])('is not seen in %s', (_, text) => {
    expect(bareOf(text)).toEqual([]);
  });

  test.each([
    [
      'a docstring',
      'def f(x):\n    """\n    This is what the function does for you.\n    """\n    os.system(x)\n',
    ],
    [
      'a comment',
      'int f(char *x) {\n  /*\n   This is what the function does for you.\n   */\n  gets(x);\n}\n',
    ],
  ])('goes on behind %s', (_, code) => {
    expect(bareOf(`Well, here you are then:\n${code}That is all there is to it.\n`)).toEqual([code]);
  });

  it('does not hold prose', () => {
    const prose = 'Let me explain how it works. ';
    const { holds } = find([
      prose,
      'It is easy, ',
      'really, as you see\n',
      '\nNow the second part of it',
      '.',
    ]);
    expect(holds.slice(0, 3)).toEqual([prose.length, prose.length + 12, prose.length + 31]);
  });
});
