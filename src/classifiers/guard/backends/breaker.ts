/**
 * A circuit breaker: after failures in a row, or too many among the last, a server is left alone for a
 * pause. Then one request of our own (a probe) tells whether it is back; until it succeeds no check is
 * sent there. Each pause is twice the last, up to a limit, until a check succeeded again.
 */
export interface Breaker {
  readonly open: boolean;
  /** A check or probe was answered. */
  succeeded(): void;
  /** A check failed by the server's fault. @returns true when it is time to open it */
  failed(): boolean;
  /** Opens it, or begins the next pause when it is open. @returns the pause in milliseconds */
  pause(): number;
  /** The probe succeeded: checks may be sent again. */
  close(): void;
}

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Of the last `window` checks this share failed, and at least half the window was seen. */
  readonly window: number;
  readonly share: number;
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
}

export function createBreaker(options: BreakerOptions): Breaker {
  let open = false;
  let inRow = 0;
  let pauses = 0;
  /** Newest last; true: failed. */
  let recent: boolean[] = [];

  function remember(failed: boolean): void {
    recent.push(failed);
    if (recent.length > options.window) recent.shift();
  }

  return {
    get open() {
      return open;
    },
    succeeded() {
      inRow = 0;
      remember(false);
      if (!open) pauses = 0;
    },
    failed() {
      inRow += 1;
      remember(true);
      if (open) return false;
      const failures = recent.filter(Boolean).length;
      const often = recent.length * 2 >= options.window && failures >= options.share * recent.length;
      return inRow >= options.failures || often;
    },
    pause() {
      open = true;
      const pause = Math.min(options.maxPauseMs, options.firstPauseMs * 2 ** Math.min(pauses, 20));
      pauses += 1;
      return pause;
    },
    close() {
      open = false;
      inRow = 0;
      recent = [];
    },
  };
}
