/** Code in a reply that streams: what leaves and when, and what is taken out. Code Shield is the real one. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCodeScanner } from '../../src/classifiers/code/index.js';
import type { UnjudgedPart } from '../../src/core/conversation.js';
import type { Decision } from '../../src/core/decision.js';
import type { BlockNote, ReplyText } from '../../src/engine/reply-review.js';
import { benchOf, chatOf, judgeOf } from './scripted-judge.js';

const scanner = createCodeScanner({ log: () => undefined });
beforeAll(() => scanner.ready());
afterAll(() => scanner.close());

interface Streamed {
  /** What the client would have: what left, with notes carried out. */
  readonly left: string;
  /** The most lines of the text that were held, and judged, at any time. */
  readonly held: number;
  readonly decision: Decision;
  readonly notes: readonly BlockNote[];
  readonly reported: number;
}

/** Lets a text through the review piece by piece, as the gate does. A block ends it. */
async function stream(
  pieces: readonly string[],
  policy: object = {},
  more: Partial<ReplyText> = {},
): Promise<Streamed> {
  const { engine, context, events } = benchOf(
    judgeOf(() => [0.01]),
    scanner,
  );
  const review = engine.openReply(chatOf([['user', 'Hello?']]), context(policy));
  const notes: BlockNote[] = [];
  let text = '';
  let free = 0;
  let held = 0;
  let decision: Decision | undefined;
  for (const [index, piece] of pieces.entries()) {
    text += piece;
    const complete = index === pieces.length - 1;
    const grown: ReplyText = {
      ...{ id: '0/text', choice: 0, channel: 'text', text, added: piece, complete },
      ...more,
    };
    const outcome = await review.judge([grown]);
    decision = outcome.decision;
    if (decision.action === 'block') break;
    for (const note of outcome.notes) {
      expect(note.start, 'a note begins before what may have left').toBeGreaterThanOrEqual(free);
      notes.push(note);
    }
    const hold = review.holdFrom(grown);
    expect(hold).toBeLessThanOrEqual(text.length);
    free = Math.max(free, hold);
    held = Math.max(held, text.slice(free).split('\n').length - 1);
  }
  review.close();
  if (decision === undefined) throw new Error('there was nothing to stream');
  const reported = events.filter(({ type }) => type === 'code-scanned').length;
  return { left: edited(text.slice(0, free), notes), held, decision, notes, reported };
}

function edited(text: string, notes: readonly BlockNote[]): string {
  let out = '';
  let at = 0;
  for (const { start, end, decision, continues } of notes) {
    out += text.slice(at, start);
    if (decision.action === 'redact' && continues !== true) out += '[taken out]\n';
    at = Math.max(start, end);
  }
  return out + text.slice(at);
}

const byLine = (text: string): string[] => text.split(/(?<=\n)/);

const cutsOf = (text: string): fc.Arbitrary<string[]> =>
  fc.array(fc.nat(text.length), { maxLength: 30 }).map((cuts) => {
    const ends = [...new Set([...cuts, text.length])].sort((a, b) => a - b);
    return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
  });

/** Harmless lines, many enough for code to flow. */
const python = (count: number): string =>
  Array.from({ length: count }, (_, index) => `value_${index} = compute(${index})\n`).join('');
const javascript = (count: number): string =>
  Array.from({ length: count }, (_, index) => `const value${index} = compute(${index});\n`).join('');
const c = (count: number): string =>
  Array.from({ length: count }, (_, index) => `  int value${index} = compute(${index});\n`).join('');

const PYTHON = 'os.system("rm -rf " + sys.argv[1])';
const IMPORTS = 'import os\nimport sys\n';
const fence = (tag: string, code: string): string => `\`\`\`${tag}\n${code}\`\`\`\n`;

