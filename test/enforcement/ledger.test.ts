import { describe, expect, it } from 'vitest';
import { gateReply, GateViolation, type Violation } from '../../src/enforcement/gate.js';
import { Ledger } from '../../src/enforcement/ledger.js';
import { frame, reviewOf, runPlain, stream } from './plain-frames.js';
import { policyOf } from './guarded-reply.js';

const open = (received: number, judged: number, free = judged) => {
  const violations: Violation[] = [];
  const ledger = new Ledger((violation) => violations.push(violation));
  const account = ledger.open('0/text');
  ledger.receive(account, received);
  ledger.judge(account, judged, free);
  const leave = (start: number, end: number, length = end - start, restates = false) => {
    ledger.release({ account, start, end, length, restates });
  };
  return { ledger, account, violations, leave };
};

describe('the ledger', () => {
  it('lets go what was judged, and counts it', () => {
    const { ledger, leave, violations } = open(10, 8);
    leave(0, 3);
    leave(3, 8);
    expect(ledger.total).toEqual({ received: 10, judged: 8, released: 8, unheld: 0 });
    expect(violations).toEqual([]);
  });

  it.each<[string, (books: ReturnType<typeof open>) => void, Partial<Violation>]>([
    ['more than was judged', ({ leave }) => leave(0, 9), { judged: 8, released: 9 }],
    ['what is held for code', () => open(10, 8, 4).leave(0, 5), {}],
    ['a frame that grew while it was held', ({ leave }) => leave(0, 4, 6), { released: 6 }],
    ['a piece before the one in front of it', ({ leave }) => leave(3, 6), { released: 6 }],
    ['a text said again before it left', ({ leave }) => leave(0, 8, 8, true), { released: 8 }],
    ['a verdict on more than came', ({ ledger, account }) => ledger.judge(account, 11), { judged: 11 }],
  ])('stops %s', (_, act, violation) => {
    const books = open(10, 8);
    expect(() => act(books)).toThrow(GateViolation);
    if (Object.keys(violation).length > 0) {
      expect(books.violations).toHaveLength(1);
      expect(books.violations[0]).toMatchObject({ textId: '0/text', received: 10, ...violation });
    }
    expect(books.ledger.total.released).toBe(0);
  });

  it('lets a text be said again once all of it has left, and counts nothing', () => {
    const { ledger, leave } = open(8, 8);
    leave(0, 8);
    leave(0, 8, 8, true);
    expect(ledger.total.released).toBe(8);
  });
});

describe('a gate in which something is wrong', () => {
  it('throws before the frame leaves, and tells of it', async () => {
    const harmless = frame({ parts: ['All is well. '] });
    const changing = frame({ parts: ['And so it is.'] });
    const part = changing.texts[0];
    // The text in the frame changes after it was judged.
    const script = {
      judge: () => {
        Object.assign(part ?? {}, { text: 'Something that nobody has judged.' });
        return {};
      },
    };
    const violations: Violation[] = [];
    const read: unknown[] = [];
    const gate = gateReply(stream([harmless, changing, frame({ finished: [0] })]), {
      review: reviewOf(script),
      policy: policyOf({ stream: { first_window: 80 } }),
      editable: true,
      streamed: true,
      onProgress: () => undefined,
      onViolation: (violation) => violations.push(violation),
    });
    await expect(
      (async () => {
        for await (const each of gate) read.push(each);
      })(),
    ).rejects.toThrow(GateViolation);
    expect(read).toEqual([harmless]);
    expect(violations).toEqual([{ textId: '0/text', received: 26, judged: 26, released: 46 }]);
  });

  it('is not a gate whose review frees more than there is', async () => {
    const frames = ['One. ', 'Two. ', 'Three.'].map((text) => frame({ parts: [text] }));
    const run = await runPlain(stream(frames), { script: { holdFrom: () => 1e9 } });
    expect(run.read).toEqual({ '0/text': 'One. Two. Three.' });
    expect(run.violations).toEqual([]);
  });
});
