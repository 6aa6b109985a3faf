/** Signs of life for a client that waits for the next piece of its stream. */

export interface Heartbeat {
  stop(): void;
}

/**
 * Calls `beat` whenever nothing was sent for `everyMs`.
 *
 * @param lastSent when the last bytes went out, of `performance.now()`
 */
export function startHeartbeat(everyMs: number, lastSent: () => number, beat: () => void): Heartbeat {
  let timer: NodeJS.Timeout | undefined = setTimeout(look, everyMs);
  function look(): void {
    const left = lastSent() + everyMs - performance.now();
    if (left <= 0) beat();
    // The beat may have found that there is nobody any more.
    if (timer !== undefined) timer = setTimeout(look, left > 0 ? left : everyMs);
  }
  return {
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