const DANGEROUS: readonly (readonly [name: string, text: string, line: string, flows: string])[] = [
  [
    'python',
    `Here it is:\n${fence('python', IMPORTS + python(30) + `${PYTHON}\n` + python(20))}Good luck.\n`,
    'os.system(',
    'value_10 =',
  ],
  [
    'a call over several lines',
    `Here it is:\n${fence('python', `import subprocess\n${python(30)}subprocess.run(\n    command,\n    # runs it\n    check=True,\n    shell=True,\n)\n${python(20)}`)}`,
    'subprocess.run(',
    'value_10 =',
  ],
  [
    'javascript with a long callback',
    `So:\n${fence('js', `const { exec } = require('child_process');\n${javascript(30)}exec('ls ' + name, (error, out) => {\n${javascript(30).replaceAll('const', '  const')}});\n`)}`,
    'exec(',
    'const value10 =',
  ],
  [
    'c',
    `So:\n${fence('c', `#include <stdio.h>\nint main(void) {\n  char line[80];\n${c(30)}  gets(line);\n${c(20)}  return 0;\n}\n`)}`,
    'gets(line)',
    'int value10 =',
  ],
  [
    'a block that never closes',
    `So:\n\`\`\`python\n${IMPORTS}${python(30)}${PYTHON}\n`,
    'os.system(',
    'value_10 =',
  ],
  [
    'tildes, with a fence inside',
    `So:\n~~~python\n${IMPORTS}# \`\`\`\n${python(30)}# \`\`\`\n${PYTHON}\n${python(20)}~~~\n`,
    'os.system(',
    'value_10 =',
  ],
  [
    'a list',
    `1. Do this:\n\n   \`\`\`python\n${(IMPORTS + python(30) + `${PYTHON}\n` + python(20)).replace(/^/gm, '   ')}\`\`\`\n`,
    'os.system(',
    'value_10 =',
  ],
  [
    'a quote',
    `> \`\`\`python\n${(IMPORTS + python(30) + `${PYTHON}\n` + python(20)).replace(/^(?=.)/gm, '> ')}> \`\`\`\n`,
    'os.system(',
    'value_10 =',
  ],
  [
    'the second of two blocks',
    `First:\n${fence('python', python(3))}Then:\n${fence('python', `${IMPORTS}${PYTHON}\n`)}`,
    'os.system(',
    'value_1 =',
  ],
  [
    'no fence at all',
    `This is what you asked me for:\n\n${IMPORTS}\n${python(30)}\n${PYTHON}\n\n${python(20)}\nThat is all of it.\n`,
    'os.system(',
    'value_10 =',
  ],
  [
    'a page with a script',
    `So:\n${fence('html', `<html>\n<body>\n${'<p>Text</p>\n'.repeat(20)}<script>\neval(location.hash)\n</script>\n${'<p>Text</p>\n'.repeat(20)}</body>\n`)}`,
    'eval(',
    '<p>Text',
  ],
  [
    'no tag',
    `So:\n${fence('', `${IMPORTS}${python(30)}${PYTHON}\n${python(20)}`)}`,
    'os.system(',
    'value_10 =',
  ],
];

describe('a dangerous line', () => {
  it.each(DANGEROUS)('never leaves, while what is before it flows: %s', async (_, text, line, flows) => {
    const lines = await stream(byLine(text));
    expect(lines.decision).toMatchObject({ action: 'block', reason: 'code' });
    expect(lines.left).not.toContain(line);
    expect(lines.left).toContain(flows);
    const property = fc.asyncProperty(cutsOf(text), async (pieces) => {
      const run = await stream(pieces);
      expect(run.decision).toMatchObject({ action: 'block', reason: 'code' });
      expect(run.left).not.toContain(line);
      expect(text.startsWith(run.left)).toBe(true);
    });
    await fc.assert(property, { numRuns: 4 });
  });
});

describe('harmless code', () => {
  it.each([
    ['python', fence('python', python(60))],
    ['functions', fence('python', `def f(a):\n${python(6).replace(/^(?=.)/gm, '    ')}\n\n`.repeat(9))],
    [
      'a route',
      fence('js', `app.get('/', (req, res) => {\n${javascript(40).replace(/^(?=.)/gm, '  ')}});\n`),
    ],
    [
      'a class',
      fence(
        'java',
        `public class A {\n${'  int f(int a) {\n    int b = a + 1;\n    return b;\n  }\n'.repeat(12)}}\n`,
      ),
    ],
    ['a language without a grammar', fence('rust', 'fn f() {\n    g(1);\n}\n'.repeat(15))],
    ['no fence', `Now this is the code:\n\n${IMPORTS}${python(60)}`],
  ])('leaves a bounded number of lines behind: %s', async (_, text) => {
    const run = await stream(byLine(text));
    expect(run).toMatchObject({ left: text, decision: { action: 'allow', reason: 'safe' }, reported: 1 });
    // A scan is due when a fifth more has come; it settles all but a few lines.
    expect(run.held).toBeLessThanOrEqual(22);
  });

  it('of which something safe comes late is not taken for dangerous', async () => {
    const safe = [
      'DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();',
      'factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);',
      'DocumentBuilder builder = factory.newDocumentBuilder();',
      'Document document = builder.parse(input);',
    ].join('\n');
    const code = `class A {\n  Document f(InputStream input) throws Exception {\n${safe}\n    return document;\n  }\n}\n`;
    const text = fence('java', code);
    const run = await stream(byLine(text));
    expect(run).toMatchObject({ left: text, decision: { action: 'allow' } });
  });
});

describe('a reply that goes on after a blocked snippet', () => {
  const goOn = { code: { after_block: 'go_on' } };
  const after = 'And this is what comes after it.\n';

  it('loses the whole snippet where nothing of it has left', async () => {
    const text = `Here it is:\n${fence('python', `${IMPORTS}${PYTHON}\n`)}${after}`;
    const property = fc.asyncProperty(cutsOf(text), async (pieces) => {
      const run = await stream(pieces, goOn);
      expect(run.left).toBe(`Here it is:\n[taken out]\n${after}`);
      expect(run.decision).toMatchObject({ action: 'redact', intended: 'redact', reason: 'code' });
      expect(run.decision.message).toBeUndefined();
      expect(run.reported).toBe(1);
    });
    await fc.assert(property, { numRuns: 12 });
  });

  it('loses what has not left, keeps the closing fence then, and goes on', async () => {
    const text = `Here it is:\n${fence('python', `${IMPORTS}${python(30)}${PYTHON}\n${python(40)}`)}${after}`;
    const run = await stream(byLine(text), goOn);
    const [kept = '', ...rest] = run.left.split('[taken out]\n');
    expect(text.startsWith(kept)).toBe(true);
    expect(kept).toContain('value_10 =');
    expect(rest).toEqual([`\`\`\`\n${after}`]);
    expect(run.notes.slice(1).every((note) => note.continues)).toBe(true);
    for (const [index, note] of run.notes.slice(1).entries()) expect(note.start).toBe(run.notes[index]?.end);
  });

  it('never lets the line out, however it is cut', async () => {
    const text = `Here it is:\n${fence('python', `${IMPORTS}${python(12)}${PYTHON}\n${python(12)}`)}${after}`;
    const property = fc.asyncProperty(cutsOf(text), async (pieces) => {
      const { left } = await stream(pieces, goOn);
      expect(left).not.toContain('os.system');
      expect(left.endsWith(after)).toBe(true);
      expect(left.split('```').length % 2, 'fences are closed').toBe(1);
    });
    await fc.assert(property, { numRuns: 12 });
  });

  it('keeps other snippets', async () => {
    const first = fence('python', 'print(1)\n');
    const text = `${first}\n${fence('js', 'eval(x)\n')}\n${first}`;
    expect((await stream(byLine(text), goOn)).left).toBe(`${first}\n[taken out]\n\n${first}`);
  });

  it('is stopped by a tool call all the same', async () => {
    const json = JSON.stringify({ input: `${IMPORTS}${PYTHON}\n` });
    const call = { id: '0/tool/0/arguments', channel: 'tool_arguments' } as const;
    expect((await stream([json], goOn, call)).decision).toMatchObject({ action: 'block', reason: 'code' });
  });

  it('is not touched by a policy that only watches', async () => {
    const text = `Here it is:\n${fence('python', `${IMPORTS}${PYTHON}\n`)}${after}`;
    const run = await stream(byLine(text), { ...goOn, mode: 'monitor' });
    expect(run).toMatchObject({ left: text, notes: [], decision: { action: 'allow', intended: 'redact' } });
  });

  it('is stopped where the code could not be scanned', async () => {
    const text = `Here it is:\n${fence('python', 'x = 1\n'.repeat(200_000))}`;
    const run = await stream([text], goOn);
    expect(run.decision).toMatchObject({ action: 'block', reason: 'unavailable' });
  });
});

describe('a finding that comes when its line has left', () => {
  // A name that looked constant is set again.
  const code = `${IMPORTS}command = "ls"\nos.system(command)\n${python(60)}command = sys.argv[1]\n${python(20)}`;
  const text = `So:\n${fence('python', code)}And so on, as you see.\n`;

  it('ends the reply there', async () => {
    const run = await stream(byLine(text));
    expect(run.decision).toMatchObject({ action: 'block', reason: 'code' });
    expect(run.left).toContain('os.system(command)');
    expect(run.left).not.toContain('command = sys.argv[1]');
  });

  it('takes out what has not left, and no more', async () => {
    const run = await stream(byLine(text), { code: { after_block: 'go_on' } });
    expect(run.left).toMatch(/\n\[taken out\]\n```\nAnd so on, as you see.\n$/);
    expect(run.left).not.toContain('command = sys.argv[1]');
  });
});

describe('a reply in JSON', () => {
  const json = JSON.stringify({
    summary: 'This is what you asked me for, in a few words.',
    files: [{ name: 'clean.py', body: `${IMPORTS}${PYTHON}\n` }],
    rest: 'And more of it.',
  });

  it('is blocked before its code leaves, however it is cut', async () => {
    const property = fc.asyncProperty(cutsOf(json), async (pieces) => {
      const run = await stream(pieces, { code: { after_block: 'go_on' } });
      expect(run.decision).toMatchObject({ action: 'block', reason: 'code' });
      expect(run.left).not.toContain('os.system');
    });
    await fc.assert(property, { numRuns: 12 });
  });

  it('lets its prose out before the string ends, and arrives whole', async () => {
    const text = JSON.stringify({
      a: 'Some words that a person reads.',
      'b\u00e9': ['x "y" \n', 1.5e-3, true, null],
    });
    const property = fc.asyncProperty(cutsOf(text), async (pieces) => {
      expect((await stream(pieces)).left).toBe(text);
    });
    await fc.assert(property, { numRuns: 12 });
    const cut = await stream(['{"a":"Some words that a per', 'son reads."}']);
    expect(cut.held).toBe(0);
  });

  it('keeps a string that had code until the code is scanned, whatever follows in it', async () => {
    const code = fence('python', `${IMPORTS}${PYTHON}\n`);
    const after = 'And these are some words about it, which only tell what it does.\n';
    const texts = [
      JSON.stringify({ answer: `Here it is:\n${code}${after}${after}` }),
      JSON.stringify({ answer: `${IMPORTS}command = sys.argv[1]\n${PYTHON}\n${after}${after}` }),
      JSON.stringify({ [`Here it is:\n${code}${after}`]: 1, more: after }),
      // Never valid, and its line ends are real ones.
      `["\n${code}${after}${after}`,
    ];
    for (const text of texts) {
      const run = await stream(text.match(/[^]{1,9}/gu) ?? []);
      expect(run.decision, text).toMatchObject({ action: 'block', reason: 'code' });
      expect(run.left, text).not.toContain('os.system');
    }
  });

  it('that is no JSON after all is read as text', async () => {
    const text = `[Link](https://example.com) to read about it.\n${fence('python', `${IMPORTS}${PYTHON}\n`)}`;
    const run = await stream(byLine(text));
    expect(run.decision).toMatchObject({ action: 'block', reason: 'code' });
    expect(run.left).not.toContain('os.system');
  });
});

describe('parts that nobody can read', () => {
  const part: UnjudgedPart = { kind: 'image', path: 'output[0]' };
  it.each([
    ['block', { action: 'block', reason: 'unjudged_part' }],
    ['report', { action: 'annotate', reason: 'unjudged_part' }],
    ['allow', { action: 'allow' }],
  ])('are treated as the policy says: %s', async (unjudged, decision) => {
    const { engine, context, events } = benchOf(
      judgeOf(() => [0.01]),
      scanner,
    );
    const review = engine.openReply(chatOf([['user', 'Hello?']]), context({ unjudged }));
    const text = { id: '0/text', choice: 0, channel: 'text', text: 'Look at this.', complete: true } as const;
    expect(await review.judge([text], [part])).toMatchObject({ decision });
    expect(events.at(-1)).toMatchObject({ type: 'decision', decision });
  });
});
