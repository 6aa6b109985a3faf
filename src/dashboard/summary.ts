/** The JSON of `GET /dashboard/api/summary`, which the page reads every two seconds. */
import type { MetricsSnapshot, RecentDecision } from '../telemetry/index.js';

export interface DashboardSummary {
  /** When the process started, ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly policy: {
    /** As in the `x-portcullis-policy` header: `default@1`. */
    readonly id: string;
    /** `enforce` or `monitor`. */
    readonly mode: string;
    readonly description: string;
    readonly hash: string;
  };
  readonly guard: {
    readonly spec: string;
    /** The judge's id, a label of the metrics. */
    readonly judge: string;
    readonly ready: boolean;
    /** For people: what the guard is doing, or why it is not ready and what to do. May be empty when ready. */
    readonly message: string;
  };
  readonly counts: MetricsSnapshot;
  /** Newest first. */
  readonly recent: readonly RecentDecision[];
  readonly taxonomy: {
    readonly id: string;
    readonly categories: readonly { readonly id: string; readonly name: string }[];
  };
  /** Languages the code scanner has rules for, for the playground's list; without it the page offers its own. */
  readonly codeLanguages?: readonly string[];
}
