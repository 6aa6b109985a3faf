/** Where in a chat its newest part begins. */
import type { Turn } from '../core/conversation.js';

/** Something that a person or a tool said. Text from unknown places of the body stands in turns of its own. */
export function isInput({ wireRole, segments }: Turn): boolean {
  return (
    (wireRole === 'user' || wireRole === 'tool') &&
    segments.some(({ channel, text }) => channel !== 'other' && text !== '')
  );
}

/**
 * Index of the first turn of what is new since the model's last answer: the turns behind the last assistant
 * turn that some input follows. An assistant turn at the very end is no answer but the beginning of one that
 * the model is to go on with (a prefill), and belongs to what is new. In [0, turns.length].
 */
export function newestFrom(turns: readonly Turn[]): number {
  const lastInput = turns.findLastIndex(isInput);
  return turns.findLastIndex(({ wireRole }, index) => index < lastInput && wireRole === 'assistant') + 1;
}
