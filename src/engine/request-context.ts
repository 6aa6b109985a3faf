import type { Policy } from '../policy/policy.js';

/** What belongs to one request: its id for events, its policy, and the signal that ends it. */
export interface RequestContext {
  readonly requestId: string;
  readonly policy: Policy;
  /** As in the policy's `thorough.routes`; undefined where there is none (a line of a command). */
  readonly route?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Time of `performance.now()` after which nothing more is asked; what is not in the cache is then late. */
  readonly deadline?: number | undefined;
}
