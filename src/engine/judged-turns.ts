/**
 * Remembers which turns of which chats were judged safe, for policies that judge only new ones. Only what
 * this server judged itself counts: a turn is known by everything that was said up to it, under one policy
 * and one judge. What was let through for another reason (no verdict, a mark) is not remembered.
 */
import { LRUCache } from 'lru-cache';
import type { Turn } from '../core/conversation.js';
import type { Judge } from '../core/judge.js';
import type { RequestContext } from './request-context.js';
import { firstTurnLink, nextTurnLink, turnKey } from './turn-chain.js';

/** About 200 bytes each. */
const MAX_TURNS = 50_000;

/** The turns of one request. */
export interface KnownTurns {
  isSafe(index: number): boolean;
  rememberSafe(index: number): void;
}

export interface JudgedTurns {
  /** Takes time linear in the text. */
  of(turns: readonly Turn[], context: RequestContext): KnownTurns;
}

export function createJudgedTurns(judge: Pick<Judge, 'fingerprint' | 'taxonomy'>): JudgedTurns {
  const safe = new LRUCache<string, true>({ max: MAX_TURNS });
  return {
    of(turns, context) {
      let link = firstTurnLink(judge, context);
      const keys = turns.map((turn) => turnKey((link = nextTurnLink(link, turn))));
      return {
        isSafe: (index) => safe.get(keys[index] ?? '') === true,
        rememberSafe(index) {
          const key = keys[index];
          if (key !== undefined) safe.set(key, true);
        },
      };
    },
  };
}
