/**
 * The neutral form of a chat, whatever wire format it came in. Everything that a person or a model
 * could read is a segment of a turn; what cannot be judged (images, audio) is listed apart, so that
 * a policy has to say what happens to it.
 */

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

/** A turn as guard models take it: strictly alternating roles, one text each. */
export interface GuardMessage {
  readonly role: GuardRole;
  readonly text: string;
}

/** All text of a turn, segments separated by a newline; empty segments are skipped. */
export function turnText(turn: Turn): string {
  return turn.segments
    .map((segment) => segment.text)
    .filter((text) => text !== '')
    .join('\n');
}

/**
 * Merges neighbouring turns of one guard role (system + user, several tool results), because guard
 * templates require alternating roles. Turns without any text are dropped.
 */
export function toGuardMessages(turns: readonly Turn[]): GuardMessage[] {
  const merged: { role: GuardRole; text: string }[] = [];
  for (const turn of turns) {
    const text = turnText(turn);
    if (text === '') continue;
    const last = merged.at(-1);
    if (last?.role === turn.role) last.text += '\n\n' + text;
    else merged.push({ role: turn.role, text });
  }
  return merged;
}

/** A conversation of one plain-text turn, for the command line and the library. */
export function singleTurn(role: GuardRole, text: string): Turn {
  return {
    role,
    wireRole: role === 'User' ? 'user' : 'assistant',
    segments: [{ channel: 'text', text, path: '' }],
  };
}
