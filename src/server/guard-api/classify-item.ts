/** `POST /guard/classify` and the lines of `portcullis classify --jsonl`. */
import type { UnavailableReason } from '../../core/assessment.js';
import type { GuardRole } from '../../core/conversation.js';
import { readClassifyItem } from './classify-shape.js';
import { judgeLast } from './judge-messages.js';
import type { GuardParts, ItemContext } from './parts.js';
import { sinceMs } from './since.js';

export interface ClassifyLine {
  readonly id?: string | number;
  readonly verdict: 'safe' | 'unsafe' | 'unavailable';
  /** p(unsafe) in [0, 1]; null without a verdict. */
  readonly score: number | null;
  /** Sorted ids of the categories that make it unsafe, in the policy's taxonomy. */
  readonly categories: readonly string[];
  readonly judge: string;
  /** Why there is no verdict. */
  readonly reason?: UnavailableReason;
  /** Seconds after which a retry makes sense, where the guard can tell. */
  readonly retryAfter?: number;
  readonly ms: number;
}

export interface ClassifyOptions extends ItemContext {
  /** Of a text that does not say whose it is. Default User. */
  readonly defaultRole?: GuardRole;
}

/**
 * Judges one item: `{"id"?, "text", "role"?, "prompt"?}` or `{"id"?, "messages": [{"role", "content"}]}`.
 * A fault of the guard is an answer with the verdict `unavailable`, never an error.
 * @throws GuardError('invalid_request') when the item is not of that shape
 */
export async function classifyItem(
  parts: GuardParts,
  item: unknown,
  { defaultRole = 'User', ...context }: ClassifyOptions,
): Promise<ClassifyLine> {
  const startedAt = performance.now();
  const { id, messages } = readClassifyItem(item, defaultRole);
  const judgement = await judgeLast(parts, messages, context);
  const { verdict, judge } = judgement;
  return {
    ...(id === undefined ? {} : { id }),
    verdict,
    score: judgement.verdict === 'unavailable' ? null : judgement.scored.score,
    categories: judgement.verdict === 'unavailable' ? [] : judgement.categories,
    judge,
    ...(judgement.verdict === 'unavailable' ? { reason: judgement.reason } : {}),
    ...(judgement.verdict === 'unavailable' && judgement.retryAfter !== undefined
      ? { retryAfter: judgement.retryAfter }
      : {}),
    ms: sinceMs(startedAt),
  };
}
