/**
 * Chats go on after a refusal. Clients send the whole chat with every request, so a turn that was refused
 * would be refused again for ever. It goes upstream as a note in its place instead, which is what is then
 * judged, with all the rest.
 *
 * Replacing is always safe, whoever asks for it and with whatever made-up history: the text is gone from
 * what goes upstream, and the conversation with the note is judged like any other. The newest part of a chat
 * is never replaced: that is what the refusal has to answer.
 */
import { LRUCache } from 'lru-cache';
import type { Conversation, Turn } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import type { EventSink } from '../core/events.js';
import type { Judge } from '../core/judge.js';
import { findRefusal, type FoundRefusal, type Policy } from '../policy/policy.js';
import { isInput, newestFrom } from './newest-turns.js';
import { replaceTurn } from './replace-turn.js';
import type { RequestContext } from './request-context.js';
import { firstTurnLink, nextTurnLink, turnKey } from './turn-chain.js';
import { stripTurns } from './visible-turns.js';

/** What the model reads in place of a refused turn. */
export const REFUSED_NOTE = '[This message was refused and removed.]';

/** About 200 bytes each. */
const MAX_REFUSED = 20_000;
/** Later the refusal in the chat has to tell, which costs one judgement of the chat more. */
const TTL_MS = 24 * 60 * 60 * 1000;

export interface RefusedTurns {
  /**
   * The conversation as it goes on: turns that were refused before replaced, in the body that goes upstream
   * too, and hidden characters taken out where the policy wants that. Costs no judgement.
   */
  prepare(conversation: Conversation, context: RequestContext): Conversation;
  /**
   * After a block, to be called with each: remembers the turn that led to it, and gives the conversation with
   * that turn replaced, if the client may go on without it, because it is an earlier turn and was answered by
   * a refusal; else undefined. What is returned has fewer turns that can be replaced than what was given, so
   * judging and replacing again comes to an end.
   */
  withoutRefused(
    conversation: Conversation,
    decision: Decision,
    context: RequestContext,
  ): Conversation | undefined;
}

export interface RefusedTurnsParts {
  readonly judge: Pick<Judge, 'fingerprint' | 'taxonomy'>;
  readonly emit: EventSink;
}

/** What is known of a refused turn. */
interface Refused {
  /** How many turns stood behind it when it was refused. */
  readonly turnsAfter: number;
}

export function createRefusedTurns({ judge, emit }: RefusedTurnsParts): RefusedTurns {
  const refused = new LRUCache<string, Refused>({ max: MAX_REFUSED, ttl: TTL_MS });

  /**
   * Replaces the turns that `isWanted` names, the first one first: the names of the later ones are made of
   * the conversation as it went upstream.
   */
  function replaceTurns(
    conversation: Conversation,
    context: RequestContext,
    isWanted: (index: number, key: string) => boolean,
  ): Conversation | undefined {
    const { requestId, policy } = context;
    let link = firstTurnLink(judge, context);
    let count = 0;
    const turns = conversation.turns.map((turn, index) => {
      const own = nextTurnLink(link, turn);
      const replaced = isWanted(index, turnKey(own)) ? replaceTurn(turn, noteFor(turn, policy)) : undefined;
      link = replaced === undefined ? own : nextTurnLink(link, replaced);
      if (replaced !== undefined) count += 1;
      return replaced ?? turn;
    });
    if (count === 0) return undefined;
    emit({ type: 'turns-replaced', requestId, count });
    return { ...conversation, turns };
  }

  return {
    prepare(given, context) {
      const { policy, requestId } = context;
      const conversation = policy.mode === 'enforce' ? visible(given, policy, requestId) : given;
      if (refused.size === 0) return conversation;
      const { turns } = conversation;
      const newest = newestFrom(turns);
      const lastInput = turns.findLastIndex(isInput);
      // A client that got an error has no answer to put behind the refused turn: its next turn follows at once.
      const goesOn = (index: number, { turnsAfter }: Refused): boolean =>
        index < newest || (policy.onBlock === 'error' && index + turnsAfter < lastInput);
      const isWanted = (index: number, key: string): boolean => {
        const known = refused.get(key);
        return known !== undefined && goesOn(index, known);
      };
      return replaceTurns(conversation, context, isWanted) ?? conversation;
    },

    withoutRefused(conversation, decision, context) {
      const { turns } = conversation;
      const at = decision.turn;
      if (at === undefined || !isAboutTheTurn(decision)) return undefined;
      const turn = turns[at];
      if (turn === undefined || !mayBeReplaced(turn)) return undefined;
      const newest = newestFrom(turns);
      const goesOn = at < newest && canBeReplaced(turn) && isRefusedLater(turns, at, newest, context.policy);
      const isWanted = (index: number, key: string): boolean => {
        const isNamed = index === at;
        if (!isNamed && !(goesOn && index < at && wasRefused(turns, index, context.policy))) return false;
        refused.set(key, { turnsAfter: turns.length - 1 - index });
        return goesOn;
      };
      return replaceTurns(conversation, context, isWanted);
    },
  };

  function visible(conversation: Conversation, policy: Policy, requestId: string): Conversation {
    if (policy.hiddenCharacters !== 'strip' || !policy.prompt.enabled) return conversation;
    const stripped = stripTurns(conversation);
    if (stripped.count > 0) emit({ type: 'characters-stripped', requestId, count: stripped.count });
    return stripped.conversation;
  }
}

/** A missing verdict says nothing about a turn. */
function isAboutTheTurn({ reason }: Decision): boolean {
  return reason === 'category' || reason === 'unjudged_part';
}

/** What the application tells the model is never taken away from it: without it the model is another one. */
function mayBeReplaced({ wireRole }: Turn): boolean {
  return wireRole === 'user' || wireRole === 'tool' || wireRole === 'assistant';
}

function canBeReplaced({ segments }: Turn): boolean {
  return segments.every(({ replace }) => replace !== undefined);
}

/** An answer that ended in a refusal becomes that refusal. */
function noteFor(turn: Turn, policy: Policy): string {
  return refusalOf(turn, policy)?.text ?? REFUSED_NOTE;
}

/** The refusal with which the model's turn ends: all of it, or what came behind the part that had been released. */
function refusalOf({ wireRole, segments }: Turn, policy: Policy): FoundRefusal | undefined {
  if (wireRole !== 'assistant') return undefined;
  for (const { channel, text } of segments) {
    const found = channel === 'text' || channel === 'refusal' ? findRefusal(text, policy) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The turn itself ends in a refusal, or one was answered after it. */
function isRefusedLater(turns: readonly Turn[], at: number, newest: number, policy: Policy): boolean {
  return turns.slice(at, newest).some((turn) => refusalOf(turn, policy) !== undefined);
}

/**
 * The turn was answered by the refusal of a prompt. Of a chat of which nothing is remembered, all such turns
 * are replaced together: judging the chat again for each would take the square of its length.
 */
function wasRefused(turns: readonly Turn[], index: number, policy: Policy): boolean {
  const turn = turns[index];
  const answer = turns[index + 1];
  if (turn === undefined || answer === undefined || !isInput(turn)) return false;
  return refusalOf(answer, policy)?.of === 'prompt';
}
