/**
 * Runs the judges over a conversation or a reply and lets the policy decide. It knows nothing of wire
 * formats or sockets; whoever carries a decision out (gate, adapters) gets only the decision.
 */
import type { Assessment, Direction, Verdict } from '../core/assessment.js';
import type { CodeScanner } from '../core/code-scanner.js';
import type { Conversation, GuardMessage } from '../core/conversation.js';
import { toGuardMessages } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import type { EventSink } from '../core/events.js';
import type { Judge } from '../core/judge.js';
import type { Taxonomies } from '../core/taxonomy.js';
import type { Policy } from '../policy/policy.js';
import { decide, decideUnjudged, lowestThreshold } from '../policy/policy.js';
import { nothingToJudge } from './nothing-to-judge.js';
import type { RequestContext } from './request-context.js';
import { createReplyReview, type ReplyReview } from './reply-review.js';
import type { VerdictCache } from './verdict-cache.js';
import { weightier } from './weightier.js';

export interface EngineParts {
  readonly judge: Judge;
  readonly scanner: CodeScanner;
  readonly cache: VerdictCache;
  readonly taxonomies: Taxonomies;
  readonly emit: EventSink;
}

export interface Engine {
  /**
   * Judges every turn, the newest first, each with the turns before it as context: what an earlier turn
   * smuggled in counts. Stops at the first turn that the policy blocks. A conversation without text
   * is allowed (Ollama loads models that way).
   */
  assessPrompt(conversation: Conversation, context: RequestContext): Promise<Decision>;
  /** Judges a reply while it grows. */
  openReply(conversation: Conversation, context: RequestContext): ReplyReview;
  /** The verdict on the last message alone, in the policy's taxonomy, with the others as context. */
  judgeMessages(
    messages: readonly GuardMessage[],
    direction: Direction,
    context: RequestContext,
  ): Promise<Verdict>;
  decide(assessment: Assessment, policy: Policy): Decision;
  readonly scanner: CodeScanner;
}

export function createEngine(parts: EngineParts): Engine {
  const { judge, scanner, cache, taxonomies, emit } = parts;

  async function judgeMessages(
    messages: readonly GuardMessage[],
    direction: Direction,
    { requestId, policy, signal }: RequestContext,
  ): Promise<Verdict> {
    const request = {
      messages,
      categoriesFrom: lowestThreshold(direction === 'prompt' ? policy.prompt : policy.reply),
    };
    const key = cache.key(judge, request);
    const known = cache.get(key);
    const verdict = known ?? (await judge.assess(request, { signal, timeoutMs: policy.judgeTimeoutMs }));
    if (known === undefined && verdict.verdict !== 'unavailable') cache.set(key, verdict);
    emit({ type: 'verdict', requestId, direction, verdict, cached: known !== undefined, shared: false });
    return inTaxonomyOf(policy, verdict);
  }

  function inTaxonomyOf(policy: Policy, verdict: Verdict): Verdict {
    if (verdict.verdict === 'unavailable' || judge.taxonomy === policy.taxonomy) return verdict;
    return {
      ...verdict,
      categories: taxonomies.mapCategories(verdict.categories, judge.taxonomy, policy.taxonomy),
    };
  }

  const decideBy = (assessment: Assessment, policy: Policy): Decision =>
    decide(assessment, policy, taxonomies.get(policy.taxonomy));

  return {
    scanner,
    judgeMessages,
    decide: decideBy,
    openReply: (conversation, context) =>
      createReplyReview({ judgeMessages, scanner, decide: decideBy, emit }, conversation, context),

    async assessPrompt(conversation, context) {
      const { policy, requestId } = context;
      const unjudged = decideUnjudged(conversation, policy);
      if (unjudged?.action === 'block') {
        emit({ type: 'decision', requestId, decision: unjudged });
        return unjudged;
      }
      const messages = toGuardMessages(conversation.turns);
      const verdicts: Verdict[] = [];
      let decision: Decision | undefined;
      if (policy.prompt.enabled) {
        // The newest turn first: it is the one that is not in the cache, and the likeliest to be blocked.
        for (let end = messages.length; end > 0; end -= 1) {
          verdicts.push(await judgeMessages(messages.slice(0, end), 'prompt', context));
          decision = decideBy({ direction: 'prompt', verdicts, code: [] }, policy);
          if (decision.action === 'block') break;
        }
      }
      decision ??= nothingToJudge(policy, 'prompt');
      if (unjudged !== undefined) decision = weightier(unjudged, decision);
      emit({ type: 'decision', requestId, decision });
      return decision;
    },
  };
}
