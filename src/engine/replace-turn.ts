/** Takes a turn out of the body that goes upstream, so that the body keeps its form. */
import type { Segment, Turn } from '../core/conversation.js';

/** Names that say nothing: they tie a tool's result to its call, and to the tool's definition. */
const NAME = /^[\w.:/@-]{1,64}$/;

/** Of a turn in several pieces, what stands for all but one: many servers refuse empty pieces. */
const REST = '[removed]';

function replacement({ channel, text }: Segment, isMain: boolean, note: string): string {
  if (channel === 'tool_arguments') return '{}';
  if (channel === 'tool_name' || channel === 'other') return NAME.test(text) ? text : REST;
  return isMain ? note : REST;
}

/** The piece that gets the note. */
function mainOf(segments: readonly Segment[]): Segment | undefined {
  return segments.find(({ channel }) => channel === 'text' || channel === 'tool_result') ?? segments[0];
}

/**
 * The turn with a note in place of its text, in the body too. Arguments of tools become `{}`; names that look
 * like names stay. Images and the like stay: the policy's `unjudged` is about them.
 *
 * @returns undefined, and nothing is changed, where a part cannot be changed, or where nothing is left to change
 */
export function replaceTurn(turn: Turn, note: string): Turn | undefined {
  const main = mainOf(turn.segments);
  const segments = turn.segments.map((segment): Segment => ({
    ...segment,
    text: replacement(segment, segment === main, note),
  }));
  const changed = segments.filter(({ text }, index) => text !== turn.segments[index]?.text);
  if (changed.length === 0 || changed.some(({ replace }) => replace === undefined)) return undefined;
  for (const { replace, text } of changed) replace?.(text);
  return { ...turn, segments };
}
