/** A model in a process of its own (or in several), as the judges see it. */
import type { GuardLog } from '../guard-log.js';
import type { CallOptions } from './call-queue.js';
import type { HostState } from './model-process.js';
import type { CallOutcome, SessionKind, Sessions } from './protocol.js';
import type { SessionSize } from './session-size.js';

export interface NativeHost<K extends SessionKind> {
  readonly state: HostState;
  /** Undefined until the model was loaded for the first time. */
  readonly facts: Sessions[K]['facts'] | undefined;
  /** Resolves once calls can be answered; rejects with GuardError('guard_not_ready') on a failed load or a close. */
  ready(): Promise<void>;
  /** Never rejects. */
  call(request: Sessions[K]['request'], options: CallOptions): Promise<CallOutcome<Sessions[K]['answer']>>;
  /** Calls waiting or running. */
  readonly queueDepth: number;
  /** The first process that hosts the model now; undefined while there is none. */
  readonly pid: number | undefined;
  /** All processes that host the model now. */
  readonly pids: readonly number[];
  readonly stats: HostStats;
  close(): Promise<void>;
}

/** How the model is doing now. */
export interface HostStats {
  /** Milliseconds of work for a token, and for a call besides its tokens; undefined until they were measured. */
  readonly msPerToken: number | undefined;
  readonly fixedMs: number | undefined;
  /** Estimate of how long a call that comes now waits for its turn; undefined until it can be told. */
  readonly waitMs: number | undefined;
  /** Calls that a process works on, and that wait for one. */
  readonly running: number;
  readonly waiting: number;
  /** Calls turned away because they could not have been answered in time, or because the queue was full. */
  readonly refused: number;
  /** Times that a process had to be started again. */
  readonly restarts: number;
  readonly processes: { readonly ready: number; readonly total: number };
}

export interface NativeHostOptions<K extends SessionKind = SessionKind> {
  /** Calls that may wait or run; default 64. */
  readonly maxQueue?: number | undefined;
  /** Default 10 minutes: 8B models on slow disks take their time. */
  readonly loadTimeoutMs?: number | undefined;
  /** How long a cancelled call may go on before the process counts as hung and is ended; default 60 s. */
  readonly hangMs?: number | undefined;
  /** Pause before the first restart, doubled for each further one up to `maxPauseMs`. Defaults 200 and 30000. */
  readonly firstPauseMs?: number | undefined;
  readonly maxPauseMs?: number | undefined;
  /** A process that was ready for this long was healthy: the next restart pauses only briefly again. Default 60 s. */
  readonly healthyMs?: number | undefined;
  /** How the cost of a call is told; default: as the kind of session has it. */
  readonly size?: Pick<SessionSize<K>, 'costOf' | 'spent'> | undefined;
  /** Milliseconds, from any beginning; default `performance.now`. For the estimates, not for the deadlines. */
  readonly now?: (() => number) | undefined;
  readonly log?: GuardLog | undefined;
}
