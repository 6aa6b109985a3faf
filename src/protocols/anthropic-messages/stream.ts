/** One streamed reply of Anthropic's messages: remembers its head, and what the client has seen of it. */
import type { GuardError } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts, ReplyFrame, StreamCodec } from '../../core/wire-format.js';
import type { Clock } from '../clock.js';
import { looksLikeMetadata } from '../coverage.js';
import { malformed } from '../frame-builder.js';
import { field } from '../shape.js';
import { blockIndex, decodeEvent } from './reply.js';
import { blockStop, emptyMessage, errorBody, messageStart, refusedEnd, textBlock } from './write.js';

export class AnthropicMessagesStream implements StreamCodec {
  readonly #request: DecodedRequest;
  readonly #clock: Clock;
  #id: string | undefined;
  #model: string | undefined;
  /** Blocks of the upstream that have ended, and whether the whole reply has. */
  readonly #stopped = new Set<number>();
  #finished = false;
  #complete = false;
  /** What the client has seen: a beginning, blocks without an end, the first index that is free, an end. */
  #begunAtClient = false;
  readonly #openAtClient = new Set<number>();
  #nextAtClient = 0;
  #endedAtClient = false;

  constructor(request: DecodedRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
  }

  decode(message: JsonObject): ReplyFrame {
    const frame = decodeEvent(message, this.#request.model);
    const type = field(message, 'type');
    const isContent = type === 'content_block_start' || type === 'content_block_delta';
    if (this.#finished && isContent) throw malformed('more content after the end of the message');
    if (type === 'message_start') this.#rememberHead(field(message, 'message'));
    else if (type === 'content_block_start') this.#stopped.delete(blockIndex(message));
    else if (type === 'content_block_delta' && this.#stopped.has(blockIndex(message)))
      throw malformed(`more of content block ${blockIndex(message)} after its end`);
    else if (type === 'content_block_stop') this.#stopped.add(blockIndex(message));
    else if (type === 'message_stop') this.#complete = true;
    this.#finished ||= frame.finished.length > 0;
    return frame;
  }

  released({ json }: ReplyFrame): void {
    const type = field(json, 'type');
    if (type === 'message_start') {
      this.#begunAtClient = true;
      const message = field(json, 'message');
      const content = isJsonObject(message) ? field(message, 'content') : undefined;
      if (Array.isArray(content)) this.#nextAtClient = Math.max(this.#nextAtClient, content.length);
    } else if (type === 'content_block_start') {
      const index = blockIndex(json);
      this.#openAtClient.add(index);
      this.#nextAtClient = Math.max(this.#nextAtClient, index + 1);
    } else if (type === 'content_block_stop') this.#openAtClient.delete(blockIndex(json));
    else if (type === 'message_stop') this.#endedAtClient = true;
  }

  notice(_choice: number, text: string): JsonObject[] {
    const messages = [...this.#begin(), ...this.#closeBlocks(), ...textBlock(this.#nextAtClient, text)];
    this.#nextAtClient += 1;
    return messages;
  }

  finish(facts: ReplyFacts): JsonObject[] {
    if (this.#endedAtClient) return [];
    const messages = [...this.#begin(), ...this.#closeBlocks(), ...refusedEnd(facts)];
    this.#endedAtClient = true;
    return messages;
  }

  error(error: GuardError, requestId: string): JsonObject {
    return errorBody(error, requestId);
  }

  get complete(): boolean {
    return this.#complete;
  }

  #begin(): JsonObject[] {
    if (this.#begunAtClient) return [];
    this.#begunAtClient = true;
    const message = emptyMessage(this.#model ?? this.#request.model, this.#clock);
    if (this.#id !== undefined) message.id = this.#id;
    return [messageStart(message)];
  }

  #closeBlocks(): JsonObject[] {
    const stops = [...this.#openAtClient].map(blockStop);
    this.#openAtClient.clear();
    return stops;
  }

  /** An id that looks like text was judged as text, and must not come back unjudged in a notice. */
  #rememberHead(message: JsonObject[string] | undefined): void {
    if (!isJsonObject(message)) return;
    const id = field(message, 'id');
    const model = field(message, 'model');
    if (typeof id === 'string' && id !== '' && looksLikeMetadata(id)) this.#id ??= id;
    if (typeof model === 'string' && model !== '' && looksLikeMetadata(model)) this.#model ??= model;
  }
}
