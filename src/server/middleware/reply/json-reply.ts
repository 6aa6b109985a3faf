/** A JSON body, written by a handler. */
import type { GuardError } from '../../../core/errors.js';
import { GuardError as Fault } from '../../../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.js';
import type { ReplyFacts, ReplyFrame, WireFormat } from '../../../core/wire-format.js';
import { generic, openAiChat, parseJsonStrict } from '../../../protocols/index.js';
import type { ReadRequest } from '../read-request.js';
import { brokenReply, readWhole } from './read-whole.js';
import type { ReplyReader } from './reply-reader.js';

export class JsonReply implements ReplyReader {
  readonly streamed = false;
  readonly refusalType = 'application/json; charset=utf-8';
  readonly #read: ReadRequest;
  /** The format the reply turned out to have. */
  #format: WireFormat;

  constructor(read: ReadRequest) {
    this.#read = read;
    this.#format = read.format;
  }

  async *frames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ReplyFrame> {
    const whole = await readWhole(bytes, this.#read.format.replyLimitBytes);
    if (whole.length === 0) return;
    let value: JsonValue;
    try {
      value = parseJsonStrict(whole);
    } catch (error) {
      throw brokenReply('a JSON content type and a body that is no JSON', error);
    }
    yield this.#decode(value);
  }

  #decode(value: JsonValue): ReplyFrame {
    if (!isJsonObject(value) && !this.#read.strict) {
      this.#format = generic;
      return generic.decodeValue(value);
    }
    const completion = isJsonObject(value) && isCompletion(value);
    const format = this.#read.strict ? this.#read.format : completion ? openAiChat : generic;
    try {
      // Decoding takes out what cannot be judged, also where it fails later.
      const frame = format.decodeReply(structuredClone(value), this.#read.request);
      this.#format = format;
      return frame;
    } catch (error) {
      // Error pages of the app have a shape of their own.
      if (!(error instanceof Fault) || error.code !== 'upstream_malformed') throw error;
      this.#format = generic;
      return generic.decodeReply(value);
    }
  }

  encode(frame: ReplyFrame): string {
    const body = this.#format.replyBody?.(frame);
    if (body !== undefined) return JSON.stringify(body);
    return generic.encodeBody(frame.json);
  }

  released(): void {
    // A whole reply is sent in one piece: nothing has to be remembered.
  }

  annotate(frame: ReplyFrame, facts: ReplyFacts): void {
    // The app's own JSON stays as the app made it; the headers tell the facts.
    if (!frame.isError && this.#format !== generic) this.#format.annotate(frame.json, facts);
  }

  end(): string {
    return '';
  }

  refusal(text: string, facts: ReplyFacts): string {
    return JSON.stringify(this.#format.refusal(this.#read.request, text, facts));
  }

  failure(error: GuardError, requestId: string): string {
    return JSON.stringify(this.#read.format.error(error, requestId));
  }
}

function isCompletion(json: JsonObject): boolean {
  return typeof json.object === 'string' && json.object.startsWith('chat.completion');
}
