/**
 * Chats go on after a refusal. Clients send the whole chat with every request, so a turn that was refused
 * would be refused again for ever. It goes upstream as a note in its place instead, which is what is then
 * judged, with all the rest.
 */
import type { Conversation } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import type { RequestContext } from './request-context.js';

export interface RefusedTurns {
  /**
   * The conversation as it goes on: turns that were refused before replaced, in the body that goes upstream
   * too, and hidden characters taken out where the policy wants that. Costs no judgement.
   */
  prepare(conversation: Conversation, context: RequestContext): Conversation;
  /**
   * After a block: the conversation with the turn that led to it replaced, if the client may go on without
   * it, because it is an earlier turn and was answered by a refusal; else undefined.
   */
  withoutRefused(
    conversation: Conversation,
    decision: Decision,
    context: RequestContext,
  ): Conversation | undefined;
}

export function createRefusedTurns(): RefusedTurns {
  return {
    prepare: (conversation) => conversation,
    withoutRefused: () => undefined,
  };
}
