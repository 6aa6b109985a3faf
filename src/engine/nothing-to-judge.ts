import type { Direction } from '../core/assessment.js';
import type { Decision } from '../core/decision.js';
import type { Policy } from '../policy/policy.js';

/** The decision on text that is empty, or whose direction the policy does not judge. */
export function nothingToJudge(policy: Policy, direction: Direction): Decision {
  return {
    direction,
    action: 'allow',
    intended: 'allow',
    reason: 'safe',
    categories: [],
    findings: [],
    policy: policy.id,
  };
}
