/** Server-sent events and newline-delimited JSON, written by a handler. */
import type { GuardError } from '../../../core/errors.js';
import type { JsonObject } from '../../../core/json.js';
import type { Framing, ReplyFacts, ReplyFrame, StreamCodec } from '../../../core/wire-format.js';
import {
  createFrameDecoder,
  encodeMessage,
  encodeTerminator,
  generic,
  openAiChat,
  type FramedMessage,
} from '../../../protocols/index.js';
import type { ReadRequest } from '../read-request.js';
import type { ReplyReader } from './reply-reader.js';

const DONE = openAiChat.terminator;

export class MessageStream implements ReplyReader {
  readonly streamed = true;
  readonly refusalType = undefined;
  readonly #framing: Framing;
  readonly #read: ReadRequest;
  readonly #codec: StreamCodec;
  /** The generic codec, which also takes text that is no JSON; undefined where the app named a format. */
  readonly #lenient: ReturnType<typeof generic.openStream> | undefined;
  readonly #events = new WeakMap<ReplyFrame, string>();
  readonly #endedAtClient = new Set<number>();
  #terminated = false;

  constructor(framing: Framing, read: ReadRequest) {
    this.#framing = framing;
    this.#read = read;
    if (read.strict && read.format.framing === framing) this.#codec = read.format.openStream(read.request);
    else this.#codec = this.#lenient = generic.openStream(read.request);
  }

  async *frames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ReplyFrame> {
    const decoder = createFrameDecoder(this.#framing, { plainText: this.#lenient !== undefined });
    for await (const chunk of bytes) {
      yield* this.#decode(decoder.push(chunk));
      // Whatever follows the end is no part of the reply.
      if (this.#terminated) return;
    }
    yield* this.#decode(decoder.end());
  }

  *#decode(messages: readonly FramedMessage[]): Generator<ReplyFrame> {
    for (const message of messages) {
      if (message.kind === 'terminator') {
        this.#terminated = true;
        return;
      }
      const frame =
        message.kind === 'json' ? this.#codec.decode(message.json) : this.#lenient?.decodeText(message.text);
      if (frame === undefined) continue;
      if (message.event !== undefined) this.#events.set(frame, message.event);
      yield frame;
    }
  }

  encode(frame: ReplyFrame): string {
    return this.#encode(frame.json, this.#events.get(frame));
  }

  released(frame: ReplyFrame): void {
    this.#codec.released(frame);
    for (const choice of frame.finished) this.#endedAtClient.add(choice);
  }

  annotate(frame: ReplyFrame, facts: ReplyFacts): void {
    if (frame.isError) return;
    if (this.#lenient === undefined) this.#read.format.annotate(frame.json, facts);
    else if (isOpenAi(frame.json)) openAiChat.annotate(frame.json, facts);
  }

  end(): string {
    return this.#terminated ? encodeTerminator(this.#framing, DONE) : '';
  }

  refusal(text: string, facts: ReplyFacts): string {
    const messages = this.#notices(text);
    messages.push(...this.#codec.finish(facts));
    const ends =
      this.#lenient === undefined ? this.#read.format.terminator !== undefined : messages.some(isOpenAi);
    const closing = ends ? encodeTerminator(this.#framing, DONE) : '';
    return messages.map((json) => this.#encode(json, this.#nameOf(json))).join('') + closing;
  }

  failure(error: GuardError, requestId: string): string {
    const message = this.#codec.error(error, requestId);
    return this.#encode(message, this.#nameOf(message));
  }

  /** The event's name of a message of our own, where the format that the app speaks has names. */
  #nameOf(message: JsonObject): string | undefined {
    return this.#lenient === undefined ? this.#read.format.eventName?.(message) : undefined;
  }

  /** The text in each choice that the client still waits for; only chat completions have more than one. */
  #notices(text: string): JsonObject[] {
    const messages: JsonObject[] = [];
    for (let choice = 0; choice < this.#read.request.choices; choice += 1) {
      if (this.#endedAtClient.has(choice)) continue;
      messages.push(...this.#codec.notice(choice, text));
      if (!messages.some(isOpenAi)) break;
    }
    return messages;
  }

  #encode(json: JsonObject, event?: string): string {
    return this.#framing === 'sse' ? generic.encodeEvent(json, event) : encodeMessage('ndjson', json);
  }
}

function isOpenAi(json: JsonObject): boolean {
  return typeof json.object === 'string' && json.object.startsWith('chat.completion');
}
