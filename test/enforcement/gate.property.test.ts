/**
 * What the gate promises for any reply, cut anywhere, at any speed of model, judge and client. The
 * codecs, the gate, the engine and the policy are the real ones.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locate } from '../../src/classifiers/code/extract/fences.js';
import { GuardError } from '../../src/core/errors.js';
import type { ReplyFrame } from '../../src/core/wire-format.js';
import { delays, cutTexts, createReader, framesOf, replies, type Reply } from './random-reply.js';
import { runGate, UNSAFE, type Run, type RunOptions, type Scripted } from './guarded-reply.js';

const timing = fc.record({ judgeDelays: delays, clientDelays: delays });
const editable = fc.boolean();

interface Checked extends Run {
  /** What the client read, by key. */
  readonly read: ReadonlyMap<string, string>;
}

/** What has come of each text after so many frames; the whole reply without a number. */
function textsOf({ pieces }: Reply, frames = Infinity): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { key, text } of pieces.slice(0, frames))
    if (text !== '') texts.set(key, (texts.get(key) ?? '') + text);
  return texts;
}

/** Runs the reply and checks, whenever a frame leaves, that all text that has left by then was judged. */
async function check(
  reply: Reply,
  options: RunOptions,
  fault?: { readonly after: number; readonly error: Error },
): Promise<Checked> {
  const reader = createReader(reply.kind);
  const texts = textsOf(reply, fault?.after);
  const blocks = new Map([...texts].map(([key, text]) => [key, locate(text).blocks]));

  function everythingJudged(_frame: ReplyFrame, { safe, scanned }: Scripted): void {
    for (const [key, text] of reader.texts) {
      const full = texts.get(key) ?? '';
      expect(full.startsWith(text), `${key} is released in order`).toBe(true);
      expect(
        safe.some((judged) => judged.includes(text)),
        `${key} was found safe`,
      ).toBe(true);
      // A call is held until it is complete; a block leaves a few lines behind its scans.
      if (key.endsWith('/arguments')) {
        expect(scanned, `${key}: the call was scanned`).toContain(full);
        continue;
      }
      for (const { start, codeStart, codeEnd } of blocks.get(key) ?? []) {
        if (text.length <= start) continue;
        const code = full.slice(codeStart, codeEnd);
        const left = full.slice(codeStart, Math.min(text.length, codeEnd));
        const covers = (one: string): boolean => code.startsWith(one) && one.startsWith(left);
        expect(scanned.some(covers), `${key}: the code was scanned`).toBe(true);
      }
    }
  }

  const run = await runGate(framesOf(reply, fault), options, (frame, parts) => {
    reader.take(frame);
    everythingJudged(frame, parts);
  });
  for (const { received, judged, released } of run.progress) {
    expect(received).toBeGreaterThanOrEqual(judged);
    expect(judged).toBeGreaterThanOrEqual(released);
  }
  return { ...run, read: reader.texts };
}

const total = (texts: Iterable<string>): number => [...texts].reduce((sum, text) => sum + text.length, 0);

describe('any reply, cut anywhere, at any speed', () => {
  it('arrives whole when it is safe, and no character before its verdict', async () => {
    const property = fc.asyncProperty(replies(), timing, editable, async (reply, speed, editable) => {
      const { judgeDelays, clientDelays } = speed;
      const run = await check(reply, { script: { judgeDelays }, clientDelays, editable });
      expect(run.result).toMatchObject({ status: 'complete', decision: { action: 'allow', reason: 'safe' } });
      expect(new Map([...run.read].sort())).toEqual(new Map([...reply.texts].sort()));
      const length = total(reply.texts.values());
      expect(run.progress.at(-1)).toEqual({ received: length, judged: length, released: length });
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('arrives the same, however it is cut', async () => {
    const twoCuts = replies().chain((reply) =>
      fc.record({ reply: fc.constant(reply), again: cutTexts(reply.kind, reply.texts), timing }),
    );
    const property = fc.asyncProperty(twoCuts, async ({ reply, again, timing }) => {
      const { judgeDelays } = timing;
      const one = await check(reply, {});
      const other = await check({ ...reply, pieces: again, delays: [] }, { script: { judgeDelays } });
      expect(new Map([...other.read].sort())).toEqual(new Map([...one.read].sort()));
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('is stopped before what is unsafe ends, and nothing after that leaves', async () => {
    const property = fc.asyncProperty(replies({ insert: UNSAFE }), timing, async (reply, speed) => {
      const { judgeDelays, clientDelays } = speed;
      const run = await check(reply, { script: { judgeDelays }, clientDelays });
      expect(run.result).toMatchObject({
        status: 'blocked',
        decision: { action: 'block', reason: 'category', categories: [{ id: 'S2' }] },
      });
      const end = (reply.texts.get(reply.marked) ?? '').indexOf(UNSAFE) + UNSAFE.length;
      expect((run.read.get(reply.marked) ?? '').length).toBeLessThan(end);
      expect(run.released.some(({ finished }) => finished.length === reply.choices)).toBe(false);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it.each(['unavailable', 'rejects'] as const)('lets out nothing for which the judge %s', async (kind) => {
    const property = fc.asyncProperty(replies(), timing, fc.nat(4), async (reply, { judgeDelays }, from) => {
      const reader = createReader(reply.kind);
      const failing: RunOptions = { script: { judgeDelays, failure: { from, kind } } };
      const asked = { count: 0 };
      const run = runGate(framesOf(reply), failing, (frame, { safe, asked: requests }) => {
        reader.take(frame);
        asked.count = requests.length;
        for (const text of reader.texts.values())
          expect(safe.some((judged) => judged.includes(text))).toBe(true);
      });
      if (kind === 'rejects') {
        // Either the judge was never asked that often, or its fault ends the reply.
        const settled = await run.then(
          ({ result, scripted }) => ({ status: result.status, asked: scripted.asked.length }),
          (error: unknown) => ({ status: 'thrown', error }),
        );
        if (settled.status !== 'thrown') expect(settled).toMatchObject({ status: 'complete' });
        else expect(total(reader.texts.values())).toBeLessThan(total(reply.texts.values()));
        return;
      }
      const { result, scripted } = await run;
      if (scripted.asked.length <= from) {
        expect(result.status).toBe('complete');
        return;
      }
      expect(result).toMatchObject({
        status: 'blocked',
        decision: { reason: 'unavailable', unavailable: 'overloaded' },
      });
      expect(total(reader.texts.values())).toBeLessThan(total(reply.texts.values()));
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('arrives up to where the upstream broke off, judged, and is known as broken', async () => {
    const broken = new GuardError('upstream_interrupted', 'The model server broke off.');
    const property = fc.asyncProperty(replies(), timing, fc.nat(30), async (reply, speed, after) => {
      const { judgeDelays, clientDelays } = speed;
      const options = { script: { judgeDelays }, clientDelays };
      const run = await check(reply, options, { after, error: broken });
      const frames = reply.pieces.length + reply.kind.ends(reply.choices).length;
      expect(run.result).toMatchObject(
        after < frames
          ? { status: 'failed', error: { code: 'upstream_interrupted' } }
          : { status: 'complete' },
      );
      expect(new Map([...run.read].sort())).toEqual(new Map([...textsOf(reply, after)].sort()));
      expect(run.released).toHaveLength(Math.min(after, frames));
    });
    await fc.assert(property, { numRuns: 80 });
  });
});
