/** A block, as the client gets it: the policy's refusal in the wire format, or an error in it. */
import type { Decision } from '../../core/decision.js';
import { GuardError } from '../../core/errors.js';
import type { DecodedRequest } from '../../core/wire-format.js';
import type { Policy } from '../../policy/policy.js';

/**
 * The error a block is told as; undefined where the policy wants a refusal, an ordinary reply.
 * Structured output gets an error: a refusal would not be the JSON that the client asked for.
 */
export function blockError(
  decision: Decision,
  policy: Policy,
  request: Pick<DecodedRequest, 'structured'>,
): GuardError | undefined {
  if (decision.reason === 'unavailable')
    return new GuardError(
      decision.unavailable === 'not_ready' ? 'guard_not_ready' : 'guard_unavailable',
      `The guard gave no verdict (${decision.unavailable ?? 'internal'}), and the policy ${decision.policy} lets nothing through without one. Try again later.`,
      decision.retryAfter === undefined ? {} : { retryAfter: decision.retryAfter },
    );
  if (policy.onBlock === 'refusal' && !request.structured) return undefined;
  const code = decision.reason === 'unjudged_part' ? 'unjudgeable_content' : 'content_policy_violation';
  return new GuardError(code, refusalText(decision));
}

/** What the client reads instead of the text. */
export function refusalText(decision: Decision): string {
  return decision.message ?? 'This was blocked by the policy.';
}
