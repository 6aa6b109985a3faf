/** How a growing reply is judged. Code Shield is the real one. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCodeScanner } from '../../src/classifiers/code/index.js';
import type { CodeScanner } from '../../src/core/code-scanner.js';
import type { ReplyReview, ReplyText } from '../../src/engine/reply-review.js';
import { benchOf, chatOf, judgeOf, unsafeWith, type Answer } from './scripted-judge.js';

const codeShield = createCodeScanner({ log: () => undefined });
beforeAll(() => codeShield.ready());
afterAll(() => codeShield.close());

const question = chatOf([
  ['system', 'Be kind.'],
  ['user', 'Hello?'],
]);

/** What the scanner was asked to scan, in order. */
const scans: string[] = [];
beforeEach(() => void scans.splice(0));
const scanner: CodeScanner = {
  ...codeShield,
  openCode(tag) {
    const stream = codeShield.openCode(tag);
    return {
      push(grown, options) {
        if (grown.closed) scans.push(`code: ${grown.code}`);
        return stream.push(grown, options);
      },
    };
  },
  scanToolArguments(name, json, options) {
    scans.push(`${name}: ${json}`);
    return codeShield.scanToolArguments(name, json, options);
  },
};

function reviewOf(
  answer: (text: string) => Answer = () => [0.01],
  policy: object = {},
  signal?: AbortSignal,
) {
  const judge = judgeOf(answer);
  const { engine, context, events } = benchOf(judge, scanner);
  const review: ReplyReview = engine.openReply(question, context(policy, signal));
  return { judge, review, events };
}

const text = (content: string, more: Partial<ReplyText> = {}): ReplyText => ({
  id: '0/text',
  choice: 0,
  channel: 'text',
  text: content,
  complete: false,
  ...more,
});
const argumentsOf = (json: string, more: Partial<ReplyText> = {}): ReplyText =>
  text(json, { id: '0/tool/0/arguments', channel: 'tool_arguments', ...more });
const nameOf = (name: string): ReplyText => text(name, { id: '0/tool/0/name', channel: 'tool_name' });

const SHELL = 'import os\nimport sys\nos.system("rm -rf " + sys.argv[1])\n';
const blocked = { decision: { action: 'block', reason: 'code' } };

describe('the text of a reply', () => {
  it('is judged as the answer to the whole conversation, all channels of a choice together', async () => {
    const { judge, review } = reviewOf();
    await review.judge([
      text('Let me think.', { id: '0/reasoning', channel: 'reasoning' }),
      text('Hi!'),
      text('Hey!', { id: '1/text', choice: 1 }),
    ]);
    const asked = judge.requests.map(({ messages }) => messages.map((one) => `${one.role}: ${one.text}`));
    const before = ['User: Be kind.', 'User: Hello?'];
    expect(asked).toEqual([
      [...before, 'Agent: Let me think.\nHi!'],
      [...before, 'Agent: Hey!'],
    ]);
  });

  it('is judged again as it grows, but only the choice that has grown', async () => {
    const { judge, review } = reviewOf();
    const other = text('Hey!', { id: '1/text', choice: 1 });
    await review.judge([text('Hi'), other]);
    await review.judge([text('Hi there'), other]);
    expect(judge.requests.map(({ messages }) => messages.at(-1)?.text)).toEqual(['Hi', 'Hey!', 'Hi there']);
  });

  it('is blocked as a whole when one choice is unsafe', async () => {
    const { review } = reviewOf(unsafeWith('VENOM'));
    const outcome = await review.judge([text('Hi'), text('VENOM', { id: '1/text', choice: 1 })]);
    expect(outcome.decision).toMatchObject({
      direction: 'reply',
      action: 'block',
      categories: [{ id: 'S2' }],
    });
  });

  it('needs no verdict while there is none of it', async () => {
    const { judge, review } = reviewOf();
    expect((await review.judge([])).decision).toMatchObject({ action: 'allow', reason: 'safe' });
    expect(judge.requests).toEqual([]);
  });

  it('without a verdict is blocked, for that reason', async () => {
    const { review } = reviewOf(() => 'guard_restarted');
    expect((await review.judge([text('Hi')])).decision).toMatchObject({
      action: 'block',
      reason: 'unavailable',
      unavailable: 'guard_restarted',
    });
  });

  it('is not judged where the policy judges no replies; its code is', async () => {
    const { judge, review } = reviewOf(unsafeWith('Hi'), { reply: { enabled: false } });
    expect((await review.judge([text('Hi')])).decision.action).toBe('allow');
    expect(await review.judge([text(`Hi\n\`\`\`python\n${SHELL}\`\`\`\n`)])).toMatchObject(blocked);
    expect(judge.requests).toEqual([]);
  });
});

