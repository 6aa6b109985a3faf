/**
 * Server-sent events (WHATWG HTML, section 9.2.6) to messages. Lines may end in LF, CR or CRLF; comments,
 * ids, retry and unknown fields are dropped.
 */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { createUtf8Stream, interrupted, notJson, parseMessage, tooLong } from './message.js';
import {
  DEFAULT_MAX_MESSAGE_LENGTH,
  type FrameDecoder,
  type FrameDecoderOptions,
  type FramedMessage,
} from './types.js';

/** Field names and spaces that the parser buffers beside the data itself. */
const FIELD_ROOM = 64 * 1024;

export function createSseDecoder(options: FrameDecoderOptions = {}): FrameDecoder {
  const limit = options.maxMessageLength ?? DEFAULT_MAX_MESSAGE_LENGTH;
  const plainText = options.plainText ?? false;
  const utf8 = createUtf8Stream();
  const lineEnds = createLineEnds();
  let messages: FramedMessage[] = [];
  let terminated = false;
  let ending = false;
  let lastChar = '';

  const parser = createParser({
    // The exact limit is checked per event; this one bounds memory while an event is still arriving.
    maxBufferSize: 2 * limit + FIELD_ROOM,
    onEvent: (event) => receive(event),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw tooLong(limit);
    },
  });
  // The parser looks for a byte order mark in its first chunk as three Latin-1 characters, which would
  // swallow real text; ours is gone by then, so an empty first chunk switches that off.
  parser.feed('');

  function receive(event: EventSourceMessage): void {
    if (terminated) return;
    const { data } = event;
    if (data.length > limit) throw tooLong(limit);
    if (data.trim() === '[DONE]') {
      terminated = true;
      messages.push({ kind: 'terminator' });
      return;
    }
    const json = parseMessage(data);
    if (json !== undefined) {
      messages.push(
        event.event === undefined ? { kind: 'json', json } : { kind: 'json', json, event: event.event },
      );
      return;
    }
    const name = event.event === undefined ? {} : { event: event.event };
    if (ending) throw interrupted();
    else if (plainText) messages.push({ kind: 'text', text: data, ...name });
    else throw notJson();
  }

  function feed(text: string): FramedMessage[] {
    messages = [];
    parser.feed(text);
    return messages;
  }

  return {
    push(bytes) {
      const text = lineEnds.toLf(utf8.decode(bytes));
      if (text === '' || terminated) return [];
      lastChar = text.at(-1) ?? lastChar;
      return feed(text);
    },
    end() {
      if (terminated) return [];
      utf8.end();
      // Servers forget the last blank line; a JSON object or [DONE] is whole all the same, since neither
      // can be the beginning of a longer one. Anything else is a message cut in half.
      ending = true;
      const last = feed('\n\n');
      if (lastChar !== '' && lastChar !== '\n' && last.length === 0) throw interrupted();
      return last;
    },
  };
}

/**
 * CR and CRLF to LF, over any split. The parser could do it too, but it keeps a CR at the end of its
 * input back until the next line end, and with it a message that is whole.
 */
function createLineEnds(): { toLf(text: string): string } {
  let afterCr = false;
  return {
    toLf(text) {
      if (text === '') return '';
      const rest = afterCr && text.startsWith('\n') ? text.slice(1) : text;
      afterCr = rest.endsWith('\r');
      return rest.includes('\r') ? rest.replace(/\r\n?/g, '\n') : rest;
    },
  };
}
