/**
 * The proof over every wire format: any recorded stream, its bytes split anywhere, at any speed of model,
 * judge and client, in every mode. The same comes out, and nothing before its verdict.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.js';
import type { ReplyFrame } from '../../src/core/wire-format.js';
import { createFrameDecoder } from '../../src/protocols/index.js';
import { cycle, pause, runGate, UNSAFE, type Run, type RunOptions } from './guarded-reply.js';
import { delays } from './random-reply.js';
import {
  decodeAll,
  encodeStream,
  isStream,
  loadRecordings,
  newTexts,
  registered,
  type Recording,
  type StreamRecording,
} from './recordings.js';

const recordings = await loadRecordings();
const streams = recordings.filter(isStream);
const told = <T extends Recording>(list: readonly T[]): fc.Arbitrary<T> =>
  fc.constantFrom(...list.map((one) => Object.assign({}, one, { [fc.toStringMethod]: () => one.name })));

const MODES = ['window', 'sentence', 'buffer'] as const;
const timing = fc.record({ judgeDelays: delays, clientDelays: delays, modelDelays: delays });
const cuts = fc.array(fc.nat(), { maxLength: 10 });

/** The stream's bytes, split at any places, through the decoder and a codec of their own. */
async function* framesOf(
  { format, request }: Recording,
  messages: readonly JsonObject[],
  places: readonly number[],
  modelDelays: readonly number[] = [],
): AsyncGenerator<ReplyFrame> {
  const bytes = encodeStream(format, messages);
  const ends = [...new Set([...places.map((place) => place % bytes.length), bytes.length])].sort(
    (a, b) => a - b,
  );
  const decoder = createFrameDecoder(format.framing);
  const codec = format.openStream(format.decodeRequest(structuredClone(request)));
  let at = 0;
  for (const [index, end] of ends.entries()) {
    await pause(cycle(modelDelays, index));
    const decoded = decoder.push(bytes.subarray(at, end));
    at = end;
    for (const message of decoded) if (message.kind === 'json') yield codec.decode(message.json);
  }
}

