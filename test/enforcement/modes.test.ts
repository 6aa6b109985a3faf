/** The stream modes: when text leaves, and what a finding does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_HELD } from '../../src/enforcement/gate.js';
import { SentenceEnds } from '../../src/enforcement/sentence-ends.js';
import { allow, block, frame, noting, removes, runPlain, stream, type PlainOptions } from './plain-frames.js';

/** Frames of the text, `size` characters each, and one that ends it. */
const framesOf = (text: string, size = 3) => [
  ...Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    frame({ parts: [text.slice(index * size, (index + 1) * size)] }),
  ),
  frame({ finished: [0] }),
];

/** What the judge has seen, whenever more of it was shown. */
const shown = ({ review }: { review: { windows: Record<string, string>[] } }): string[] =>
  review.windows.map((window) => window['0/text'] ?? '');

const SENTENCES = 'This is one. Here is another! And, in the end, is this a third one? Yes.';

describe('mode sentence', () => {
  const run = (text: string, options: PlainOptions = {}) =>
    runPlain(stream(framesOf(text)), {
      ...options,
      stream: { mode: 'sentence', idle_ms: 10_000, max_window: 200, ...options.stream },
    });

  it('ends windows where sentences end', async () => {
    const result = await run(SENTENCES);
    expect(result.read).toEqual({ '0/text': SENTENCES });
    const windows = shown(result);
    expect(windows.at(-1)).toBe(SENTENCES);
    for (const window of windows.slice(0, -1)) expect(window).toMatch(/[.!?] $/);
    expect(windows.length).toBeGreaterThan(1);
  });

  it('does not wait for the end of a sentence longer than the largest window', async () => {
    const text = 'and so on and so forth '.repeat(20);
    const windows = shown(await run(text, { stream: { max_window: 50 } }));
    expect(windows.slice(0, -1).map((window) => window.length)).toEqual(
      windows.slice(0, -1).map((_, index) => 51 * (index + 1)),
    );
  });

  it('judges other texts with the window they are in', async () => {
    const frames = [
      frame({ parts: [{ id: '0/call/arguments', text: '{"a":' }] }),
      frame({ parts: ['A sentence. Half a'] }),
      frame({ parts: [' sentence.'] }),
      frame({ parts: [{ id: '0/call/arguments', text: '1}' }] }),
      frame({ finished: [0] }),
    ];
    const { review, read } = await runPlain(stream(frames), {
      stream: { mode: 'sentence', idle_ms: 10_000 },
    });
    expect(review.windows[0]).toEqual({ '0/text': 'A sentence. ', '0/call/arguments': '{"a":' });
    expect(read).toEqual({ '0/text': 'A sentence. Half a sentence.', '0/call/arguments': '{"a":1}' });
  });
});

describe('the ends of sentences', () => {
  it.each([
    ['One. Two', 5],
    ['One.', 0],
    ['Really?! Yes', 9],
    ['He said "no." And', 14],
    ['Pi is 3.14 or so', 0],
    ['a list\nof', 7],
    ['これは一文です。次', 8],
    ['Wait… what', 6],
    ['none at all', 0],
  ])('%j: after %i characters', (text, end) => {
    const ends = new SentenceEnds();
    ends.add(text);
    expect(ends.last).toBe(end);
  });

  it('are the same however the text is cut', () => {
    const bits = fc.array(fc.constantFrom('. ', '."', ' ', 'word', '\n', '。', '!', ')', '…'), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(bits, (parts) => {
        const whole = new SentenceEnds();
        whole.add(parts.join(''));
        const cut = new SentenceEnds();
        for (const char of parts.join('')) cut.add(char);
        expect(cut.last).toBe(whole.last);
      }),
    );
  });
});

describe('mode buffer', () => {
  it('lets nothing leave before all is judged', async () => {
    const seen: number[] = [];
    const run = await runPlain(stream(framesOf(SENTENCES), [0, 1]), {
      stream: { mode: 'buffer' },
      onFrame: (_, review) => seen.push(review.windows.length),
    });
    expect(run.read).toEqual({ '0/text': SENTENCES });
    expect(new Set(seen)).toEqual(new Set([run.review.windows.length]));
  });

  it('lets nothing leave when the end is refused', async () => {
    // The end comes while a window is judged.
    const judge: PlainOptions['script'] = {
      delays: [5],
      judge: (texts) => ({ decision: texts.some(({ text }) => text.endsWith('Yes.')) ? block : allow }),
    };
    const run = await runPlain(stream(framesOf(SENTENCES)), {
      stream: { mode: 'buffer', max_window: 30 },
      script: judge,
    });
    expect(run.result.status).toBe('blocked');
    expect(run.released).toEqual([]);
  });

  it('refuses a reply that is too long to be held, and says why', async () => {
    const frames = Array.from({ length: 20 }, () => frame({ parts: ['y '.repeat(MAX_HELD / 32)] }));
    const run = runPlain(stream(frames, [1]), { stream: { mode: 'buffer' } });
    await expect(run).rejects.toMatchObject({ code: 'guard_unavailable', message: /stream\.mode: buffer/ });
  });
});

