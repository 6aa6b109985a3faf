/**
 * A reply streamed by an application's own handler. What Portcullis has to say takes the shape that the
 * handler's messages have, since only that shape is one the client is sure to understand.
 */
import type { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts, ReplyFrame, StreamCodec } from '../../core/wire-format.js';
import type { Clock } from '../clock.js';
import { factsObject } from '../facts.js';
import { OpenAiChatStream } from '../openai-chat/stream.js';
import { errorBody } from '../openai-chat/write.js';
import { field } from '../shape.js';
import { decodeObject, decodeText, textMessage } from './reply.js';
import { looksLikeOpenAi } from './request.js';

type Dialect = 'openai' | 'json' | 'text';

export class GenericStream implements StreamCodec {
  readonly #openAi: OpenAiChatStream;
  #dialect: Dialect;
  /** A message of the handler as it came, to be copied for a notice. */
  #sample: JsonObject | undefined;
  #sawChunk = false;
  /** Length of each text so far, to tell the main one. */
  readonly #lengths = new Map<string, number>();

  constructor(request: DecodedRequest, clock: Clock) {
    this.#openAi = new OpenAiChatStream(request, clock);
    this.#dialect = looksLikeOpenAi(request) ? 'openai' : 'json';
  }

  /** Chunks of chat completions are read as such, anything else as JSON of strings. */
  decode(message: JsonObject): ReplyFrame {
    if (isOpenAiChunk(message)) {
      this.#dialect = 'openai';
      this.#sawChunk = true;
      return this.#openAi.decode(message);
    }
    const sample = structuredClone(message);
    const frame = decodeObject(message);
    if (frame.texts.length > 0) {
      this.#dialect = 'json';
      this.#sample = sample;
      for (const { id, text } of frame.texts)
        this.#lengths.set(id, (this.#lengths.get(id) ?? 0) + text.length);
    }
    return frame;
  }

  /** An event whose data is no JSON object. */
  decodeText(text: string): ReplyFrame {
    this.#dialect = 'text';
    return decodeText(text);
  }

  released(frame: ReplyFrame): void {
    if (isOpenAiChunk(frame.json)) this.#openAi.released(frame);
  }

  notice(choice: number, text: string): JsonObject[] {
    if (this.#dialect === 'openai') return this.#openAi.notice(choice, text);
    if (this.#dialect === 'text') return [textMessage(text)];
    return [this.#likeSample(text)];
  }

  /** Plain-text streams have no room for facts: they just end. */
  finish(facts: ReplyFacts): JsonObject[] {
    if (this.#dialect === 'openai') return this.#openAi.finish(facts);
    if (this.#dialect === 'text') return [];
    return [{ done: true, finish_reason: 'content_filter', portcullis: factsObject(facts) }];
  }

  error(error: GuardError, requestId: string): JsonObject {
    return errorBody(error, requestId);
  }

  /** Applications end their streams by closing them; only chat completions say more. */
  get complete(): boolean {
    return !this.#sawChunk || this.#openAi.complete;
  }

  /** The handler's last message with the notice where most of its text has been, and no other text. */
  #likeSample(text: string): JsonObject {
    if (this.#sample === undefined) return { text };
    const json = structuredClone(this.#sample);
    const { texts } = decodeObject(json);
    const length = (id: string): number => this.#lengths.get(id) ?? 0;
    const main = texts.reduce(
      (best, piece) => (length(piece.id) > length(best.id) ? piece : best),
      texts[0] ?? NONE,
    );
    for (const piece of texts) piece.set(piece.id === main.id ? text : '');
    return json;
  }
}

const NONE = { id: '' };

function isOpenAiChunk(message: JsonObject): boolean {
  const kind = field(message, 'object');
  return (
    typeof kind === 'string' && kind.startsWith('chat.completion') && Array.isArray(field(message, 'choices'))
  );
}
