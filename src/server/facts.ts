/** What Portcullis did with a request, as response headers. */
import { treatedRules, type Decision } from '../core/decision.js';

/** `x-portcullis-would-be` is there only where the policy watches and would have done something. */
export function decisionHeaders(decision: Decision, requestId: string): Record<string, string> {
  const treated = treatedRules(decision);
  return {
    'x-portcullis-decision': decision.action,
    ...(decision.action === decision.intended ? {} : { 'x-portcullis-would-be': decision.intended }),
    'x-portcullis-categories': decision.categories.map(({ id }) => id).join(','),
    ...(treated.length === 0 ? {} : { 'x-portcullis-rules': treated.join(',') }),
    'x-portcullis-policy': decision.policy,
    'x-portcullis-request-id': requestId,
  };
}
