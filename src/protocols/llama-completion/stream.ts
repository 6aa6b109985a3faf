/** One streamed reply of `/completion` or `/infill`: events with `content`, the last of each with `stop: true`. */
import type { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts, ReplyFrame, StreamCodec } from '../../core/wire-format.js';
import { factsObject } from '../facts.js';
import { malformed } from '../frame-builder.js';
import { errorBody } from '../llama-server/write.js';
import { promptCount } from '../prompts.js';
import { field } from '../shape.js';
import { completionIndex, decodeEvent } from './reply.js';
import { completion, ended } from './write.js';

export class LlamaCompletionStream implements StreamCodec {
  readonly #request: DecodedRequest;
  readonly #appeared = new Set<number>();
  readonly #finished = new Set<number>();
  readonly #endedAtClient = new Set<number>();

  constructor(request: DecodedRequest) {
    this.#request = request;
  }

  decode(message: JsonObject): ReplyFrame {
    const { choices, model, body } = this.#request;
    const frame = decodeEvent(message, { choices, model, prompt: field(body, 'prompt') });
    for (const text of frame.texts) {
      if (this.#finished.has(text.choice) && !frame.isError)
        throw malformed(`more text of completion ${text.choice} after its end`);
    }
    if (!frame.isError) this.#appeared.add(completionIndex(message, { choices }));
    for (const index of frame.finished) this.#finished.add(index);
    return frame;
  }

  released(frame: ReplyFrame): void {
    for (const index of frame.finished) this.#endedAtClient.add(index);
  }

  notice(choice: number, text: string): JsonObject[] {
    return [completion(choice, text, false)];
  }

  finish(facts: ReplyFacts): JsonObject[] {
    const messages: JsonObject[] = [];
    for (let choice = 0; choice < this.#request.choices; choice += 1) {
      if (this.#endedAtClient.has(choice)) continue;
      this.#endedAtClient.add(choice);
      messages.push(ended(choice, '', this.#request.model));
    }
    const last = messages.at(-1);
    if (last !== undefined) last.portcullis = factsObject(facts);
    return messages;
  }

  error(error: GuardError, requestId: string): JsonObject {
    return errorBody(error, requestId);
  }

  /** Every prompt has its completion; a server that does not know `n_cmpl` gives one to each. */
  get complete(): boolean {
    const prompts = promptCount(field(this.#request.body, 'prompt'));
    return this.#appeared.size >= prompts && [...this.#appeared].every((index) => this.#finished.has(index));
  }
}
