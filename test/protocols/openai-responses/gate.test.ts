/**
 * Streams of the responses API through the real gate, engine and policy: they say everything up to four
 * times, and no time may come before the verdict or differ from what the client was given.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.js';
import { createOpenAiResponses } from '../../../src/protocols/index.js';
import { delays } from '../../enforcement/random-reply.js';
import { cycle, pause, runGate, UNSAFE, WEAK, type RunOptions } from '../../enforcement/guarded-reply.js';
import { FACTS } from '../../support/wire/facts.js';
import {
  begun,
  callEvents,
  completed,
  functionCall,
  message,
  messageEvents,
  numbered,
  outputText,
  reasoningEvents,
  reasoningItem,
} from './exchanges.js';
import { ClientReader, expectWellFormed } from './well-formed.js';

const format = createOpenAiResponses();

const BITS = ['plain ', 'words. ', 'a', '\n', '🦙', '漢字', 'é', '"', '\\', '\u0000', '> ', '- '];
const bits = fc.array(fc.constantFrom(...BITS), { maxLength: 12 }).map((all) => all.join(''));
/** At least one piece, cut at any UTF-16 unit. */
const pieces = (text: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  text.chain((whole) =>
    fc.array(fc.nat(whole.length), { maxLength: 6 }).map((cuts) => {
      const ends = [...new Set([...cuts, whole.length])].sort((a, b) => a - b);
      return ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece !== '');
    }),
  );

interface Reply {
  readonly events: JsonObject[];
  readonly delays: readonly number[];
}

/** Reasoning, two messages and a call; `text` makes the second message. */
const reply = (text: fc.Arbitrary<string> = bits): fc.Arbitrary<Reply> =>
  fc
    .record({
      summary: pieces(bits),
      thoughts: pieces(bits),
      first: pieces(bits),
      second: pieces(text),
      args: pieces(bits.map((city) => JSON.stringify({ city }))),
      delays,
    })
    .map(({ summary, thoughts, first, second, args, delays }) => ({
      delays,
      events: numbered(
        begun(),
        reasoningEvents(0, 'rs_1', summary, thoughts),
        messageEvents(1, 'msg_1', first),
        messageEvents(2, 'msg_2', second),
        callEvents(3, 'fc_1', 'get_weather', args),
        completed([
          reasoningItem('rs_1', [summary.join('')], [thoughts.join('')]),
          message('msg_1', outputText(first.join(''))),
          message('msg_2', outputText(second.join(''))),
          functionCall('fc_1', 'get_weather', args.join('')),
        ]),
      ),
    }));

/** What the client reads, and every event it gets; at each event, all it has read so far was judged. */
async function run({ events, delays }: Reply, options: RunOptions = {}, withNotes = false) {
  const codec = format.openStream(format.decodeRequest({ input: 'Hello?', stream: true }));
  const reader = new ClientReader();
  const sent: JsonObject[] = [];
  async function* frames() {
    for (const [index, event] of events.entries()) {
      await pause(cycle(delays, index));
      yield codec.decode(structuredClone(event));
    }
  }
  const gate = await runGate(frames(), options, (frame, { safe }) => {
    codec.released(frame);
    sent.push(frame.json);
    reader.take(frame.json);
    // With notes in it, what is read is no longer what was judged.
    for (const [key, text] of withNotes ? [] : reader.texts) {
      expect(
        safe.some((judged) => judged.includes(text)),
        `${key} was found safe`,
      ).toBe(true);
    }
  });
  return { ...gate, codec, sent, reader };
}

const timing = fc.record({ judgeDelays: delays, clientDelays: delays });

it('arrives as it was sent when it is safe, nothing before its verdict, and is counted once', async () => {
  await fc.assert(
    fc.asyncProperty(reply(), timing, async (one, { judgeDelays, clientDelays }) => {
      const { result, sent, progress, reader } = await run(one, { script: { judgeDelays }, clientDelays });
      expect(result).toMatchObject({ status: 'complete', decision: { action: 'allow' } });
      expect(sent).toEqual(one.events);
      expectWellFormed(sent);
      const length = [...reader.texts.values()].reduce(
        (sum, text) => sum + text.length,
        'get_weather'.length,
      );
      expect(progress.at(-1)).toEqual({ received: length, judged: length, released: length });
    }),
    { numRuns: 25 },
  );
});

it('says no word of what is unsafe, in no event, and ends as the format ends', async () => {
  const unsafe = fc.tuple(bits, bits).map(([before, after]) => `${before}${UNSAFE}${after}`);
  await fc.assert(
    fc.asyncProperty(reply(unsafe), timing, async (one, { judgeDelays, clientDelays }) => {
      const { result, sent, codec, reader } = await run(one, { script: { judgeDelays }, clientDelays });
      expect(result.status).toBe('blocked');
      const own = [...codec.notice(0, 'Stopped.'), ...codec.finish(FACTS)];
      const all = [...sent, ...own];
      for (const event of own) reader.take(event);
      expectWellFormed(all, true);
      expect(JSON.stringify(all)).not.toContain(UNSAFE);
      expect([...reader.texts.values()].join('|')).toContain('Stopped.');
      expect(all.at(-1)).toMatchObject({ type: 'response.incomplete', response: { status: 'incomplete' } });
    }),
    { numRuns: 25 },
  );
});

it('repeats in the end what the client was given when code in it got a note', async () => {
  const code = bits.map((before) => `${before}\n\`\`\`python\n${WEAK}(1)\n\`\`\`\nDone.\n`);
  await fc.assert(
    fc.asyncProperty(reply(code), timing, async (one, { judgeDelays, clientDelays }) => {
      const { result, sent, reader } = await run(one, { script: { judgeDelays }, clientDelays }, true);
      expect(result.status).toBe('complete');
      // The reader has compared every repetition with what came before.
      const text = reader.texts.get('2 content 0') ?? '';
      expect(text).toContain('no-weak');
      expect(text).toContain('Done.');
      expectWellFormed(sent);
    }),
    { numRuns: 12 },
  );
});

it('judges a last event that says something else than the pieces did', async () => {
  const events = numbered(
    begun(),
    messageEvents(0, 'msg_1', ['All is ', 'well.']),
    completed([message('msg_1', outputText(`All is ${UNSAFE}.`))]),
  );
  const { result, sent } = await run({ events, delays: [] });
  expect(result.status).toBe('blocked');
  expect(JSON.stringify(sent)).not.toContain(UNSAFE);
});
