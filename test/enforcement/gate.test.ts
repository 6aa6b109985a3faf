/** What the gate does at its edges: notes, clients that leave or dawdle, replies without end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Judge } from '../../src/core/judge.js';
import { restatingStream } from '../../src/core/restating-stream.js';
import type { ReplyFrame } from '../../src/core/wire-format.js';
import { MAX_AHEAD, MAX_FRAMES_AHEAD, MAX_FRAMES_HELD, MAX_HELD } from '../../src/enforcement/gate.js';
import { openAiChat } from '../../src/protocols/index.js';
import { createReader, cutTexts, framesOf, plainReply, type SourceState } from './random-reply.js';
import {
  DANGEROUS,
  openGate,
  runGate,
  scripted,
  UNSAFE,
  WEAK,
  type Run,
  type RunOptions,
} from './guarded-reply.js';

const contentOf = ({ released }: Run): string => {
  const reader = createReader(plainReply([]).kind);
  released.forEach((frame) => reader.take(frame));
  return reader.texts.get('0/content') ?? '';
};

/** Counts the ids of choices that the client saw ended. */
const finishedOf = ({ released }: Run): number[] => released.flatMap(({ finished }) => [...finished]);

const runText = async (pieces: readonly string[], options: RunOptions = {}): Promise<Run> =>
  runGate(framesOf(plainReply(pieces)), options);

/** The pieces of one text, cut at random. */
const cutsOf = (text: string): fc.Arbitrary<string[]> => {
  const { kind, texts } = plainReply([text]);
  return cutTexts(kind, texts).map((pieces) => pieces.map((piece) => piece.text));
};

