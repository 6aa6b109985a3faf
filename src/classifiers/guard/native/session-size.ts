/** What the queue has to know of a session's calls to estimate their cost. One entry for each kind of session. */
import { createHash } from 'node:crypto';
import type { GuardMessage } from '../../../core/conversation.js';
import type { SessionKind, Sessions } from './protocol.js';

export interface CallSize {
  /** UTF-16 units of all texts that the call evaluates or finds evaluated. */
  readonly characters: number;
  /** Calls of one key begin alike, so that a process finds the beginning in its cache. */
  readonly key?: string | undefined;
  /** Calls of one lane share the fixed beginning of their prompt. */
  readonly lane?: string | undefined;
}

export interface TokensSpent {
  readonly evaluated: number;
  readonly cached: number;
}

export interface SessionSize<K extends SessionKind> {
  costOf(request: Sessions[K]['request']): CallSize;
  spent(answer: Sessions[K]['answer']): TokensSpent;
  /** Conversations whose beginning a process can be expected to hold. */
  remembered(spec: Sessions[K]['spec']): number;
}

/** Enough of a text to tell conversations apart; texts may have megabytes. */
const KEY_CHARACTERS = 4096;
/** A text that grows while it is judged has its first sentence by the first time. */
const FIRST_CHARACTERS = 64;

export const SESSION_SIZES: { readonly [K in SessionKind]: SessionSize<K> } = {
  encoder: {
    costOf: ({ text }) => ({
      characters: text.length,
      key: digest([text.slice(0, FIRST_CHARACTERS)]),
    }),
    spent: ({ tokens, cachedTokens = 0 }) => ({ evaluated: tokens - cachedTokens, cached: cachedTokens }),
    remembered: () => 256,
  },
  'llama-guard': {
    costOf: ({ messages }) => ({
      characters: messages.reduce((sum, { text }) => sum + text.length, 0),
      key: conversationKey(messages),
      lane: messages.at(-1)?.role,
    }),
    spent: ({ tokensEvaluated, tokensCached }) => ({ evaluated: tokensEvaluated, cached: tokensCached }),
    remembered: ({ lanes }) => lanes,
  },
};

/** What stays the same over all turns of a conversation: everything before the model's first word. */
function conversationKey(messages: readonly GuardMessage[]): string {
  const firstReply = messages.findIndex(({ role }) => role === 'Agent');
  const opening = messages.slice(0, firstReply < 1 ? messages.length : firstReply);
  return digest(opening.map(({ text }) => text.slice(0, KEY_CHARACTERS)));
}

function digest(texts: readonly string[]): string {
  const hash = createHash('sha1');
  for (const text of texts) hash.update(`${text.length}\n${text}\n`);
  return hash.digest('base64');
}
