/**
 * Newline-delimited JSON (as Ollama streams it) to messages. Lines end in LF or CRLF; blank lines are
 * skipped. The last line may lack its line end if it is a whole object.
 */
import { createUtf8Stream, interrupted, notJson, parseMessage, tooLong } from './message.js';
import {
  DEFAULT_MAX_MESSAGE_LENGTH,
  type FrameDecoder,
  type FrameDecoderOptions,
  type FramedMessage,
} from './types.js';

export function createNdjsonDecoder(options: FrameDecoderOptions = {}): FrameDecoder {
  const limit = options.maxMessageLength ?? DEFAULT_MAX_MESSAGE_LENGTH;
  const utf8 = createUtf8Stream();
  // Pieces of the line still open; joined once, so that a long line costs linear time.
  let pieces: string[] = [];
  let length = 0;

  function hold(piece: string): void {
    length += piece.length;
    // One more for the CR of a CRLF, which is not part of the message.
    if (length > limit + 1) throw tooLong(limit);
    if (piece !== '') pieces.push(piece);
  }

  function takeLine(): string {
    const line = pieces.join('').replace(/\r$/, '');
    pieces = [];
    length = 0;
    if (line.length > limit) throw tooLong(limit);
    return line;
  }

  return {
    push(bytes) {
      const lines = utf8.decode(bytes).split('\n');
      const messages: FramedMessage[] = [];
      lines.forEach((piece, index) => {
        hold(piece);
        if (index === lines.length - 1) return;
        const line = takeLine();
        if (line.trim() === '') return;
        const json = parseMessage(line);
        if (json === undefined) throw notJson();
        messages.push({ kind: 'json', json });
      });
      return messages;
    },
    end() {
      utf8.end();
      const line = takeLine();
      if (line.trim() === '') return [];
      const json = parseMessage(line);
      if (json === undefined) throw interrupted();
      return [{ kind: 'json', json }];
    },
  };
}
