/**
 * Names for turns by all that was said up to them: a chain of hashes, as in question-key.ts, but over the
 * conversation as the wire format has it and for one policy. So a turn has the same name in every request
 * of its chat and in no other chat; a conversation costs one pass over its text; and no text is kept.
 */
import { createHash } from 'node:crypto';
import type { Turn } from '../core/conversation.js';
import type { Judge } from '../core/judge.js';
import type { RequestContext } from './request-context.js';

/** 32 bytes that stand for a policy, a judge and some turns. */
export type TurnLink = Buffer;

/** The link before any turn. Whatever could change a verdict, or what the policy makes of it, changes the link. */
export function firstTurnLink(
  judge: Pick<Judge, 'fingerprint' | 'taxonomy'>,
  { policy, route }: Pick<RequestContext, 'policy' | 'route'>,
): TurnLink {
  const thorough = route !== undefined && policy.thorough.routes.includes(route);
  const parts = [policy.hash, judge.fingerprint, judge.taxonomy, thorough];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/** The link after one more turn. */
export function nextTurnLink(link: TurnLink, { wireRole, segments }: Turn): TurnLink {
  // JSON keeps the texts apart, and writes halves of surrogate pairs out.
  const parts = [wireRole, ...segments.flatMap(({ channel, text }) => [channel, text])];
  return createHash('sha256').update(link).update(JSON.stringify(parts), 'utf16le').digest();
}

/** The name of the last turn that the link stands for. */
export function turnKey(link: TurnLink): string {
  return link.toString('base64');
}
