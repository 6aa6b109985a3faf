/** The `portcullis` object: what the response headers say, for places where headers are already gone. */
import type { JsonObject } from '../core/json.js';
import type { ReplyFacts } from '../core/wire-format.js';

/**
 * `{decision, categories, policy, request_id}`; categories are the ids that reached their threshold.
 * `would_be` is there only where the policy watches and would have done something.
 */
export function factsObject(facts: ReplyFacts): JsonObject {
  const { decision, requestId } = facts;
  return {
    decision: decision.action,
    ...(decision.action === decision.intended ? {} : { would_be: decision.intended }),
    categories: decision.categories.map((hit) => hit.id),
    policy: decision.policy,
    request_id: requestId,
  };
}
