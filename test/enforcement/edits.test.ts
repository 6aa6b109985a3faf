/** Notes put in and snippets taken out, wherever frames are cut; texts said again; parts nobody can read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockNote } from '../../src/engine/reply-review.js';
import { frame, noting, NOTICE, removes, runPlain, stream, type TextPart } from './plain-frames.js';

const TEXT = 'Look: 🦙\nrm -rf 🗑️ all\nThat was it. 👩‍👩‍👧 Bye.';
const BAD = 'rm -rf 🗑️ all\n';
const START = TEXT.indexOf(BAD);
const note = (more: Partial<BlockNote> = {}): BlockNote => ({
  textId: '0/text',
  start: START,
  end: START + BAD.length,
  decision: removes(),
  ...more,
});

/** Half a character. */
const HALF = /\p{Surrogate}/u;

/** Cuts of a text at any places, also within characters. */
const cuts = (text: string): fc.Arbitrary<string[]> =>
  fc.array(fc.nat(text.length), { maxLength: 12 }).map((places) => {
    const ends = [...new Set([...places, text.length])].sort((a, b) => a - b);
    return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece !== '');
  });

const framesOf = (pieces: readonly (string | TextPart)[]) => [
  ...pieces.map((piece) => frame({ parts: [piece] })),
  frame({ finished: [0] }),
];

const restated = (text: string): TextPart => ({ text, restates: true });

