/** When is a check slow, and may it be sent a second time? */

const WINDOW = 200;
const FEWEST = 20;

export interface Latencies {
  add(ms: number): void;
  /** Milliseconds that this share of the last 200 took at most; undefined below 20 samples. */
  percentile(share: number): number | undefined;
}

export function createLatencies(): Latencies {
  const ring: number[] = [];
  let next = 0;
  return {
    add(ms) {
      ring[next] = ms;
      next = (next + 1) % WINDOW;
    },
    percentile(share) {
      if (ring.length < FEWEST) return undefined;
      const sorted = [...ring].sort((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
    },
  };
}

/** So many second requests may come at once after a time without any. */
const MOST_SAVED = 5;

export interface HedgeBudget {
  /** A check was sent. */
  earn(): void;
  /** False: no second request now. */
  spend(): boolean;
}

/** Allows second requests for `share` of the checks; unused ones are saved up, five at most. */
export function createHedgeBudget(share: number): HedgeBudget {
  let saved = 1;
  return {
    earn() {
      saved = Math.min(MOST_SAVED, saved + share);
    },
    spend() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
