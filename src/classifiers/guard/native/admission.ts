/**
 * Can a call be answered in time? Arithmetic only: no clock, no state. All times are milliseconds from now.
 *
 * The three limits were chosen by simulating a queue with noisy costs (the simulation is a test). What
 * matters under load is that no work goes to calls that die of their deadline: with a first-in,
 * first-out queue and no admission, three times the bearable load leaves less than a third of the work useful. To admit
 * generously does not help anybody: whoever comes at the edge waits for his whole deadline and is then
 * turned away all the same.
 */

/** A call that waits for its turn. */
export interface WaitingCost {
  readonly costMs: number;
  /** Until its deadline. */
  readonly remainingMs: number;
}

/** With nobody before it, a call may be expected this many times later than its deadline: the estimate is not that good. */
const IDLE_MARGIN = 1.5;
/** At the beginning of its work a call's cost may be this share of the time it has left; below 1, because of noise. */
const START_SHARE = 0.8;

/** May a call queue that would begin at `startMs`? */
export function admits(startMs: number, { costMs, remainingMs }: WaitingCost): boolean {
  return startMs + costMs <= remainingMs;
}

/** May a call be tried that delays nobody, because the guard is idle? */
export function admitsWhenIdle({ costMs, remainingMs }: WaitingCost): boolean {
  return costMs <= remainingMs * IDLE_MARGIN;
}

/** Is it worth beginning the work on a call that has waited? */
export function worthStarting({ costMs, remainingMs }: WaitingCost): boolean {
  return costMs <= remainingMs * START_SHARE;
}

export interface Schedule<C> {
  /** When a call that comes after all that wait would begin. */
  readonly startMs: number;
  /** Calls that cannot be done by their deadline, when all before them are done that can be. */
  readonly hopeless: readonly C[];
}

/**
 * Each call in turn takes the slot that is free first.
 * @param slots when each becomes free; at least one
 */
export function schedule<C extends WaitingCost>(
  slots: readonly number[],
  waiting: readonly C[],
): Schedule<C> {
  const free = [...slots];
  const hopeless: C[] = [];
  for (const call of waiting) {
    const first = earliest(free);
    const end = (free[first] ?? 0) + call.costMs;
    if (end <= call.remainingMs) free[first] = end;
    else hopeless.push(call);
  }
  return { startMs: free[earliest(free)] ?? 0, hopeless };
}

function earliest(free: readonly number[]): number {
  let best = 0;
  for (const [index, at] of free.entries()) if (at < (free[best] ?? Infinity)) best = index;
  return best;
}

/**
 * Whole seconds, at least 1, until a call of this cost would be done within its deadline, if nothing
 * else came. For one that could not even be done by an idle guard: until the guard is idle.
 */
export function retryAfterSeconds(startMs: number, { costMs, remainingMs }: WaitingCost): number {
  return Math.max(1, Math.ceil(Math.min(startMs, startMs + costMs - remainingMs) / 1000));
}
