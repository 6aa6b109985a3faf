import type { Judge } from '../../core/judge.js';
import type { HostStats } from './native/host-interface.js';
import type { HostState } from './native/native-host.js';

/** A judge whose model lives outside this process: in one of its own, in several, or on another machine. */
export interface HostedJudge extends Judge {
  /**
   * Resolves once the model is loaded; rejects with GuardError('guard_not_ready') whose message says why
   * it is not and what to do. Judging needs no wait: early checks wait for the model up to their deadline.
   */
  ready(): Promise<void>;
  readonly state: HostState;
  /** The first process on this machine that hosts the model now; undefined while there is none. */
  readonly pid: number | undefined;
  /** All such processes; left out where there can be none. */
  readonly pids?: readonly number[] | undefined;
  /** How the model is doing; left out by judges that do not measure it. */
  readonly stats?: HostStats | undefined;
}
