/** A few workers that take one job at a time, shared by everyone who has jobs: first come, first served. */

export interface Lanes<L> {
  /** Waits for a free lane, does the job on it and frees it, whatever becomes of the job. */
  run<T>(job: (lane: L) => Promise<T>): Promise<T>;
  /** Jobs that can run at the same time. */
  readonly size: number;
}

/** @param lanes at least one */
export function createLanes<L>(lanes: readonly L[]): Lanes<L> {
  const free = [...lanes];
  const waiting: ((lane: L) => void)[] = [];
  return {
    size: lanes.length,
    async run(job) {
      const lane = free.shift() ?? (await new Promise<L>((resolve) => waiting.push(resolve)));
      try {
        return await job(lane);
      } finally {
        const next = waiting.shift();
        if (next === undefined) free.push(lane);
        else next(lane);
      }
    },
  };
}
