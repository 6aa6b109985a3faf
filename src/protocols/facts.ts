/** The `portcullis` object: what the response headers say, for places where headers are already gone. */
import { treatedRules } from '../core/decision.js';
import type { JsonObject } from '../core/json.js';
import type { ReplyFacts } from '../core/wire-format.js';

/**
 * `{decision, categories, policy, request_id}`; categories are the ids that reached their threshold.
 * `rules`, where code was found that the policy minds: the ids of the rules that matched.
 * `would_be` is there only where the policy watches and would have done something.
 */
export function factsObject(facts: ReplyFacts): JsonObject {
  const { decision, requestId } = facts;
  const rules = treatedRules(decision);
  return {
    decision: decision.action,
    ...(decision.action === decision.intended ? {} : { would_be: decision.intended }),
    categories: decision.categories.map((hit) => hit.id),
    ...(rules.length === 0 ? {} : { rules }),
    policy: decision.policy,
    request_id: requestId,
  };
}
