/** What happens to a prompt with parts that no text judge can read. */
import type { Conversation, UnjudgedPart } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import type { Policy } from './policy-types.js';

const KIND_NAMES: Record<UnjudgedPart['kind'], string> = {
  image: 'an image',
  audio: 'audio',
  file: 'a file',
  tokens: 'token numbers instead of text',
};

/** Names at most this many parts; the rest is counted. */
const NAMED = 3;

function message(parts: readonly UnjudgedPart[]): string {
  const named = parts.slice(0, NAMED).map(({ kind, path }) => `${KIND_NAMES[kind]} (${path})`);
  const more = parts.length > NAMED ? ` and ${parts.length - NAMED} more` : '';
  return `This request contains ${named.join(', ')}${more}, which the guard cannot judge. Send text only.`;
}

/**
 * The decision about the parts in `conversation.unjudged`, or undefined when there are none or the
 * policy does not judge prompts. It comes in addition to the decision about the text.
 */
export function decideUnjudged(conversation: Conversation, policy: Policy): Decision | undefined {
  if (conversation.unjudged.length === 0 || !policy.prompt.enabled) return undefined;
  const action = policy.mode === 'monitor' ? 'allow' : policy.unjudged;
  return {
    direction: 'prompt',
    action,
    intended: policy.unjudged,
    reason: 'unjudged_part',
    categories: [],
    findings: [],
    policy: policy.id,
    ...(action === 'block' ? { message: message(conversation.unjudged) } : {}),
  };
}
