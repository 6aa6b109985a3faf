/** What happens to a prompt with characters that nobody sees, where the policy does not let them pass. */
import type { Conversation, Segment } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import { hasHidden, hiddenCharacters } from '../core/hidden-characters.js';
import type { Policy } from './policy-types.js';

/** Names at most this many places, and code points of each; the rest is counted. */
const NAMED = 3;

/** The message, with `{what}` for what was found. */
export const HIDDEN_TEMPLATE =
  'This request contains characters that nobody sees: {what}. Take them out and send it again.';

/** `U+200B` */
function codePointName(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
}

function place({ path, text }: Segment): string {
  const names = new Set<string>();
  for (const { codePoint } of hiddenCharacters(text)) {
    names.add(codePointName(codePoint));
    if (names.size > NAMED) break;
  }
  const named = [...names].slice(0, NAMED).join(', ') + (names.size > NAMED ? ', …' : '');
  return path === '' ? named : `${named} in ${path}`;
}

/**
 * The decision about hidden characters, or undefined where there are none or the policy lets them pass:
 * with `strip` those count that could not be taken out (in the name of a field, say). It is about the newest
 * turn that has any, which it names. A policy that judges no prompts leaves them alone.
 */
export function decideHidden({ turns }: Conversation, policy: Policy): Decision | undefined {
  if (policy.hiddenCharacters === 'keep' || !policy.prompt.enabled) return undefined;
  const counts = ({ text, replace }: Segment): boolean =>
    (policy.hiddenCharacters === 'block' || replace === undefined) && hasHidden(text);
  const turn = turns.findLastIndex(({ segments }) => segments.some(counts));
  if (turn < 0) return undefined;
  const found = (turns[turn]?.segments ?? []).filter(counts);
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more places` : '';
  const what = found.slice(0, NAMED).map(place).join('; ') + more;
  return {
    direction: 'prompt',
    action: policy.mode === 'monitor' ? 'allow' : 'block',
    intended: 'block',
    reason: 'unjudged_part',
    categories: [],
    findings: [],
    turn,
    policy: policy.id,
    ...(policy.mode === 'monitor' ? {} : { message: HIDDEN_TEMPLATE.replace('{what}', () => what) }),
  };
}
