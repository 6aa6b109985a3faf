import type { Policy } from '../policy/policy.js';

/** What belongs to one request: its id for events, its policy, and the signal that ends it. */
export interface RequestContext {
  readonly requestId: string;
  readonly policy: Policy;
  readonly signal?: AbortSignal | undefined;
}
