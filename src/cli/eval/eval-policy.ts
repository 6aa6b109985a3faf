/** The policy that an evaluation judges by: the configured one, or one threshold for everything. */
import type { DirectionPolicy, Policy } from '../../policy/policy.js';

export interface EvalPolicyOptions {
  /** In (0, 1]: from this score on everything is unsafe, whatever the policy says. */
  readonly threshold?: number | undefined;
  /** Milliseconds for one judgement; default the policy's. */
  readonly timeoutMs?: number | undefined;
}

export function evalPolicy(policy: Policy, { threshold, timeoutMs }: EvalPolicyOptions): Policy {
  return {
    ...policy,
    judgeTimeoutMs: timeoutMs ?? policy.judgeTimeoutMs,
    ...(threshold === undefined
      ? {}
      : {
          prompt: withThreshold(policy.prompt, threshold),
          reply: withThreshold(policy.reply, threshold),
        }),
  };
}

function withThreshold(direction: DirectionPolicy, threshold: number): DirectionPolicy {
  return {
    ...direction,
    threshold,
    action: 'block',
    categories: new Map([...direction.categories.keys()].map((id) => [id, { threshold, action: 'block' }])),
  };
}