describe('a code block', () => {
  const open = `See:\n\`\`\`python\nprint("hello")\n`;

  it('of a few lines is held until it is closed, then scanned once as a whole', async () => {
    const { review } = reviewOf();
    await review.judge([text(open)]);
    expect(scans).toEqual([]);
    expect(review.holdFrom(text(open))).toBe(open.indexOf('```'));
    const closed = open + '```\nMore of this, as you see.\n';
    await review.judge([text(closed)]);
    await review.judge([text(closed + 'And more.')]);
    expect(scans).toEqual(['code: print("hello")\n']);
    expect(review.holdFrom(text(closed))).toBe(closed.length);
  });

  it('that never closes is scanned at the end', async () => {
    const { review } = reviewOf();
    const unclosed = text(`See:\n\`\`\`python\n${SHELL}`, { complete: true });
    expect(await review.judge([unclosed])).toMatchObject(blocked);
    expect(review.holdFrom(unclosed)).toBe(unclosed.text.length);
  });

  it('keeps its findings while the reply goes on', async () => {
    const { review } = reviewOf(undefined, { code: { treatments: { error: 'warn' } } });
    const block = `\`\`\`python\n${SHELL}\`\`\`\n`;
    const first = await review.judge([text(block)]);
    expect(first.decision.action).toBe('annotate');
    expect(first.notes).toMatchObject([{ textId: '0/text', end: block.length }]);
    const second = await review.judge([text(block + 'Good luck.')]);
    expect(second.decision.action).toBe('annotate');
    expect(second.notes).toEqual([]);
  });

  it('is scanned in the reasoning too', async () => {
    const { review } = reviewOf();
    const thought = text(`\`\`\`python\n${SHELL}\`\`\`\n`, { id: '0/reasoning', channel: 'reasoning' });
    expect(await review.judge([thought])).toMatchObject(blocked);
  });

  it('is not looked for where the policy scans no code', async () => {
    const { review } = reviewOf(undefined, { code: { enabled: false } });
    const unclosed = text(`\`\`\`python\n${SHELL}`);
    expect((await review.judge([{ ...unclosed, complete: true }])).decision.action).toBe('allow');
    expect(review.holdFrom(unclosed)).toBe(unclosed.text.length);
    expect(scans).toEqual([]);
  });

  it('that could not be scanned is blocked, for that reason', async () => {
    const { review } = reviewOf(undefined, {}, AbortSignal.abort());
    const outcome = await review.judge([text(`\`\`\`python\n${SHELL}\n# aborted\n\`\`\`\n`)]);
    expect(outcome.decision).toMatchObject({
      action: 'block',
      reason: 'unavailable',
      unavailable: 'aborted',
    });
  });
});

describe('code without fences', () => {
  it('is held from its beginning, and found', async () => {
    const { review } = reviewOf();
    expect((await review.judge([text(SHELL)])).decision.action).toBe('allow');
    expect(review.holdFrom(text(SHELL))).toBe(0);
    expect(await review.judge([text(SHELL, { complete: true })])).toMatchObject(blocked);
  });

  it('is found before the text is complete, when prose follows', async () => {
    const { review } = reviewOf();
    expect(await review.judge([text(`${SHELL}\nThis is how you do it`)])).toMatchObject(blocked);
  });

  it('is found beside a fenced block, whose findings are not counted twice', async () => {
    const policy = { code: { treatments: { error: 'warn' } } };
    const fenced = `\`\`\`python\n${SHELL}\`\`\`\n`;
    const once = reviewOf(undefined, policy).review;
    const { decision } = await once.judge([text(fenced, { complete: true })]);
    expect(decision.findings).toHaveLength(1);
    const twice = reviewOf(undefined, policy).review;
    const both = text(`${fenced}\nor\n\n${SHELL}`, { complete: true });
    const outcome = await twice.judge([both]);
    expect(outcome.decision.findings).toHaveLength(2);
    expect(outcome.notes.map(({ end }) => end)).toEqual([fenced.length, both.text.length]);
  });

  it('is not seen in words', async () => {
    const { review } = reviewOf();
    const done = text('Just words.', { complete: true });
    await review.judge([done]);
    await review.judge([done, text('More', { id: '1/text', choice: 1 })]);
    expect(scans).toEqual([]);
  });
});

describe("a tool call's arguments", () => {
  const json = JSON.stringify({ input: SHELL });

  it('are held until they are complete, then scanned once, under the name of the tool', async () => {
    const { review } = reviewOf();
    await review.judge([nameOf('run_python'), argumentsOf(json.slice(0, 30))]);
    expect(scans).toEqual([]);
    expect(review.holdFrom(argumentsOf(json.slice(0, 30)))).toBe(0);
    const complete = [nameOf('run_python'), argumentsOf(json, { complete: true })];
    expect(await review.judge(complete)).toMatchObject(blocked);
    await review.judge(complete);
    expect(scans).toEqual([`run_python: ${json}`]);
    expect(review.holdFrom(argumentsOf(json, { complete: true }))).toBe(json.length);
  });

  it('are shown to the judge from the first character on', async () => {
    const { review } = reviewOf(unsafeWith('VENOM'));
    const outcome = await review.judge([nameOf('send'), argumentsOf('{"text":"VENOM')]);
    expect(outcome.decision).toMatchObject({ action: 'block', reason: 'category' });
  });
});

it('tells of every verdict, scan and decision, and of no text', async () => {
  const { review, events } = reviewOf();
  await review.judge([text('Secret.\n```python\nprint(1)\n```\n')]);
  expect(events.map(({ type }) => type)).toEqual(['verdict', 'code-scanned', 'decision']);
  expect(JSON.stringify(events)).not.toContain('Secret');
});
