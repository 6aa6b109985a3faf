import type { Judge } from '../../core/judge.js';
import type { HostState } from './native/native-host.js';

/** A judge whose model lives in a process of its own, loaded in the background. */
export interface HostedJudge extends Judge {
  /**
   * Resolves once the model is loaded; rejects with GuardError('guard_not_ready') whose message says why
   * it is not and what to do. Judging needs no wait: early checks wait for the model up to their deadline.
   */
  ready(): Promise<void>;
  readonly state: HostState;
  /** The process that hosts the model now; undefined while there is none. */
  readonly pid: number | undefined;
}