interface Read extends Run {
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Runs a stream through the gate. The client reads with a codec of its own; whenever a frame leaves, all it
 * has read by then must have been found safe.
 */
async function run(
  recording: StreamRecording,
  frames: AsyncIterable<ReplyFrame>,
  options: RunOptions,
  held = true,
): Promise<Read> {
  const client = recording.format.openStream(
    recording.format.decodeRequest(structuredClone(recording.request)),
  );
  const read: ReplyFrame[] = [];
  const result = await runGate(frames, options, (frame, { safe }) => {
    read.push(client.decode(JSON.parse(JSON.stringify(frame.json)) as JsonObject));
    if (!held) return;
    for (const text of Object.values(newTexts(read)))
      if (!safe.some((judged) => judged.includes(text)))
        expect.fail(`left before its verdict: ${JSON.stringify(text)}`);
  });
  return { ...result, texts: newTexts(read) };
}

/** The recorded stream with something unsafe in one of its texts, split over two frames where there are two. */
function poisoned(
  recording: StreamRecording,
  pick: number,
  split: number,
): { readonly messages: JsonObject[]; readonly id: string } | undefined {
  const frames = decodeAll(recording, recording.reply.messages);
  const parts = frames.flatMap(({ texts }) => texts);
  const news = parts.filter(({ restates }) => restates !== true);
  const chosen = news[pick % Math.max(1, news.length)];
  if (chosen === undefined) return undefined;
  const own = news.filter(({ id }) => id === chosen.id);
  const now = new Map(own.map((part) => [part, part.text]));
  const next = own[own.indexOf(chosen) + 1];
  const cut = next === undefined ? UNSAFE.length : split % (UNSAFE.length + 1);
  now.set(chosen, chosen.text + UNSAFE.slice(0, cut));
  if (next !== undefined) now.set(next, UNSAFE.slice(cut) + next.text);
  for (const [part, text] of now) part.set(text);
  const whole = own.map((part) => now.get(part) ?? '').join('');
  for (const part of parts) if (part.id === chosen.id && part.restates === true) part.set(whole);
  const messages = frames.map(({ json }) => structuredClone(json));
  // Some texts cannot be changed, only taken out: then nothing unsafe is there.
  const found = newTexts(decodeAll(recording, messages))[chosen.id];
  return found?.includes(UNSAFE) === true ? { messages, id: chosen.id } : undefined;
}

describe('recordings', () => {
  it('are there for every registered format', () => {
    for (const format of registered)
      expect(recordings.filter((one) => one.format === format).length, format.id).toBeGreaterThan(0);
    expect(new Set(streams.map(({ format }) => format.id)).size).toBeGreaterThanOrEqual(6);
  });
});

describe('any recorded stream, split anywhere', () => {
  const expected = new Map<string, JsonObject[]>();
  beforeAll(() => {
    for (const recording of streams)
      expected.set(
        recording.name,
        decodeAll(recording, recording.reply.messages).map(({ json }) => json),
      );
  });

  it('comes out the same in every mode, and nothing before its verdict', async () => {
    const property = fc.asyncProperty(
      told(streams),
      fc.constantFrom(...MODES),
      cuts,
      timing,
      async (recording, mode, places, { judgeDelays, clientDelays, modelDelays }) => {
        const frames = framesOf(recording, recording.reply.messages, places, modelDelays);
        const stream = { first_window: 4, max_window: 30, growth: 1.5, idle_ms: 3, mode };
        const policy = { stream, unjudged: 'allow', code: { enabled: false } };
        const { released, texts, result, progress } = await run(recording, frames, {
          script: { judgeDelays },
          clientDelays,
          policy,
        });
        expect(result).toMatchObject({ status: 'complete', decision: { action: 'allow' } });
        expect(released.map(({ json }) => json)).toEqual(expected.get(recording.name));
        expect(texts).toEqual(recording.texts);
        const length = Object.values(recording.texts).join('').length;
        if (length > 0)
          expect(progress.at(-1)).toEqual({ received: length, judged: length, released: length });
      },
    );
    await fc.assert(property, { numRuns: 90 });
  });

  it('comes out the same with the code scan on', async () => {
    const property = fc.asyncProperty(told(streams), cuts, timing, async (recording, places, speed) => {
      const frames = framesOf(recording, recording.reply.messages, places, speed.modelDelays);
      const { judgeDelays } = speed;
      const options = { script: { judgeDelays }, policy: { unjudged: 'allow' } };
      const { texts, result } = await run(recording, frames, options);
      expect(result.status).toBe('complete');
      expect(texts).toEqual(recording.texts);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('is stopped before something unsafe leaves, however it is split over frames and bytes', async () => {
    const property = fc.asyncProperty(
      told(streams),
      fc.constantFrom(...MODES),
      fc.nat(),
      fc.nat(),
      cuts,
      timing,
      async (recording, mode, pick, split, places, { judgeDelays, modelDelays }) => {
        const reply = poisoned(recording, pick, split);
        if (reply === undefined) {
          fc.pre(false);
          return;
        }
        const frames = framesOf(recording, reply.messages, places, modelDelays);
        const stream = { first_window: 4, max_window: 30, growth: 1.5, idle_ms: 3, mode };
        const policy = { stream, unjudged: 'allow', code: { enabled: false } };
        const read = await run(recording, frames, { script: { judgeDelays }, policy });
        expect(read.result).toMatchObject({ status: 'blocked', decision: { reason: 'category' } });
        expect(JSON.stringify(read.texts)).not.toContain(UNSAFE);
      },
    );
    await fc.assert(property, { numRuns: 80 });
  });

  it('comes out at once in mode monitor, and the decision tells what was in it', async () => {
    const property = fc.asyncProperty(
      told(streams),
      fc.nat(),
      cuts,
      timing,
      async (recording, pick, places, speed) => {
        const reply = poisoned(recording, pick, 3);
        if (reply === undefined) {
          fc.pre(false);
          return;
        }
        const { judgeDelays, modelDelays } = speed;
        const frames = framesOf(recording, reply.messages, places, modelDelays);
        const policy = { stream: { mode: 'monitor' }, unjudged: 'allow', code: { enabled: false } };
        const read = await run(recording, frames, { script: { judgeDelays }, policy }, false);
        expect(read.result).toMatchObject({
          status: 'complete',
          decision: { action: 'allow', intended: 'block' },
        });
        expect(read.texts[reply.id]).toContain(UNSAFE);
        expect(read.released).toHaveLength(reply.messages.length);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('leaves a beginning of what was judged safe when the guard refuses at any window', async () => {
    const property = fc.asyncProperty(
      told(streams),
      fc.nat(6),
      cuts,
      timing,
      async (recording, from, places, speed) => {
        const { judgeDelays, modelDelays } = speed;
        const frames = framesOf(recording, recording.reply.messages, places, modelDelays);
        const script = { judgeDelays, failure: { from, kind: 'unavailable' } as const };
        const policy = {
          unjudged: 'allow',
          code: { enabled: false },
          stream: { first_window: 4, max_window: 9, idle_ms: 3 },
        };
        const read = await run(recording, frames, { script, policy });
        expect(read.result.status).toBe(read.scripted.asked.length > from ? 'blocked' : 'complete');
        for (const [id, text] of Object.entries(read.texts))
          expect(recording.texts[id]?.startsWith(text), id).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
