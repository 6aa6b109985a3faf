/** Messages back to the wire. */
import type { JsonObject } from '../../core/json.js';
import type { Framing } from '../../core/wire-format.js';

/** An event name goes out only if it is a plain word: it must not carry text past the judges. */
const EVENT_NAME = /^[A-Za-z][\w.-]{0,63}$/;

/** One message as it goes out, with its line ends. `event` is the SSE event name, if there is one. */
export function encodeMessage(framing: Framing, json: JsonObject, event?: string): string {
  const text = JSON.stringify(json);
  if (framing === 'ndjson') return text + '\n';
  return event === undefined ? `data: ${text}\n\n` : `${eventLine(event)}data: ${text}\n\n`;
}

/** Plain text as an SSE event; line ends in it become several `data:` lines. */
export function encodeTextEvent(text: string, event?: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return eventLine(event) + lines.join('') + '\n';
}

/** What ends a stream of this format; empty where the format has no terminator. */
export function encodeTerminator(framing: Framing, terminator: string | undefined): string {
  if (terminator === undefined) return '';
  return framing === 'ndjson' ? terminator + '\n' : `data: ${terminator}\n\n`;
}

/** The content type of a stream in this framing. */
export function streamContentType(framing: Framing): string {
  return framing === 'ndjson' ? 'application/x-ndjson' : 'text/event-stream; charset=utf-8';
}

function eventLine(event: string | undefined): string {
  return event !== undefined && EVENT_NAME.test(event) ? `event: ${event}\n` : '';
}
