/** The last decisions, for the dashboard: who was stopped and why, without a word of what was said. */
import type { Action, DecisionReason } from '../core/decision.js';
import type { ErrorCode } from '../core/errors.js';
import type { EventSink, GuardEvent } from '../core/events.js';
import type { Direction, UnavailableReason } from '../core/assessment.js';
import { createPerRequest } from './per-request.js';
import { createTally, type RequestTally, type TalliedCategory } from './request-tally.js';

export interface RecentDecision {
  /** When the request ended, ISO 8601 in UTC. */
  readonly time: string;
  readonly requestId: string;
  readonly route: string;
  /** What was done, or `error`. */
  readonly action: Action | 'error';
  /** What the policy would do if it enforced; null when the request ended before a decision. */
  readonly intended: Action | null;
  readonly reason: DecisionReason | null;
  readonly direction: Direction | null;
  readonly unavailable: UnavailableReason | null;
  readonly error: ErrorCode | null;
  readonly status: number;
  readonly categories: readonly TalliedCategory[];
  readonly rules: readonly string[];
  readonly policy: string | null;
  /** Milliseconds. */
  readonly ms: number;
  readonly overheadMs: number;
}

export interface RecentOptions {
  /** How many to keep; at least 1. Default 100. */
  readonly limit?: number;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

export interface Recent {
  readonly sink: EventSink;
  /** Newest first. */
  list(): RecentDecision[];
}

/** Requests that ended without a decision and without an error (a model list, say) are left out. */
export function createRecent({ limit = 100, now = Date.now }: RecentOptions = {}): Recent {
  const tallies = createPerRequest(createTally);
  const entries: Entry[] = [];
  return {
    sink(event) {
      if (event.type === 'decision') {
        tallies.get(event.requestId).add(event.decision);
        return;
      }
      if (event.type !== 'request') return;
      const tally = tallies.take(event.requestId)?.result();
      if (tally === undefined && event.outcome !== 'error') return;
      entries.push({ time: now(), event, tally });
      if (entries.length > limit) entries.shift();
    },
    list: () => entries.toReversed().map(describe),
  };
}

/** Put into words when somebody looks: most entries are gone before that. */
interface Entry {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly event: Extract<GuardEvent, { type: 'request' }>;
  readonly tally: RequestTally | undefined;
}

function describe({ time, event, tally }: Entry): RecentDecision {
  return {
    time: new Date(time).toISOString(),
    requestId: event.requestId,
    route: event.route,
    action: event.outcome,
    intended: tally?.intended ?? null,
    reason: tally?.reason ?? null,
    direction: tally?.direction ?? null,
    unavailable: tally?.unavailable ?? null,
    error: event.error ?? null,
    status: event.status,
    categories: tally?.categories ?? [],
    rules: tally?.rules ?? [],
    policy: tally?.policy ?? null,
    ms: event.ms,
    overheadMs: event.overheadMs,
  };
}
