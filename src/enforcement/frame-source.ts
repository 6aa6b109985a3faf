/**
 * The frames of a reply, one at a time, with a clock beside them. Nothing is read from the upstream before
 * somebody waits for it, and a wait that ran out of time is not lost: the frame is there for the next.
 */
import type { ReplyFrame } from '../core/wire-format.js';

export type Step =
  | { readonly kind: 'frame'; readonly frame: ReplyFrame }
  | { readonly kind: 'end' }
  | { readonly kind: 'fault'; readonly error: unknown };

export interface FrameSource {
  /**
   * Resolves to true once a step is there to take, or to false when `deadline` (of `performance.now()`;
   * Infinity for none) has passed or `interrupt` was called. Never rejects. One wait at a time.
   */
  wait(deadline: number): Promise<boolean>;
  /** Ends the wait that is going on, if there is one. */
  interrupt(): void;
  /** The step that `wait` announced. Throws when there is none. */
  take(): Step;
  /** Tells the iterable that no more is wanted. */
  close(): Promise<void>;
}

export function createFrameSource(frames: AsyncIterable<ReplyFrame>): FrameSource {
  const iterator = frames[Symbol.asyncIterator]();
  let arrived: Step | undefined;
  let fetching = false;
  let over = false;
  let wake: ((arrived: boolean) => void) | undefined;
  let due = Infinity;
  /** One timer for many waits: each moves `due`, and a bell that rings too early is set again. */
  let bell: NodeJS.Timeout | undefined;
  let bellAt = Infinity;

  const settle = (): void => {
    const waiting = wake;
    wake = undefined;
    waiting?.(arrived !== undefined);
  };
  const onResult = (result: IteratorResult<ReplyFrame, unknown>): void => {
    fetching = false;
    over = result.done === true;
    arrived = result.done === true ? { kind: 'end' } : { kind: 'frame', frame: result.value };
    settle();
  };
  const onFault = (error: unknown): void => {
    fetching = false;
    over = true;
    arrived = { kind: 'fault', error };
    settle();
  };
  const fetchNext = (): void => {
    fetching = true;
    try {
      iterator.next().then(onResult, onFault);
    } catch (error) {
      onFault(error);
    }
  };
  const setBell = (now: number): void => {
    clearTimeout(bell);
    bellAt = due;
    bell = setTimeout(ring, Math.max(1, Math.ceil(due - now)));
  };
  function ring(): void {
    bell = undefined;
    bellAt = Infinity;
    if (wake === undefined || due === Infinity) return;
    const now = performance.now();
    if (now < due) setBell(now);
    else settle();
  }

  return {
    wait(deadline) {
      if (arrived !== undefined) return Promise.resolve(true);
      due = deadline;
      return new Promise((resolve) => {
        wake = resolve;
        if (!fetching) fetchNext();
        if (deadline !== Infinity && bellAt > deadline) setBell(performance.now());
      });
    },
    interrupt: settle,
    take() {
      if (arrived === undefined) throw new Error('take() before wait()');
      const step = arrived;
      arrived = undefined;
      return step;
    },
    async close() {
      clearTimeout(bell);
      bell = undefined;
      // A generator that is waiting for the network only ends when that wait does: its owner aborts it.
      if (!over) void Promise.resolve(iterator.return?.()).catch(() => undefined);
      await Promise.resolve();
    },
  };
}
