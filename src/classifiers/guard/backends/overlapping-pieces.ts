/** Does a conversation fit a context whose tokenizer is out of sight? And what becomes of one that does not. */
import type { GuardMessage } from '../../../core/conversation.js';

/**
 * Bytes of UTF-8 that a token stands for, at least on average over a text: English has four to five, other
 * scripts about three (one character of most Asian scripts). An estimate: the server has the last word.
 */
const BYTES_PER_TOKEN = 3;
/** Room for the guard's own prompt: Llama Guard 2's policy is the longest, with about 700 tokens. */
const PROMPT_TOKENS = 1024;
/** More requests for one message are not sent. */
const MOST_PIECES = 64;
/** Bytes; with fewer, pieces would have no meaning left. */
const SMALLEST_ROOM = 64;

/** Bytes of text that fit beside the guard's prompt. */
export function roomFor(contextTokens: number): number {
  return (contextTokens - Math.min(PROMPT_TOKENS, Math.floor(contextTokens / 2))) * BYTES_PER_TOKEN;
}

export function bytesOf(messages: readonly GuardMessage[]): number {
  return messages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}

/**
 * Cuts the last message into pieces that share a quarter with their neighbours. Before each stand as many
 * of the latest messages as fit into a quarter of the room (or more, where the last message leaves it), as
 * with the local guards. Never cuts a character in two.
 *
 * @param room bytes
 * @returns one conversation a piece; undefined when there would be more than 64
 */
export function overlappingPieces(
  messages: readonly GuardMessage[],
  room: number,
): GuardMessage[][] | undefined {
  const last = messages.at(-1);
  if (last === undefined || room < SMALLEST_ROOM) return undefined;
  const contextRoom = Math.max(room / 4, room - bytesOf([last]));
  const context: GuardMessage[] = [];
  for (const message of messages.slice(0, -1).reverse()) {
    if (bytesOf([message, ...context]) > contextRoom) break;
    context.unshift(message);
  }
  const pieces: GuardMessage[][] = [];
  for (const text of cut(last.text, room - bytesOf(context))) {
    if (pieces.length === MOST_PIECES) return undefined;
    pieces.push([...context, { role: last.role, text }]);
  }
  return pieces;
}

function* cut(text: string, size: number): Generator<string> {
  let from = 0;
  for (;;) {
    let to = from;
    let bytes = 0;
    // Where the next piece begins.
    let next = from;
    while (to < text.length) {
      const character = String.fromCodePoint(text.codePointAt(to) ?? 0);
      bytes += Buffer.byteLength(character);
      if (bytes > size) break;
      to += character.length;
      if (bytes <= size * 0.75) next = to;
    }
    yield text.slice(from, to);
    if (to >= text.length) return;
    from = next;
  }
}
