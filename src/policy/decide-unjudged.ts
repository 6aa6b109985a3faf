/** What happens to a prompt or a reply with parts that no text judge can read. */
import type { Direction } from '../core/assessment.js';
import type { UnjudgedPart } from '../core/conversation.js';
import { heavier, type Action, type Decision } from '../core/decision.js';
import type { Policy, UnjudgedTreatment } from './policy-types.js';

const KIND_NAMES: Record<UnjudgedPart['kind'], string> = {
  image: 'an image',
  audio: 'audio',
  file: 'a file',
  tokens: 'token numbers instead of text',
};

/** Names at most this many parts; the rest is counted. */
const NAMED = 3;

const ACTIONS: Record<UnjudgedTreatment, Action> = { block: 'block', report: 'annotate', allow: 'allow' };

/** The messages, with `{what}` for the parts. */
export const UNJUDGED_TEMPLATES: Readonly<Record<Direction, string>> = {
  prompt: 'This request contains {what}, which the guard cannot judge. Send text only.',
  reply: 'The reply contained {what}, which the guard cannot judge; it was withheld.',
};

function message(parts: readonly UnjudgedPart[], direction: Direction): string {
  const named = parts.slice(0, NAMED).map(({ kind, path }) => `${KIND_NAMES[kind]} (${path})`);
  const more = parts.length > NAMED ? ` and ${parts.length - NAMED} more` : '';
  return UNJUDGED_TEMPLATES[direction].replace('{what}', () => named.join(', ') + more);
}

/**
 * The decision about parts that no judge can read, or undefined when there are none or the policy does not
 * judge their direction. It comes in addition to the decision about the text. The heaviest treatment of
 * all kinds that are there counts: `block`; `report`, which is the action `annotate`; `allow`.
 */
export function decideUnjudged(
  parts: readonly UnjudgedPart[],
  direction: Direction,
  policy: Policy,
): Decision | undefined {
  if (parts.length === 0 || !policy[direction].enabled) return undefined;
  const intended = parts.map(({ kind }) => ACTIONS[policy.unjudged[kind]]).reduce(heavier);
  const action = policy.mode === 'monitor' ? 'allow' : intended;
  const blocked = parts.filter(({ kind }) => policy.unjudged[kind] === 'block');
  return {
    direction,
    action,
    intended,
    reason: 'unjudged_part',
    categories: [],
    findings: [],
    policy: policy.id,
    ...(action === 'block' ? { message: message(blocked, direction) } : {}),
  };
}
