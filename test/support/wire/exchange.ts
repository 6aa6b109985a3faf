/** What every recorded exchange of a wire format has to show: nothing missed, nothing lost, however the bytes come. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnjudgedPart } from '../../../src/core/conversation.js';
import type { JsonObject, JsonValue } from '../../../src/core/json.js';
import type { ReplyFrame, WireFormat } from '../../../src/core/wire-format.js';
import { createFrameDecoder, type FramedMessage } from '../../../src/protocols/index.js';
import { copy, messagesOf, segmentLines, textsById } from './read.js';

export interface Exchange {
  readonly name: string;
  readonly request: JsonObject;
  /** A whole reply's JSON, or the bytes of a stream as text. */
  readonly reply: JsonValue;
  readonly streamed?: boolean;
  readonly structured?: boolean;
  readonly choices?: number;
  /** `User/user text: …` for each segment. */
  readonly segments: readonly string[];
  readonly unjudged?: readonly UnjudgedPart[];
  /** Texts of the reply by id. */
  readonly texts: Readonly<Record<string, string>>;
  /** The reply's JSON as it goes out, where that is not what came; for streams, all messages. */
  readonly goesOut?: JsonValue;
}

/** The messages of a stream as a format with SSE writes them, in the words of other servers' serializers. */
export function sse(messages: readonly JsonObject[], terminator?: string): string {
  const events = messages.map((message) => `data: ${JSON.stringify(message)}\n\n`);
  return events.join('') + (terminator === undefined ? '' : `data: ${terminator}\n\n`);
}

export function describeExchanges(format: WireFormat, exchanges: readonly Exchange[]): void {
  describe.each(exchanges)(`${format.id}: $name`, (exchange) => {
    const { request, reply, streamed = false } = exchange;

    it('decodes the request, and sends on what came', () => {
      const decoded = format.decodeRequest(copy(request));
      expect(segmentLines(decoded.conversation)).toEqual(exchange.segments);
      expect(decoded.conversation.unjudged).toEqual(exchange.unjudged ?? []);
      expect(decoded.stream).toBe(streamed);
      expect(decoded.choices).toBe(exchange.choices ?? 1);
      expect(decoded.structured).toBe(exchange.structured ?? false);
      expect(decoded.body).toEqual(request);
    });

    it('can replace every text of the request', () => {
      const decoded = format.decodeRequest(copy(request));
      const segments = decoded.conversation.turns.flatMap((turn) => turn.segments);
      segments.forEach((segment, index) => segment.replace?.(`replaced ${index}`));
      const again = format.decodeRequest(decoded.body).conversation.turns.flatMap((turn) => turn.segments);
      expect(again.map(({ text }) => text)).toEqual(
        segments.map((segment, index) =>
          segment.replace === undefined ? segment.text : `replaced ${index}`,
        ),
      );
    });

    if (!streamed) {
      it('finds the texts of the reply and keeps all other fields', () => {
        const frame = format.decodeReply(structuredClone(reply), format.decodeRequest(copy(request)));
        expect(textsById([frame])).toEqual(exchange.texts);
        expect(format.replyBody?.(frame) ?? frame.json).toEqual(exchange.goesOut ?? reply);
      });
      return;
    }

    const recorded = reply as string;
    const decodeAll = (chunks: readonly Uint8Array[]): { frames: ReplyFrame[]; complete: boolean } => {
      const decoder = createFrameDecoder(format.framing);
      const codec = format.openStream(format.decodeRequest(copy(request)));
      const frames: ReplyFrame[] = [];
      const take = (messages: readonly FramedMessage[]): void => {
        for (const message of messages) if (message.kind === 'json') frames.push(codec.decode(message.json));
      };
      for (const chunk of chunks) take(decoder.push(chunk));
      take(decoder.end());
      return { frames, complete: codec.complete };
    };
    const shown = ({ frames, complete }: ReturnType<typeof decodeAll>): unknown => ({
      complete,
      frames: frames.map(({ json, texts, finished, isError }) => ({
        json,
        texts: texts.map(({ id, text, channel }) => ({ id, text, channel })),
        finished,
        isError,
      })),
    });
    const bytes = Buffer.from(recorded);

    it('finds the texts of the stream, keeps all other fields, and sees its end', () => {
      const { frames, complete } = decodeAll([bytes]);
      expect(textsById(frames)).toEqual(exchange.texts);
      expect(complete).toBe(true);
      const came = messagesOf(format.framing, recorded).flatMap((m) => (m.kind === 'json' ? [m.json] : []));
      expect(frames.map((frame) => frame.json)).toEqual(exchange.goesOut ?? came);
    });

    it('gives the same frames however its bytes are split', () => {
      const whole = shown(decodeAll([bytes]));
      fc.assert(
        fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (at) => {
          const cuts = [0, ...at.toSorted((a, b) => a - b), bytes.length];
          const chunks = cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
          expect(shown(decodeAll(chunks))).toEqual(whole);
        }),
        { numRuns: 60 },
      );
    });

    it('is not complete before its end', () => {
      const { frames } = decodeAll([bytes]);
      const codec = format.openStream(format.decodeRequest(copy(request)));
      const came = messagesOf(format.framing, recorded).flatMap((m) => (m.kind === 'json' ? [m.json] : []));
      const last = frames.findLastIndex((frame) => frame.finished.length > 0);
      for (const json of came.slice(0, last)) codec.decode(json);
      expect(codec.complete).toBe(false);
    });
  });
}