describe('a note under insecure code', () => {
  const first = `Take this 🦙:\n\`\`\`python\n${WEAK}(1)\n\`\`\`\n`;
  const middle = 'or, if you like it short,\n~~~\nfine()\n~~~\nand in the end\n';
  const last = `\`\`\`\n${WEAK}(2)\n\`\`\``;
  const note = '> **Portcullis: the code above is insecure.**\n> - line 1: weak (CWE-327, `no-weak`)\n\n';

  it('stands right behind its block, once, however the reply is cut', async () => {
    const property = fc.asyncProperty(cutsOf(first + middle + last), async (pieces) => {
      const run = await runText(pieces);
      expect(contentOf(run)).toBe(`${first}\n${note}${middle}${last}\n\n${note}`);
      expect(run.result).toMatchObject({
        status: 'complete',
        decision: { action: 'annotate', reason: 'code' },
      });
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('is not put into structured output; the decision tells of it', async () => {
    const run = await runText([first, middle, last], { editable: false });
    expect(contentOf(run)).toBe(first + middle + last);
    expect(run.result.decision).toMatchObject({ action: 'annotate' });
    expect(run.result.decision.findings).toHaveLength(2);
  });

  it('is not written when the policy only watches', async () => {
    const run = await runText([first, middle, last], { policy: { mode: 'monitor' } });
    expect(contentOf(run)).toBe(first + middle + last);
    expect(run.result.decision).toMatchObject({ action: 'allow', intended: 'annotate' });
  });

  it('comes at the end where the code has no fence', async () => {
    const run = await runText([WEAK, '(1)\n', 'more()\n']);
    expect(contentOf(run)).toBe(`${WEAK}(1)\nmore()\n\n${note}`);
  });
});

describe('insecure code that the policy blocks', () => {
  it('never leaves when it is fenced, however the reply is cut', async () => {
    const before = 'Here you are:\n';
    const text = `${before}\`\`\`sh\n${DANGEROUS} --now\n\`\`\`\nDone.\n`;
    const property = fc.asyncProperty(cutsOf(text), async (pieces) => {
      const run = await runText(pieces);
      expect(run.result).toMatchObject({ status: 'blocked', decision: { reason: 'code' } });
      expect(before.startsWith(contentOf(run))).toBe(true);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('stops a reply without fences before its last window', async () => {
    const pieces = ['first = 1\n'.repeat(10), `${DANGEROUS}()\n`];
    const run = await runText(pieces);
    expect(run.result).toMatchObject({ status: 'blocked', decision: { reason: 'code' } });
    expect(contentOf(run)).not.toContain(DANGEROUS);
    expect(finishedOf(run)).toEqual([]);
  });

  it('keeps a whole reply back altogether', async () => {
    const run = await runText([`Use this:\n`, `\`\`\`\n${DANGEROUS}\n\`\`\``], { streamed: false });
    expect(run.result.status).toBe('blocked');
    expect(run.released).toEqual([]);
  });
});

describe('a reply that does not stream', () => {
  it('is judged once, complete, even when its frames come slowly', async () => {
    const run = await runGate(framesOf(plainReply(['One. ', 'Two. ', 'Three.'], [10])), { streamed: false });
    expect(run.scripted.asked).toEqual(['One. Two. Three.']);
    expect(contentOf(run)).toBe('One. Two. Three.');
  });
});

describe('windows', () => {
  /** 400 tokens of 4 to 5 characters. */
  const tokens = Array.from({ length: 400 }, (_, index) => (index % 4 === 0 ? 'words' : 'word').padEnd(4));
  const standard = { stream: {} };

  it('of a fast model are few: they grow once something has left', async () => {
    expect(tokens.join('')).toHaveLength(1700);
    const run = await runText(tokens, { policy: standard });
    const judged = run.scripted.asked.slice(1).map((text) => text.length);
    expect(run.scripted.asked.at(-1)).toBe(tokens.join(''));
    expect(run.scripted.asked.length).toBeLessThanOrEqual(10);
    expect(judged).toEqual([...judged].sort((a, b) => a - b));
  });

  it('grow as long as the judge is slower than the model, however small its pieces are', async () => {
    // The judge answers only when as much again has come as it was given.
    const state: SourceState = { frames: 0, ended: false };
    const parts = scripted();
    const asked: number[] = [];
    const judge: Judge = {
      ...parts.judge,
      async assess(request, options) {
        const length = request.messages.at(-1)?.text.length ?? 0;
        asked.push(length);
        const enough = Math.min(tokens.length, (2 * length * tokens.length) / 1700 + 1);
        while (state.frames < enough && !state.ended) await settle(1);
        return parts.judge.assess(request, options);
      },
      openStream: (request) => restatingStream(judge, request),
    };
    const reply = plainReply(tokens, [1]);
    const gate = openGate(framesOf(reply, undefined, state), { policy: standard }, { ...parts, judge });
    while ((await gate.next()).done !== true);
    for (const [index, length] of asked.slice(1, -1).entries())
      expect(length).toBeGreaterThanOrEqual(1.9 * (asked[index] ?? 0));
    expect(asked.length).toBeLessThanOrEqual(7);
  });
});

describe('the review', () => {
  it('is closed when the reply has ended, is blocked, or is left by the client', async () => {
    const closed: string[] = [];
    const run = async (name: string, text: string, take = Infinity): Promise<void> => {
      const parts = scripted();
      const judge: Judge = {
        ...parts.judge,
        openStream: (request) => ({
          ...restatingStream(parts.judge, request),
          close: () => void closed.push(name),
        }),
      };
      const pieces = [text, ...Array.from({ length: 20 }, () => ' And more of it.')];
      const gate = openGate(framesOf(plainReply(pieces)), {}, { ...parts, judge });
      for (let frames = 0; frames < take; frames += 1) if ((await gate.next()).done === true) break;
      await gate.return({ status: 'complete', decision: {} as never });
    };
    await run('ended', 'Hello there.');
    await run('blocked', UNSAFE);
    await run('left', 'Hello there.', 2);
    expect(closed).toEqual(['ended', 'blocked', 'left']);
  });
});

describe('a policy that judges neither replies nor code', () => {
  it('lets every frame through at once, and asks nobody', async () => {
    const policy = { reply: { enabled: false }, code: { enabled: false } };
    const run = await runText(['One. ', 'Two. '], { policy });
    expect(contentOf(run)).toBe('One. Two. ');
    expect(run.scripted.asked).toEqual([]);
    expect(run.scripted.scanned).toEqual([]);
  });
});

/** A source without end; `read` counts what was taken from it. */
function endless(text: string): {
  frames: AsyncGenerator<ReplyFrame>;
  read: () => number;
  ended: () => boolean;
} {
  const state = { frames: 0, ended: false };
  const { kind } = plainReply([]);
  const codec = kind.format.openStream(kind.format.decodeRequest(kind.request(1)));
  async function* frames(): AsyncGenerator<ReplyFrame> {
    try {
      for (;;) {
        state.frames += 1;
        yield await Promise.resolve(codec.decode(kind.message({ key: '0/content', text })));
      }
    } finally {
      state.ended = true;
    }
  }
  return { frames: frames(), read: () => state.frames, ended: () => state.ended };
}

const settle = (ms = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a client', () => {
  it('that leaves between two frames ends the source', async () => {
    const state: SourceState = { frames: 0, ended: false };
    const reply = plainReply(Array.from({ length: 50 }, (_, index) => `Sentence number ${index}. `));
    const gate = openGate(framesOf(reply, undefined, state), {}, scripted());
    const first = await gate.next();
    expect(first.done).toBe(false);
    await gate.return({ status: 'complete', decision: {} as never });
    await settle(5);
    expect(state.ended).toBe(true);
    expect(state.frames).toBeLessThan(50);
  });

  it('that leaves while a window is judged gets no block, only a missing verdict', async () => {
    const leaving = new AbortController();
    const script = { judgeDelays: [1] };
    const running = runGate(framesOf(plainReply(['Hello there, client.'])), {
      script,
      signal: leaving.signal,
    });
    leaving.abort();
    const { result, released } = await running;
    expect(released).toEqual([]);
    expect(result.decision).toMatchObject({ reason: 'unavailable', unavailable: 'aborted', categories: [] });
  });

  it('that does not read stops the reading of the source', async () => {
    const chunk = 'x'.repeat(1000);
    const source = endless(chunk);
    const gate = openGate(source.frames, {}, scripted({ judgeDelays: [20] }));
    await gate.next();
    const read = source.read();
    // The window being judged, what may be read meanwhile, and the frame that goes over it.
    expect(read * chunk.length).toBeLessThanOrEqual(MAX_AHEAD + 2 * chunk.length);
    await settle();
    expect(source.read()).toBe(read);
    await gate.return({ status: 'complete', decision: {} as never });
    await settle(5);
    expect(source.ended()).toBe(true);
  });
});

describe('a reply without end', () => {
  it('in one line of a code block fails, and nothing of the block leaves', async () => {
    const reply = plainReply(['Well:\n```\n', ...Array.from({ length: 20 }, () => 'y '.repeat(32 * 1024))]);
    expect(reply.texts.get('0/content')?.length).toBeGreaterThan(MAX_HELD);
    const reader = createReader(reply.kind);
    const run = runGate(framesOf({ ...reply, delays: [1] }), {}, (frame) => reader.take(frame));
    await expect(run).rejects.toMatchObject({
      code: 'guard_unavailable',
      message: /cannot be judged in one/,
    });
    expect('Well:\n'.startsWith(reader.texts.get('0/content') ?? '')).toBe(true);
  });

  it('of frames without text does not fill the memory while a verdict is out', async () => {
    const state: SourceState = { frames: 0, ended: false };
    const empty = Array.from({ length: 2 * MAX_FRAMES_AHEAD }, () => '');
    const reply = plainReply(['Some words for a window.', ...empty]);
    const gate = openGate(framesOf(reply, undefined, state), {}, scripted({ judgeDelays: [400] }));
    await gate.next();
    expect(state.frames).toBeLessThanOrEqual(MAX_FRAMES_AHEAD + 2);
    await gate.return({ status: 'complete', decision: {} as never });
  });

  it('of frames without text behind an open block fails', async () => {
    // The same frame again and again: only their number matters.
    const codec = openAiChat.openStream(
      openAiChat.decodeRequest({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hello?' }] }),
    );
    const { kind } = plainReply([]);
    const open = codec.decode(kind.message({ key: '0/content', text: '```\nopen\n' }));
    const empty = codec.decode(kind.message({ key: '0/content', text: '' }));
    async function* frames(): AsyncGenerator<ReplyFrame> {
      yield await Promise.resolve(open);
      for (let count = 0; count < MAX_FRAMES_HELD + MAX_FRAMES_AHEAD; count += 1) yield empty;
    }
    await expect(runGate(frames())).rejects.toMatchObject({ code: 'guard_unavailable' });
  });
});

describe('the facts', () => {
  it('tell of a window that was let through without a verdict, though the next one had a safe one', async () => {
    const run = await runText(['One sentence. ', 'And another one, which is longer.'], {
      script: { failure: { from: 0, to: 1, kind: 'unavailable' } },
      policy: { unavailable: 'allow' },
    });
    expect(run.scripted.safe).toEqual([contentOf(run)]);
    expect(run.result.decision).toMatchObject({ reason: 'unavailable', unavailable: 'overloaded' });
  });

  it('come with the last frame also where the reply ended while its last text was judged', async () => {
    for (const judgeDelays of [[0], [1], [5]]) {
      const facts: string[] = [];
      const gate = openGate(
        framesOf(plainReply(['Hello there, client. ', 'Bye.'])),
        {},
        scripted({ judgeDelays }),
        {
          onLast: (_, decision) => facts.push(decision.reason),
        },
      );
      while ((await gate.next()).done !== true);
      expect(facts).toEqual(['safe']);
    }
  });

  it('are given to the last frame of a reply, with what was done in an earlier window', async () => {
    const facts: string[] = [];
    const reply = plainReply([
      `\`\`\`\n${WEAK}()\n\`\`\`\n`,
      'And then some more prose, quite harmless. ',
      'Bye.',
    ]);
    const gate = openGate(framesOf(reply), {}, scripted(), {
      onLast: (frame, decision) =>
        facts.push(`${frame.finished.length === 0 ? 'after' : 'with'} the end: ${decision.action}`),
    });
    while ((await gate.next()).done !== true);
    expect(facts).toEqual(['after the end: annotate']);
  });
});
