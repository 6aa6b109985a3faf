/** One streamed reply of legacy completions: remembers its head and which choices have ended. */
import type { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts, ReplyFrame, StreamCodec } from '../../core/wire-format.js';
import type { Clock } from '../clock.js';
import { looksLikeMetadata } from '../coverage.js';
import { factsObject } from '../facts.js';
import { malformed } from '../frame-builder.js';
import { errorBody } from '../openai-chat/write.js';
import { promptCount } from '../prompts.js';
import { field } from '../shape.js';
import { choiceIndexes, decodeFrame } from './reply.js';
import { chunk, madeUpHead, type ReplyHead } from './write.js';

export class OpenAiCompletionsStream implements StreamCodec {
  readonly #request: DecodedRequest;
  readonly #clock: Clock;
  #head: ReplyHead | undefined;
  readonly #appeared = new Set<number>();
  readonly #finished = new Set<number>();
  readonly #endedAtClient = new Set<number>();

  constructor(request: DecodedRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
  }

  decode(message: JsonObject): ReplyFrame {
    const { choices, model } = this.#request;
    const frame = decodeFrame(message, { choices, model, whole: false });
    for (const text of frame.texts) {
      if (this.#finished.has(text.choice))
        throw malformed(`more text of choice ${text.choice} after its end`);
    }
    this.#rememberHead(message);
    for (const index of choiceIndexes(message)) this.#appeared.add(index);
    for (const index of frame.finished) this.#finished.add(index);
    return frame;
  }

  released(frame: ReplyFrame): void {
    for (const index of frame.finished) this.#endedAtClient.add(index);
  }

  notice(choice: number, text: string): JsonObject[] {
    return [chunk(this.#currentHead(), choice, text, null)];
  }

  finish(facts: ReplyFacts): JsonObject[] {
    const messages: JsonObject[] = [];
    for (let choice = 0; choice < this.#request.choices; choice += 1) {
      if (this.#endedAtClient.has(choice)) continue;
      this.#endedAtClient.add(choice);
      messages.push(chunk(this.#currentHead(), choice, '', 'content_filter'));
    }
    const last = messages.at(-1);
    if (last !== undefined) last.portcullis = factsObject(facts);
    return messages;
  }

  error(error: GuardError, requestId: string): JsonObject {
    return errorBody(error, requestId);
  }

  /** Every prompt has its answer; a server that does not know `n` gives one to each. */
  get complete(): boolean {
    const prompts = promptCount(field(this.#request.body, 'prompt'));
    return this.#appeared.size >= prompts && [...this.#appeared].every((index) => this.#finished.has(index));
  }

  #currentHead(): ReplyHead {
    this.#head ??= madeUpHead(this.#request.model, this.#clock);
    return this.#head;
  }

  #rememberHead(message: JsonObject): void {
    if (this.#head !== undefined) return;
    const id = field(message, 'id');
    // An id that looks like text was judged as text, and must not come back unjudged in a notice.
    if (typeof id !== 'string' || id === '' || !looksLikeMetadata(id)) return;
    const created = field(message, 'created');
    const model = field(message, 'model');
    const fallback = madeUpHead(this.#request.model, this.#clock);
    this.#head = {
      id,
      created: typeof created === 'number' ? created : fallback.created,
      model: typeof model === 'string' && looksLikeMetadata(model) ? model : fallback.model,
    };
  }
}
