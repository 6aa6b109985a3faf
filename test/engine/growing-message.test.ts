/** A reply that is judged through a stream gets the verdicts of the same text judged at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/core/assessment.js';
import { readable, type GuardMessage } from '../../src/core/conversation.js';
import type { Judge, JudgeStreamRequest } from '../../src/core/judge.js';
import type { ReplyText } from '../../src/engine/reply-review.js';
import { viewsOf } from '../../src/engine/views/text-views.js';
import { benchOf, chatOf, judgeOf, noScanner } from './scripted-judge.js';

interface Streamed {
  readonly request: JudgeStreamRequest;
  readonly pushes: string[];
  closed: number;
}

/** Answers by the whole text; its streams remember what they were given. */
function streamingJudge(): { judge: Judge; streams: Streamed[]; score: (text: string) => number } {
  const score = (text: string): number => (text.length % 97) / 100;
  const plain = judgeOf((text) => [score(text)]);
  const streams: Streamed[] = [];
  const judge: Judge = {
    ...plain,
    openStream(request) {
      const streamed: Streamed = { request, pushes: [], closed: 0 };
      streams.push(streamed);
      return {
        async push(text, options): Promise<Verdict> {
          streamed.pushes.push(text);
          await Promise.resolve();
          const { context, role, ...rest } = request;
          const whole: GuardMessage = { role, text: streamed.pushes.join('') };
          return plain.assess({ ...rest, messages: [...context, whole] }, options);
        },
        close: () => void (streamed.closed += 1),
      };
    },
  };
  return { judge, streams, score };
}

const question = chatOf([['user', 'Hello?']]);
const textOf = (text: string, id = '0/text', choice = 0): ReplyText => ({
  id,
  choice,
  channel: 'text',
  text,
  complete: false,
});
const noCode = { code: { enabled: false } };