describe('mode monitor', () => {
  const unsafe: PlainOptions['script'] = {
    delays: [5],
    judge: (texts) => ({ decision: texts.some(({ text }) => text.includes('another')) ? block : allow }),
  };

  it('passes text on while its verdict is out, and tells what would have been done', async () => {
    const behind: number[] = [];
    const run = await runPlain(stream(framesOf(SENTENCES), [1]), {
      stream: { mode: 'monitor' },
      script: unsafe,
      onFrame: (read, { safe }) =>
        behind.push((read['0/text']?.length ?? 0) - Math.max(0, ...safe.map(({ length }) => length))),
    });
    expect(run.read).toEqual({ '0/text': SENTENCES });
    expect(Math.max(...behind)).toBeGreaterThan(0);
    expect(run.result).toMatchObject({
      status: 'complete',
      decision: { action: 'allow', intended: 'block', reason: 'category' },
    });
    expect(run.result.decision.message).toBeUndefined();
  });

  it('judges one window at a time, and all of the text', async () => {
    // The review refuses to be asked while it is asked.
    const run = await runPlain(stream(framesOf(SENTENCES), [0, 1, 6]), {
      stream: { mode: 'monitor' },
      script: { delays: [6] },
    });
    expect(shown(run).at(-1)).toBe(SENTENCES);
    expect(run.progress).toEqual({
      received: SENTENCES.length,
      judged: SENTENCES.length,
      released: 0,
      unheld: SENTENCES.length,
    });
  });

  it('counts what was found unsafe as judged too', async () => {
    const { progress } = await runPlain(stream(framesOf(SENTENCES)), {
      stream: { mode: 'monitor' },
      script: unsafe,
    });
    expect(progress).toMatchObject({ judged: SENTENCES.length, unheld: SENTENCES.length });
  });

  it('changes no text', async () => {
    const note = { textId: '0/text', start: 8, end: 12, decision: removes() };
    const run = await runPlain(stream(framesOf(SENTENCES)), {
      stream: { mode: 'monitor' },
      script: noting([note]),
    });
    expect(run.read).toEqual({ '0/text': SENTENCES });
  });

  it('tells the facts in the last frame, which waits for them', async () => {
    const facts: string[] = [];
    const run = await runPlain(stream([...framesOf(SENTENCES), frame({})]), {
      stream: { mode: 'monitor' },
      script: unsafe,
      gate: { onLast: (_, { action, intended }) => facts.push(`${action}, not ${intended}`) },
    });
    expect(facts).toEqual(['allow, not block']);
    expect(run.released).toHaveLength(framesOf(SENTENCES).length + 1);
  });

  it('keeps the order of frames when a choice goes on after another has ended', async () => {
    const frames = [
      frame({ parts: ['One.'] }),
      frame({ finished: [0] }),
      frame({ parts: [{ id: '1/text', text: 'Two.' }] }),
      frame({ finished: [1] }),
      frame({}),
    ];
    const run = await runPlain(stream(frames), { stream: { mode: 'monitor' } });
    expect(run.released).toEqual(frames);
  });

  it('holds what does not stream, like every other mode', async () => {
    const run = await runPlain(stream(framesOf(SENTENCES, 100)), {
      stream: { mode: 'monitor' },
      script: { judge: () => ({ decision: block }) },
      gate: { streamed: false },
    });
    expect(run.result.status).toBe('blocked');
    expect(run.released).toEqual([]);
  });

  it('ends with the fault when a judge breaks its contract', async () => {
    const read: string[] = [];
    const run = runPlain(stream(framesOf(SENTENCES)), {
      stream: { mode: 'monitor' },
      script: {
        judge: () => {
          throw new Error('broken judge');
        },
      },
      onFrame: (texts) => read.push(texts['0/text'] ?? ''),
    });
    await expect(run).rejects.toThrow('broken judge');
    expect(read.at(-1)).toBe(SENTENCES);
  });
});
