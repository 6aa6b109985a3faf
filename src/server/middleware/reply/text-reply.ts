/** Text of any kind, written by a handler: plain, HTML, CSV. With a length it is one piece, else a stream. */
import type { GuardError } from '../../../core/errors.js';
import type { ReplyFrame } from '../../../core/wire-format.js';
import { generic } from '../../../protocols/index.js';
import { brokenReply, readWhole } from './read-whole.js';
import type { ReplyReader } from './reply-reader.js';

export class TextReply implements ReplyReader {
  readonly refusalType = 'text/plain; charset=utf-8';

  constructor(readonly streamed: boolean) {}

  async *frames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ReplyFrame> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const decode = (chunk?: Uint8Array): string => {
      try {
        return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
      } catch (error) {
        throw brokenReply('text that is not UTF-8', error);
      }
    };
    if (!this.streamed) {
      const text = decode(await readWhole(bytes)) + decode();
      if (text !== '') yield generic.decodeText(text);
      return;
    }
    for await (const chunk of bytes) {
      const text = decode(chunk);
      if (text !== '') yield generic.decodeText(text);
    }
    decode();
  }

  encode(frame: ReplyFrame): string {
    return generic.encodeBody(frame.json);
  }

  released(): void {
    // Text has no parts that would have to be ended.
  }

  annotate(): void {
    // Text has no room for facts; the headers tell them.
  }

  end(): string {
    return '';
  }

  refusal(text: string): string {
    return text;
  }

  failure(error: GuardError): string {
    return `\n\n${error.message}\n`;
  }
}
