/**
 * Remembers verdicts, so that the earlier turns of a chat, which clients send again with every
 * request, are judged once. Keyed by everything the verdict depends on; only scored verdicts are
 * kept, because an `unavailable` may be over by the next request.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ScoredVerdict } from '../core/assessment.js';
import type { Judge, JudgeRequest } from '../core/judge.js';

/** A key, a verdict and the map's own part, about. */
const ENTRY_BYTES = 1024;

export interface VerdictCacheOptions {
  /** Memory for keys and verdicts, estimated; 0 means no caching. */
  readonly maxBytes: number;
  /** Milliseconds a verdict is believed. */
  readonly ttlMs: number;
}

export interface VerdictCache {
  key(judge: Judge, request: JudgeRequest): string;
  get(key: string): ScoredVerdict | undefined;
  set(key: string, verdict: ScoredVerdict): void;
}

export function createVerdictCache(options: VerdictCacheOptions): VerdictCache {
  const entries =
    options.maxBytes > 0
      ? new LRUCache<string, ScoredVerdict>({
          maxSize: options.maxBytes,
          sizeCalculation: () => ENTRY_BYTES,
          ttl: options.ttlMs,
        })
      : undefined;
  return {
    key(judge, request) {
      const hash = createHash('sha256');
      // JSON keeps the parts apart: no text can imitate a boundary between two of them.
      hash.update(JSON.stringify([judge.fingerprint, request.categoriesFrom]));
      for (const message of request.messages) hash.update(JSON.stringify([message.role, message.text]));
      return hash.digest('base64');
    },
    get: (key) => entries?.get(key),
    set: (key, verdict) => void entries?.set(key, verdict),
  };
}
