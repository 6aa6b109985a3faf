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
import type { Judge, JudgeOptions } from '../core/judge.js';
import type { Taxonomies } from '../core/taxonomy.js';
import type { Policy } from '../policy/policy.js';
import { decide, decideUnjudged } from '../policy/policy.js';
import { createAsk } from './ask.js';
import { createGrowingMessage, type GrowingMessage } from './growing-message.js';
import { normalMessage } from './normal-text.js';
import { nothingToJudge } from './nothing-to-judge.js';
import { firstLink, keyOf, nextLink, type Link, type QuestionSettings } from './question-key.js';
import { questionSettings } from './question-settings.js';
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
   * smuggled in counts. Stops at the first turn that the policy blocks. Turns for which the policy's
   * `judge_total_timeout_ms` leaves no time are `unavailable(timeout)`, unless they are in the cache. A
   * conversation without text is allowed (Ollama loads models that way).
   */
  assessPrompt(conversation: Conversation, context: RequestContext): Promise<Decision>;
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

  const ask = createAsk({ judge, cache, emit });

  const settingsOf = (direction: Direction, context: RequestContext): QuestionSettings =>
    questionSettings(direction, context, judge, taxonomies);

  /** @param link of the messages, the judged one included */
  async function judgeLast(
    messages: readonly GuardMessage[],
    link: Link,
    settings: QuestionSettings,
    direction: Direction,
    context: RequestContext,
  ): Promise<Verdict> {
    const role = messages.at(-1)?.role ?? 'User';
    const request = { ...settings, messages };
    const start = (options: JudgeOptions): Promise<Verdict> => judge.assess(request, options);
    return inTaxonomyOf(context.policy, await ask({ key: keyOf(link), role, direction, start }, context));
  }

  function openMessage(before: readonly GuardMessage[], context: RequestContext): GrowingMessage {
    const settings = settingsOf('reply', context);
    const message = createGrowingMessage({ judge, ask, settings, before, direction: 'reply' }, context);
    return {
      add: async (more) => inTaxonomyOf(context.policy, await message.add(more)),
      replace: async (text) => inTaxonomyOf(context.policy, await message.replace(text)),
      close: () => message.close(),
    };
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
    decide: decideBy,

    judgeMessages(messages, direction, context) {
      const settings = settingsOf(direction, context);
      const normal = messages.map(normalMessage);
      const link = normal.reduce(nextLink, firstLink(judge, settings));
      return judgeLast(normal, link, settings, direction, context);
    },

    openReply(conversation, context) {
      const before = toGuardMessages(conversation.turns).map(normalMessage);
      const open = (): GrowingMessage => openMessage(before, context);
      return createReplyReview({ openMessage: open, scanner, decide: decideBy, emit }, context);
    },

    async assessPrompt(conversation, context) {
      const { policy, requestId } = context;
      const unjudged = decideUnjudged(conversation, policy);
      if (unjudged?.action === 'block') {
        emit({ type: 'decision', requestId, decision: unjudged });
        return unjudged;
      }
      const verdicts: Verdict[] = [];
      let decision: Decision | undefined;
      if (policy.prompt.enabled) {
        const messages = toGuardMessages(conversation.turns).map(normalMessage);
        const settings = settingsOf('prompt', context);
        const links = linksOf(messages, firstLink(judge, settings));
        const timed = { deadline: performance.now() + policy.judgeTotalTimeoutMs, ...context };
        // The newest turn first: it is the one that is not in the cache, and the likeliest to be blocked.
        for (const [index, link] of [...links.entries()].reverse()) {
          const upTo = messages.slice(0, index + 1);
          verdicts.push(await judgeLast(upTo, link, settings, 'prompt', timed));
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

/** One link for each message: of all messages up to it. */
function linksOf(messages: readonly GuardMessage[], first: Link): Link[] {
  const links: Link[] = [];
  for (const message of messages) links.push(nextLink(links.at(-1) ?? first, message));
  return links;
}
