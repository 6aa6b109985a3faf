/** One streamed reply of chat completions: remembers its head and which choices have begun and ended. */
import type { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { isJsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts, ReplyFrame, StreamCodec } from '../../core/wire-format.js';
import type { Clock } from '../clock.js';
import { looksLikeMetadata } from '../coverage.js';
import { factsObject } from '../facts.js';
import { malformed } from '../frame-builder.js';
import { field } from '../shape.js';
import { decodeFrame } from './reply.js';
import { chunk, errorBody, madeUpHead, type ReplyHead } from './write.js';

export class OpenAiChatStream implements StreamCodec {
  readonly #request: DecodedRequest;
  readonly #clock: Clock;
  #head: ReplyHead | undefined;
  readonly #appeared = new Set<number>();
  readonly #finished = new Set<number>();
  /** What the client has seen: choices with a role, and choices that ended. */
  readonly #begunAtClient = new Set<number>();
  readonly #endedAtClient = new Set<number>();

  constructor(request: DecodedRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
  }

  decode(message: JsonObject): ReplyFrame {
    const { choices, model } = this.#request;
    const frame = decodeFrame(message, { messageField: 'delta', choices, model });
    for (const text of frame.texts) {
      if (this.#finished.has(text.choice))
        throw malformed(`more text of choice ${text.choice} after its end`);
    }
    this.#rememberHead(message);
    addChoices(this.#appeared, message);
    for (const index of frame.finished) this.#finished.add(index);
    return frame;
  }

  released(frame: ReplyFrame): void {
    addChoices(this.#begunAtClient, frame.json);
    for (const index of frame.finished) this.#endedAtClient.add(index);
  }

  notice(choice: number, text: string): JsonObject[] {
    // Without a role SDKs that collect a message refuse it; sent twice, some write it twice.
    const role: JsonObject = this.#begunAtClient.has(choice) ? {} : { role: 'assistant' };
    this.#begunAtClient.add(choice);
    return [chunk(this.#currentHead(), choice, { ...role, content: text }, null)];
  }

  finish(facts: ReplyFacts): JsonObject[] {
    const messages: JsonObject[] = [];
    for (let choice = 0; choice < this.#request.choices; choice += 1) {
      if (this.#endedAtClient.has(choice)) continue;
      const delta: JsonObject = this.#begunAtClient.has(choice) ? {} : { role: 'assistant', content: '' };
      this.#begunAtClient.add(choice);
      this.#endedAtClient.add(choice);
      messages.push(chunk(this.#currentHead(), choice, delta, 'content_filter'));
    }
    const last = messages.at(-1);
    if (last !== undefined) last.portcullis = factsObject(facts);
    return messages;
  }

  error(error: GuardError, requestId: string): JsonObject {
    return errorBody(error, requestId);
  }

  get complete(): boolean {
    return this.#appeared.size > 0 && [...this.#appeared].every((index) => this.#finished.has(index));
  }

  #currentHead(): ReplyHead {
    this.#head ??= madeUpHead(this.#request.model, this.#clock);
    return this.#head;
  }

  #rememberHead(message: JsonObject): void {
    if (this.#head !== undefined) return;
    const id = field(message, 'id');
    const created = field(message, 'created');
    const model = field(message, 'model');
    // An id that looks like text was judged as text, and must not come back unjudged in a notice.
    if (typeof id !== 'string' || id === '' || !looksLikeMetadata(id)) return;
    const fallback = madeUpHead(this.#request.model, this.#clock);
    this.#head = {
      id,
      created: typeof created === 'number' ? created : fallback.created,
      model: typeof model === 'string' && looksLikeMetadata(model) ? model : fallback.model,
    };
  }
}

function addChoices(indexes: Set<number>, message: JsonObject): void {
  const choices = field(message, 'choices');
  if (!Array.isArray(choices)) return;
  let position = 0;
  for (const choice of choices) {
    if (!isJsonObject(choice)) continue;
    const index = field(choice, 'index');
    indexes.add(typeof index === 'number' ? index : position);
    position += 1;
  }
}
