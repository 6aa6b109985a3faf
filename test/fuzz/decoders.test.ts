/**
 * The fuzz job with a fixed budget: the same cases on every machine. The long run by hand, with other seeds,
 * is `npm run fuzz -- --seconds 600`; docs/gate.md tells more.
 */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.js';
import type { WireFormat } from '../../src/core/wire-format.js';
import { isStream, loadRecordings, type Recording } from '../enforcement/recordings.js';
import { runFuzz } from './run-fuzz.js';

describe('changed requests, replies and streams of every wire format', () => {
  it('pass judged, or are refused with an error that says why', { timeout: 120_000 }, async () => {
    const { ran, passed, refused } = await runFuzz({ seed: 1, cases: 20_000 });
    expect(ran).toBe(20_000);
    // Both ways are tried; a job in which all is refused tests nothing.
    expect(passed).toBeGreaterThan(5_000);
    expect(refused).toBeGreaterThan(2_000);
  });
});

describe('the fuzz job', () => {
  const withFormat = async (change: (format: WireFormat) => Partial<WireFormat>): Promise<Recording[]> =>
    (await loadRecordings())
      .filter((recording) => isStream(recording) && recording.format.id === 'openai-chat')
      .map((recording) => ({ ...recording, format: { ...recording.format, ...change(recording.format) } }));

  it('finds a codec that overlooks text, and names the case', async () => {
    const recordings = await withFormat((format) => ({
      openStream(request) {
        const codec = format.openStream(request);
        const decode = (message: JsonObject) => ({ ...codec.decode(message), texts: [] });
        return { ...unbound(codec), decode };
      },
    }));
    const found = await runFuzz({ seed: 1, cases: 5_000 }, recordings).catch(String);
    expect(found).toMatch(/Case \d+ fails: unsafe text left/);
    expect(found).toMatch(/npm run fuzz -- --seed \d+ --cases 1/);
  });

  it('finds a decoder that throws what is no GuardError', async () => {
    const recordings = await withFormat((format) => ({
      decodeRequest(body) {
        if (body.messages === undefined) throw new TypeError('messages is undefined');
        return format.decodeRequest(body);
      },
    }));
    const found = await runFuzz({ seed: 1, cases: 5_000 }, recordings).catch(String);
    expect(found).toMatch(/Case \d+ fails: messages is undefined\n {2}request of/);
  });
});

/** A codec's methods as an object's own. */
function unbound(codec: ReturnType<WireFormat['openStream']>): ReturnType<WireFormat['openStream']> {
  return {
    decode: (message) => codec.decode(message),
    released: (frame) => codec.released(frame),
    notice: (choice, text) => codec.notice(choice, text),
    finish: (facts) => codec.finish(facts),
    error: (error, requestId) => codec.error(error, requestId),
    get complete() {
      return codec.complete;
    },
  };
}