describe('a snippet that is taken out', () => {
  const expected = TEXT.replace(BAD, () => NOTICE);

  it('leaves a notice in its place, however the reply is cut', async () => {
    const property = fc.asyncProperty(cuts(TEXT), async (pieces) => {
      const run = await runPlain(stream(framesOf(pieces)), { script: noting([note()]) });
      expect(run.read).toEqual({ '0/text': expected });
      expect(run.progress).toMatchObject({
        received: TEXT.length,
        judged: TEXT.length,
        released: TEXT.length - BAD.length,
      });
    });
    await fc.assert(property, { numRuns: 80 });
  });

  it('is taken out to its end when it goes on after it was found', async () => {
    const middle = START + 5;
    const notes = [note({ end: middle }), note({ start: middle, continues: true })];
    const property = fc.asyncProperty(cuts(TEXT), async (pieces) => {
      const run = await runPlain(stream(framesOf(pieces)), { script: noting(notes) });
      expect(run.read).toEqual({ '0/text': expected });
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('never leaves half a character', async () => {
    const property = fc.asyncProperty(
      cuts(TEXT),
      fc.nat(TEXT.length),
      fc.nat(TEXT.length),
      async (pieces, one, other) => {
        const [start = 0, end = 0] = [one, other].sort((a, b) => a - b);
        const run = await runPlain(stream(framesOf(pieces)), { script: noting([note({ start, end })]) });
        expect(run.read['0/text']).not.toMatch(HALF);
      },
    );
    await fc.assert(property, { numRuns: 80 });
  });

  it.each([
    ['structured output', 'text', { editable: false }],
    ['the arguments of a tool call', 'arguments', {}],
  ])('blocks the reply where it is in %s', async (_, kind, gate) => {
    const id = `0/${kind}`;
    const run = await runPlain(stream(framesOf([{ id, text: TEXT }])), {
      script: noting([note({ textId: id })]),
      gate,
    });
    expect(run.result).toMatchObject({
      status: 'blocked',
      decision: { action: 'block', reason: 'code', message: /insecure code \(no-bang\) and was withheld/ },
    });
    expect(JSON.stringify(run.read)).not.toContain('rm -rf');
  });

  it('blocks the reply where it is found too late', async () => {
    const script = { ...noting([note({ when: TEXT.length } as Partial<BlockNote>)]), holdFrom: undefined };
    const run = await runPlain(stream(framesOf(Array.from(TEXT)), [1]), {
      script: { judge: script.judge ?? (() => ({})) },
    });
    expect(run.result).toMatchObject({ status: 'blocked', decision: { reason: 'code' } });
  });
});

describe('a note whose place has left already', () => {
  it('is sent in a message of its own, before the choice ends', async () => {
    const decision = { ...removes(), action: 'annotate', intended: 'annotate' } as const;
    const end = TEXT.length;
    // Found when the choice has ended, and nothing was held for it.
    const script = noting([note({ start: end, end, decision })]);
    const run = await runPlain(stream(framesOf([TEXT]), [0, 8]), {
      script: {
        judge: (texts, parts) => (texts[0]?.complete === true ? (script.judge?.(texts, parts) ?? {}) : {}),
      },
      gate: { insert: (choice, text) => [{ texts: [{ id: `${choice}/text`, text }] }] },
    });
    expect(run.read['0/text']).toMatch(/Bye\.\n\n> \*\*Portcullis: the code above is insecure/);
    expect(run.released.map(({ finished }) => finished.length)).toEqual([0, 0, 1]);
  });
});

describe('a text that is said again', () => {
  it('leaves with the last of its pieces, counts as nothing, and shows what the client got', async () => {
    const property = fc.asyncProperty(
      cuts(TEXT),
      fc.constantFrom('window', 'sentence', 'buffer'),
      async (pieces, mode) => {
        const run = await runPlain(stream(framesOf([...pieces, restated(TEXT)])), {
          script: noting([note()]),
          stream: { mode },
          onFrame: (read) => {
            if (read['0/text again'] !== undefined) expect(read['0/text']).toBe(read['0/text again']);
          },
        });
        const text = TEXT.replace(BAD, () => NOTICE);
        expect(run.read).toEqual({ '0/text': text, '0/text again': text });
        expect(run.progress.received).toBe(TEXT.length);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it.each([
    ['with other words', 'Look: 🐑'],
    ['with more', `${TEXT}!`],
    ['with less', TEXT.slice(1)],
  ])('%s is an error of the upstream, and does not leave', async (_, text) => {
    const run = await runPlain(stream(framesOf([TEXT, restated(text)])));
    expect(run.result).toMatchObject({ status: 'failed', error: { code: 'upstream_malformed' } });
    expect(run.read).toEqual({ '0/text': TEXT });
  });

  it('before any of it came is an error too', async () => {
    const run = await runPlain(stream(framesOf([restated('Surprise')])));
    expect(run.result).toMatchObject({ status: 'failed', error: { code: 'upstream_malformed' } });
    expect(run.read).toEqual({});
  });

  it('passes where nothing is judged', async () => {
    const policy = { reply: { enabled: false }, code: { enabled: false } };
    const run = await runPlain(stream(framesOf(['One ', 'two', restated('One two')])), { policy });
    expect(run.read).toEqual({ '0/text': 'One two', '0/text again': 'One two' });
    expect(run.review.windows).toEqual([]);
  });
});

describe('a part that nobody can read', () => {
  const image = { kind: 'image', path: 'output[0]' } as const;

  it('waits for the verdict of its window', async () => {
    const windows: number[] = [];
    const frames = [
      frame({ parts: ['Hi.'] }),
      frame({ unjudged: [image] }),
      frame({ parts: ['Bye.'], finished: [0] }),
    ];
    const { review, released } = await runPlain(stream(frames, [0, 5]), {
      script: { delays: [3] },
      onFrame: (_, { windows: judged }) => windows.push(judged.length),
    });
    expect(released).toEqual(frames);
    const first = review.parts.findIndex((parts) => parts.length > 0);
    expect(review.parts[first]).toEqual([image]);
    expect(windows[1]).toBeGreaterThan(first);
  });

  it('does not leave when the review blocks it', async () => {
    const frames = [frame({ parts: ['Hi.'] }), frame({ unjudged: [image] }), frame({ finished: [0] })];
    const { released, result } = await runPlain(stream(frames), {
      script: {
        judge: (_, parts) =>
          parts.length === 0 ? {} : { decision: { ...removes(), action: 'block', reason: 'unjudged_part' } },
      },
    });
    expect(result.status).toBe('blocked');
    expect(released.some(({ unjudged }) => unjudged !== undefined)).toBe(false);
  });

  it('is named a few times only, however many come', async () => {
    const frames = [
      ...Array.from({ length: 100 }, () => frame({ unjudged: [image] })),
      frame({ finished: [0] }),
    ];
    const { review, released } = await runPlain(stream(frames));
    expect(released).toHaveLength(101);
    expect(review.parts.at(-1)?.length).toBeLessThanOrEqual(16);
  });
});

describe('a character in two halves', () => {
  it('is judged and leaves as one', async () => {
    const llama = '🦙';
    // The model pauses between the halves, longer than it takes for what is there to be judged.
    const pieces = ['Some words and ', llama.slice(0, 1), llama.slice(1), '.'];
    const run = await runPlain(stream(framesOf(pieces), [0, 8, 20, 8]));
    for (const window of run.review.windows) expect(window['0/text']).not.toMatch(HALF);
    expect(run.read['0/text']).toBe(`Some words and ${llama}.`);
  });

  it('whose other half never comes is judged at the end, as it is', async () => {
    const run = await runPlain(stream(framesOf(['Broken: ', '\ud83e'])));
    expect(run.read['0/text']).toBe('Broken: \ud83e');
    expect(run.review.windows.at(-1)).toEqual({ '0/text': 'Broken: \ud83e' });
  });
});
