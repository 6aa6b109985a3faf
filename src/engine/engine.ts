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
import { decide } from '../policy/policy.js';
import { createAsk } from './ask.js';
import { createJudgedTurns } from './judged-turns.js';
import { reviewPrompt, type PromptReview } from './prompt-review.js';
import { createRefusedTurns, type RefusedTurns } from './refused-turns.js';
import { createReplyReview, type ReplyReview } from './reply-review.js';
import type { RequestContext } from './request-context.js';
import type { VerdictCache } from './verdict-cache.js';
import { createVerdicts } from './verdicts.js';

export interface EngineParts {
  readonly judge: Judge;
  readonly scanner: CodeScanner;
  readonly cache: VerdictCache;
  readonly taxonomies: Taxonomies;
  readonly emit: EventSink;
}

export interface Engine extends RefusedTurns {
  /**
   * Judges the turns that the policy wants judged, the newest first, each with the turns before it as
   * context: what an earlier turn smuggled in counts. Stops at the first turn that the policy blocks, which
   * the decision names. Turns for which the policy's `judge_total_timeout_ms` leaves no time are
   * `unavailable(timeout)`, unless they are in the cache. A conversation without text is allowed (Ollama
   * loads models that way).
   */
  assessPrompt(conversation: Conversation, context: RequestContext): Promise<Decision>;
  /** The same, with the verdicts that led to the decision. */
  reviewPrompt(conversation: Conversation, context: RequestContext): Promise<PromptReview>;
  /** Judges a reply while it grows. Whoever opens it closes it. */
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
  const verdicts = createVerdicts({ judge, taxonomies, ask: createAsk({ judge, cache, emit }) });
  const decideBy = (assessment: Assessment, policy: Policy): Decision =>
    decide(assessment, policy, taxonomies.get(policy.taxonomy));

  const prompts = { verdicts, judged: createJudgedTurns(judge), decide: decideBy, emit };

  return {
    ...createRefusedTurns({ judge, emit }),
    scanner,
    decide: decideBy,

    judgeMessages(messages, direction, context) {
      const questions = verdicts.open(messages, direction, context);
      return questions.about(questions.count - 1, context);
    },

    openReply(conversation, context) {
      const before = toGuardMessages(conversation.turns);
      const openMessage = () => verdicts.openReply(before, context);
      return createReplyReview({ openMessage, scanner, decide: decideBy, emit }, context);
    },

    assessPrompt: async (conversation, context) =>
      (await reviewPrompt(prompts, conversation, context)).decision,

    reviewPrompt: (conversation, context) => reviewPrompt(prompts, conversation, context),
  };
}
