/** `POST /guard/classify` and the lines of `portcullis classify --jsonl`. */
import type { UnavailableReason } from '../../core/assessment.js';
import type { GuardRole } from '../../core/conversation.js';
import { readClassifyItem } from './classify-shape.js';
import { judgeLast, type Judgement } from './judge-messages.js';
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
  /** Of generative guards: share of the probability on the two verdict words, in [0, 1]. */
  readonly mass?: number;
  /** Of generative guards: logit of the word for unsafe minus that of the word for safe. */
  readonly margin?: number;
  /** Of a cascade: which of its two guards decided. */
  readonly decidedBy?: 'quick' | 'thorough';
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
  return {
    ...(id === undefined ? {} : { id }),
    ...answerOf(judgement),
    ms: sinceMs(startedAt),
  };
}

function answerOf(judgement: Judgement): Omit<ClassifyLine, 'id' | 'ms'> {
  const { verdict, judge } = judgement;
  if (verdict === 'unavailable') {
    const { reason, retryAfter } = judgement;
    const unanswered = { verdict, score: null, categories: [], judge, reason };
    return retryAfter === undefined ? unanswered : { ...unanswered, retryAfter };
  }
  const { score, mass, margin, decidedBy } = judgement.scored;
  return {
    verdict,
    score,
    categories: judgement.categories,
    judge,
    ...(mass === undefined ? {} : { mass }),
    ...(margin === undefined ? {} : { margin }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
  };
}
