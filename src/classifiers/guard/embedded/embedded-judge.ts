/** The judge that needs no download: sentence encoder, head, and "the worst piece decides". */
import { createHash } from 'node:crypto';
import type { CategoryScore, JudgeCost, UnavailableReason, Verdict } from '../../../core/assessment.js';
import type { GuardRole } from '../../../core/conversation.js';
import type { Judge, JudgeOptions, JudgeRequest } from '../../../core/judge.js';
import { highestOfEach } from '../../../core/category-scores.js';
import { restatingStream } from '../../../core/restating-stream.js';
import type { EmbeddedHead } from './head.js';
import type { EmbeddedText, PieceEncoder } from './piece-encoder.js';

/** Scores below this are no evidence for a category. */
const EVIDENCE = 0.1;

/** The score from which the verdict is "unsafe"; the head is calibrated to it. */
const OPERATING_POINT = 0.5;

export interface EmbeddedJudgeParts {
  readonly encoder: PieceEncoder;
  readonly head: EmbeddedHead;
}

/** Judges the last message of a request by itself; what came before it is not read. */
export function createEmbeddedJudge({ encoder, head }: EmbeddedJudgeParts): Judge {
  const judge: Judge = {
    id: 'embedded',
    taxonomy: head.taxonomy,
    fingerprint: createHash('sha256').update(`${encoder.fingerprint}\n${head.fingerprint}`).digest('hex'),
    get queueDepth() {
      return encoder.queueDepth;
    },
    assess: (request, options) => assess(encoder, head, request, options),
    openStream: (request) => restatingStream(judge, request),
    close: () => encoder.close(),
  };
  return judge;
}

async function assess(
  encoder: PieceEncoder,
  head: EmbeddedHead,
  request: JudgeRequest,
  options: JudgeOptions,
): Promise<Verdict> {
  const started = performance.now();
  const message = request.messages.at(-1);
  const role = message?.role ?? 'User';
  const cost = (text?: EmbeddedText): JudgeCost => ({
    ms: performance.now() - started,
    tokensEvaluated: text === undefined ? 0 : text.tokens - (text.cachedTokens ?? 0),
    tokensCached: text?.cachedTokens ?? 0,
  });
  try {
    if (message === undefined) throw new Error('The request to the judge has no message.');
    const text = await encoder.embedPieces(message.text, options);
    const { score, categories } = worstPiece(head, text, role);
    return {
      judge: 'embedded',
      role,
      cost: cost(text),
      verdict: score >= OPERATING_POINT ? 'unsafe' : 'safe',
      score,
      categories,
    };
  } catch (error) {
    const reason = options.signal?.aborted === true ? 'aborted' : reasonOf(error);
    const detail = error instanceof Error ? error.message : 'The encoder failed without an error.';
    const retryAfter = retryAfterOf(error);
    return { judge: 'embedded', role, cost: cost(), verdict: 'unavailable', reason, retryAfter, detail };
  }
}

/** The highest score of all pieces, for the whole and for each category. A text without tokens says nothing: 0. */
function worstPiece(
  head: EmbeddedHead,
  text: EmbeddedText,
  role: GuardRole,
): { score: number; categories: CategoryScore[] } {
  const scores = text.pieces.map((piece) => head.score(piece, role));
  return {
    score: scores.reduce((worst, { score }) => Math.max(worst, score), 0),
    categories: highestOfEach(scores.flatMap(({ categories }) => categories)).filter(
      ({ score }) => score >= EVIDENCE,
    ),
  };
}

/** The words of `UnavailableReason`, as a record so that the compiler notices a missing one. */
const REASONS: Record<UnavailableReason, true> = {
  not_ready: true,
  timeout: true,
  overloaded: true,
  guard_restarted: true,
  load_failed: true,
  off_format: true,
  context_overflow: true,
  aborted: true,
  internal: true,
};

/** The `retryAfter` an error of the encoder carries, in seconds. */
function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('retryAfter' in error)) return undefined;
  return typeof error.retryAfter === 'number' ? error.retryAfter : undefined;
}

/** The `reason` an error of the encoder carries; anything else is a fault of our own. */
function reasonOf(error: unknown): UnavailableReason {
  if (typeof error !== 'object' || error === null || !('reason' in error)) return 'internal';
  const { reason } = error;
  return typeof reason === 'string' && Object.hasOwn(REASONS, reason)
    ? (reason as UnavailableReason)
    : 'internal';
}
