/**
 * Remembers verdicts, so that the earlier turns of a chat, which clients send again with every
 * request, are judged once. Only scored verdicts are kept, because an `unavailable` may be over by the
 * next request. Keys come from question-key.ts.
 */
import { LRUCache } from 'lru-cache';
import type { ScoredVerdict } from '../core/assessment.js';

/**
 * Heap bytes of one entry, as measured with Node 20: key, places in the map and in the list, verdict,
 * cost; and of one category's score in it.
 */
const ENTRY_BYTES = 512;
const CATEGORY_BYTES = 80;

export interface VerdictCacheOptions {
  /** Memory for keys and verdicts, estimated; 0 means no caching. */
  readonly maxBytes: number;
  /** Milliseconds a verdict is believed. */
  readonly ttlMs: number;
}

export interface VerdictCache {
  get(key: string): ScoredVerdict | undefined;
  set(key: string, verdict: ScoredVerdict): void;
}

/** What remembering a verdict costs, in bytes; about. */
export function entryBytes({ categories }: ScoredVerdict): number {
  return ENTRY_BYTES + CATEGORY_BYTES * categories.length;
}

export function createVerdictCache(options: VerdictCacheOptions): VerdictCache {
  const entries =
    options.maxBytes > 0
      ? new LRUCache<string, ScoredVerdict>({
          maxSize: options.maxBytes,
          sizeCalculation: entryBytes,
          ttl: options.ttlMs,
        })
      : undefined;
  return {
    get: (key) => entries?.get(key),
    set: (key, verdict) => void entries?.set(key, verdict),
  };
}