describe('a reply in windows', () => {
  it('costs what is new in each', async () => {
    const { judge, streams } = streamingJudge();
    const { engine, context } = benchOf(judge);
    const review = engine.openReply(question, context(noCode));
    await review.judge([textOf('One'), textOf('Eins', '1/text', 1)]);
    await review.judge([textOf('One, two'), textOf('Eins', '1/text', 1)]);
    await review.judge([textOf('One, two'), textOf('Eins, zwei', '1/text', 1)]);
    expect(streams.map(({ pushes }) => pushes)).toEqual([
      ['One', ', two'],
      ['Eins', ', zwei'],
    ]);
    expect(streams[0]?.request).toMatchObject({
      context: [{ role: 'User', text: 'Hello?' }],
      role: 'Agent',
      categoriesFrom: 0.5,
      overflow: 'pieces',
    });
    review.close();
    expect(streams.map(({ closed }) => closed)).toEqual([1, 1]);
    review.close();
    expect(streams.map(({ closed }) => closed)).toEqual([1, 1]);
  });

  it('gives the stream what the cache answered for with the next window', async () => {
    const { judge, streams } = streamingJudge();
    const { engine, context } = benchOf(judge);
    const windows = ['One', 'One, two', 'One, two, three', 'One, two, three, four'];
    const first = engine.openReply(question, context(noCode));
    for (const text of windows.slice(0, 3)) await first.judge([textOf(text)]);
    const second = engine.openReply(question, context(noCode));
    for (const text of windows) await second.judge([textOf(text)]);
    expect(streams.map(({ pushes }) => pushes)).toEqual([
      ['One', ', two', ', three'],
      ['One, two, three, four'],
    ]);
  });

  it('starts a new stream where the text is no continuation, and closes the old one', async () => {
    const { judge, streams } = streamingJudge();
    const { engine, context } = benchOf(judge);
    const review = engine.openReply(question, context(noCode));
    const windows = [
      ['Well', 'Hi'],
      ['Well, now', 'Hi'],
    ].map(([thought = '', text = '']) => [textOf(thought, '0/reasoning'), textOf(text)]);
    for (const texts of windows) await review.judge(texts);
    expect(streams.map(({ pushes }) => pushes)).toEqual([['Well\nHi'], ['Well, now\nHi']]);
    expect(streams.map(({ closed }) => closed)).toEqual([1, 0]);
  });

  it('that others wait for too is not stopped because it ends here', async () => {
    const answers: (() => void)[] = [];
    const { judge: plain, streams } = streamingJudge();
    const judge: Judge = {
      ...plain,
      openStream(request) {
        const stream = plain.openStream(request);
        return {
          async push(text, options) {
            await new Promise<void>((resolve) => answers.push(resolve));
            return stream.push(text, options);
          },
          close: () => stream.close(),
        };
      },
    };
    const { engine, context, events } = benchOf(judge);
    const leaving = new AbortController();
    const first = engine.openReply(question, context(noCode, leaving.signal));
    const second = engine.openReply(question, context(noCode));
    const left = first.judge([textOf('Hi')]);
    const stays = second.judge([textOf('Hi')]);
    leaving.abort();
    expect((await left).decision).toMatchObject({ unavailable: 'aborted' });
    first.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(streams.map(({ closed }) => closed)).toEqual([0]);
    answers.forEach((answer) => answer());
    expect((await stays).decision).toMatchObject({ action: 'allow', reason: 'safe' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(streams.map(({ closed }) => closed)).toEqual([1]);
    const how = events.flatMap((event) => (event.type === 'verdict' ? [event.shared] : []));
    expect(how).toEqual([false, true]);
  });
});

describe('any windows of any choices, with or without a memory', () => {
  const unit = fc.constantFrom('a', 'b c', '\n', '{', '"d e"', '🦙', '\ud83e', 'é');
  const step = fc.record({ choice: fc.nat(2), channel: fc.nat(1), piece: fc.string({ unit, maxLength: 8 }) });
  const windows = fc.array(fc.array(step, { maxLength: 4 }), { minLength: 1, maxLength: 8 });

  // Reading a policy takes longer than everything else here.
  const settings = benchOf(judgeOf(() => [0])).context({ ...noCode, threshold: 0.5 });

  it('are judged as each choice is when it is judged at once', async () => {
    const property = fc.asyncProperty(windows, fc.nat(3), fc.nat(3), async (all, memory, twins) => {
      const { judge, streams, score } = streamingJudge();
      const { engine, events } = benchOf(judge, noScanner, memory * 2);
      const run = async (): Promise<void> => {
        const review = engine.openReply(question, settings);
        const texts = new Map<string, ReplyText>();
        for (const window of all) {
          for (const { choice, channel, piece } of window) {
            const id = `${choice}/${channel === 0 ? 'reasoning' : 'text'}`;
            texts.set(id, textOf((texts.get(id)?.text ?? '') + piece, id, choice));
          }
          const { decision } = await review.judge([...texts.values()]);
          const wholes = [0, 1, 2].map((choice) =>
            readable([...texts.values()].filter((one) => one.choice === choice).map(({ text }) => text)),
          );
          const scores = wholes
            .filter((text) => text !== '')
            .flatMap((text) => [text, ...viewsOf(text, settings.policy.views).map((view) => view.text)])
            .map(score);
          expect(decision.action).toBe(Math.max(0, ...scores) >= 0.5 ? 'block' : 'allow');
          const highest = decision.categories[0]?.score;
          if (highest !== undefined) expect(highest).toBe(Math.max(...scores));
        }
        review.close();
      };
      await Promise.all(Array.from({ length: twins + 1 }, run));
      await new Promise((resolve) => setImmediate(resolve));
      expect(streams.every(({ closed }) => closed === 1)).toBe(true);
      for (const event of events)
        if (event.type === 'verdict') expect(event.verdict.verdict).not.toBe('unavailable');
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
