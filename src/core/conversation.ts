/**
 * The neutral form of a chat, whatever wire format it came in. Everything that a person or a model
 * could read is a segment of a turn; what cannot be judged (images, audio) is listed apart, so that
 * a policy has to say what happens to it.
 */

import { withPlainStrings } from './json-strings.js';

/** Llama Guard's words for who speaks: everything that goes in is User, everything generated is Agent. */
export type GuardRole = 'User' | 'Agent';

/** The roles seen at the wire. */
export type WireRole = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

/** What kind of text a segment is. Every channel is judged; they differ in what may be edited. */
export type Channel =
  | 'text'
  | 'reasoning'
  | 'refusal'
  | 'tool_name'
  | 'tool_arguments'
  | 'tool_result'
  | 'tool_definition'
  | 'other';

/** One string of the message, and where in the body it stands (`messages[2].content[0].text`). */
export interface Segment {
  readonly channel: Channel;
  readonly text: string;
  readonly path: string;
  /**
   * Replaces the text in the body that goes upstream; absent where the conversation has no body (a line of
   * a command) or the text is a name that cannot be changed (a key).
   */
  readonly replace?: ((text: string) => void) | undefined;
}

export interface Turn {
  readonly role: GuardRole;
  readonly wireRole: WireRole;
  readonly segments: readonly Segment[];
}

/** A part that no text judge can read. The policy decides (`unjudged`): block by default. */
export interface UnjudgedPart {
  readonly kind: 'image' | 'audio' | 'file' | 'tokens';
  readonly path: string;
}

export interface Conversation {
  readonly turns: readonly Turn[];
  readonly unjudged: readonly UnjudgedPart[];
}

/** A turn as guards take it: who speaks, and one text. */
export interface GuardMessage {
  readonly role: GuardRole;
  readonly text: string;
}

/** All text of a turn as a guard reads it: segments separated by a newline. */
export function turnText(turn: Turn): string {
  return readable(turn.segments.map((segment) => segment.text));
}

/**
 * The text of a turn as a code scanner reads it: code in the strings of JSON has no line ends of its own, so
 * they stand behind the text once more, unescaped.
 */
export function scannedText(turn: Turn): string {
  const text = turnText(turn);
  const strings = withPlainStrings(text);
  return strings === undefined ? text : `${text}\n\n${strings}`;
}

/** Texts as a guard reads them: joined by newlines without the empty ones. JSON is read in plain words beside (json-strings.ts). */
export function readable(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n');
}

/** One guard message a turn; turns without any text are dropped. */
export function toGuardMessages(turns: readonly Turn[]): GuardMessage[] {
  return turns
    .map((turn) => ({ role: turn.role, text: turnText(turn) }))
    .filter((message) => message.text !== '');
}

/**
 * Merges neighbours of one role (system + user, several tool results), for guard templates that
 * insist on alternating roles.
 */
export function mergeNeighbours(messages: readonly GuardMessage[]): GuardMessage[] {
  const merged: GuardMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (last?.role === message.role) {
      merged[merged.length - 1] = { role: last.role, text: last.text + '\n\n' + message.text };
    } else merged.push(message);
  }
  return merged;
}
