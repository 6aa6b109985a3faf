/** Judges the last of some messages and tells what the policy finds in it. */
import type { ScoredVerdict, UnavailableReason } from '../../core/assessment.js';
import type { GuardMessage } from '../../core/conversation.js';
import { stripHidden } from '../../core/hidden-characters.js';
import { policyOn, type Policy } from '../../policy/policy.js';
import { UNCATEGORIZED } from '../../core/taxonomy.js';
import type { GuardParts, ItemContext } from './parts.js';

export type Judgement =
  | {
      readonly verdict: 'safe' | 'unsafe';
      readonly scored: ScoredVerdict;
      /** Ids of the categories that make it unsafe, sorted; `uncategorized` is not among them. */
      readonly categories: readonly string[];
      readonly judge: string;
    }
  | {
      readonly verdict: 'unavailable';
      readonly reason: UnavailableReason;
      /** Seconds after which a retry makes sense, where the judge could tell. */
      readonly retryAfter?: number | undefined;
      readonly judge: string;
    };

/**
 * Unsafe is what reaches a threshold of the policy whose action is not `allow`. The question is asked
 * explicitly, so a direction that the policy does not judge on its way through the proxy is judged here.
 * Where the policy strips hidden characters, the text without them is judged.
 * Nothing is carried out, so the decision is told to the listeners as one of `mode: monitor`.
 */
export async function judgeLast(
  parts: GuardParts,
  messages: readonly GuardMessage[],
  context: ItemContext,
): Promise<Judgement> {
  const direction = messages.at(-1)?.role === 'Agent' ? 'reply' : 'prompt';
  const given = policyOn(parts.policy, context.route);
  const policy: Policy = {
    ...given,
    mode: 'monitor',
    [direction]: { ...given[direction], enabled: true },
  };
  const judged = policy.hiddenCharacters === 'strip' ? messages.map(visible) : messages;
  const verdict = await parts.engine.judgeMessages(judged, direction, { ...context, policy });
  const decision = parts.engine.decide({ direction, verdicts: [verdict], code: [] }, policy);
  parts.emit({ type: 'decision', requestId: context.requestId, decision });

  const { judge } = verdict;
  if (verdict.verdict === 'unavailable')
    return { verdict: 'unavailable', reason: verdict.reason, retryAfter: verdict.retryAfter, judge };
  // Scores that are no probabilities: the policy found that there is no verdict after all.
  if (decision.reason === 'unavailable')
    return { verdict: 'unavailable', reason: decision.unavailable ?? 'internal', judge };
  const categories = decision.categories
    .filter(({ id, action }) => id !== UNCATEGORIZED && action !== 'allow')
    .map(({ id }) => id)
    .sort(byNumber);
  return { verdict: decision.intended === 'allow' ? 'safe' : 'unsafe', scored: verdict, categories, judge };
}

/** As the model would get it. */
function visible({ role, text }: GuardMessage): GuardMessage {
  return { role, text: stripHidden(text).text };
}

/** `S2` before `S10`. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
