/** One streamed reply of Ollama, chat or generate: they differ only in where the text stands. */
import type { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts, ReplyFrame, StreamCodec } from '../../core/wire-format.js';
import type { Clock } from '../clock.js';
import { looksLikeMetadata } from '../coverage.js';
import { malformed } from '../frame-builder.js';
import { field } from '../shape.js';
import type { LineContext } from './reply.js';
import { contentFilterEnd, errorBody } from './write.js';

export interface OllamaStreamShape {
  decode(message: JsonObject, context: LineContext): ReplyFrame;
  /** The field that carries `text` in a reply: `{message: {…}}` or `{response: …}`. */
  textFields(text: string): JsonObject;
  /** How many tool calls a line brings. */
  countToolCalls(message: JsonObject): number;
}

export class OllamaStream implements StreamCodec {
  readonly #request: DecodedRequest;
  readonly #shape: OllamaStreamShape;
  readonly #clock: Clock;
  #model: string;
  #toolCalls = 0;
  #done = false;
  #doneAtClient = false;

  constructor(request: DecodedRequest, shape: OllamaStreamShape, clock: Clock) {
    this.#request = request;
    this.#shape = shape;
    this.#clock = clock;
    this.#model = request.model;
  }

  decode(message: JsonObject): ReplyFrame {
    if (this.#done) throw malformed('more lines after the one that says done');
    const frame = this.#shape.decode(message, {
      toolCallsBefore: this.#toolCalls,
      model: this.#request.model,
    });
    this.#toolCalls += this.#shape.countToolCalls(message);
    if (frame.finished.length > 0) this.#done = true;
    const model = field(message, 'model');
    if (typeof model === 'string' && model !== '' && looksLikeMetadata(model)) this.#model = model;
    return frame;
  }

  released(frame: ReplyFrame): void {
    if (frame.finished.length > 0) this.#doneAtClient = true;
  }

  notice(_choice: number, text: string): JsonObject[] {
    return [{ ...this.#head(), ...this.#shape.textFields(text), done: false }];
  }

  finish(facts: ReplyFacts): JsonObject[] {
    if (this.#doneAtClient) return [];
    this.#doneAtClient = true;
    return [{ ...this.#head(), ...this.#shape.textFields(''), ...contentFilterEnd(facts) }];
  }

  error(error: GuardError, requestId: string): JsonObject {
    return errorBody(error, requestId);
  }

  get complete(): boolean {
    return this.#done;
  }

  #head(): JsonObject {
    return { model: this.#model, created_at: this.#clock.now().toISOString() };
  }
}
