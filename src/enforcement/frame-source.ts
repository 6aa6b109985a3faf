/** An async iterable that can be waited for without being consumed: for racing it against a clock or a verdict. */
import type { ReplyFrame } from '../core/wire-format.js';

export type Step =
  | { readonly kind: 'frame'; readonly frame: ReplyFrame }
  | { readonly kind: 'end' }
  | { readonly kind: 'fault'; readonly error: unknown };

export interface FrameSource {
  /** Resolves to true once a step is there to take, or to false after `timeoutMs` without one. Never rejects. */
  wait(timeoutMs: number | undefined): Promise<boolean>;
  /** The step that `wait` announced. Throws when there is none. */
  take(): Step;
  /** Tells the iterable that no more is wanted. */
  close(): Promise<void>;
}

export function createFrameSource(frames: AsyncIterable<ReplyFrame>): FrameSource {
  const iterator = frames[Symbol.asyncIterator]();
  let arrived: Step | undefined;
  let arriving: Promise<void> | undefined;
  let over = false;

  const fetchNext = async (): Promise<void> => {
    try {
      const result = await iterator.next();
      arrived = result.done === true ? { kind: 'end' } : { kind: 'frame', frame: result.value };
    } catch (error) {
      arrived = { kind: 'fault', error };
    }
    over = arrived.kind !== 'frame';
  };

  return {
    async wait(timeoutMs) {
      if (arrived !== undefined) return true;
      arriving ??= fetchNext();
      if (timeoutMs === undefined) {
        await arriving;
        return true;
      }
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
      await Promise.race([arriving, late]);
      clearTimeout(timer);
      return (arrived as Step | undefined) !== undefined;
    },
    take() {
      if (arrived === undefined) throw new Error('take() before wait()');
      const step = arrived;
      arrived = undefined;
      arriving = undefined;
      return step;
    },
    async close() {
      // A generator that is waiting for the network only ends when that wait does: its owner aborts it.
      if (!over) void Promise.resolve(iterator.return?.()).catch(() => undefined);
      await Promise.resolve();
    },
  };
}
