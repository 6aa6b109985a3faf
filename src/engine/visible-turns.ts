/** Takes the characters that nobody sees out of a conversation. */
import type { Conversation, Segment } from '../core/conversation.js';
import { stripHidden } from '../core/hidden-characters.js';

/**
 * The conversation without them, and its body too; segments that cannot be replaced keep theirs.
 * @returns how many were taken out; the same conversation where there were none
 */
export function stripTurns(conversation: Conversation): {
  readonly conversation: Conversation;
  readonly count: number;
} {
  let total = 0;
  const strip = (segment: Segment): Segment => {
    if (segment.replace === undefined) return segment;
    const { text, count } = stripHidden(segment.text);
    if (count === 0) return segment;
    total += count;
    segment.replace(text);
    return { ...segment, text };
  };
  const turns = conversation.turns.map((turn) => ({ ...turn, segments: turn.segments.map(strip) }));
  return total === 0
    ? { conversation, count: 0 }
    : { conversation: { ...conversation, turns }, count: total };
}
