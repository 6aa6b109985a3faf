/**
 * Calls on their way to a model process: bounded, each with a deadline and perhaps a signal. A call is
 * answered exactly once, by whatever comes first: the process, the deadline, the caller's abort, or
 * the process's end. First in, first out, but for calls that may be passed over a few times so that
 * calls which share work can follow each other.
 */
import type { UnavailableReason } from '../../../core/assessment.js';
import type { CallOutcome } from './protocol.js';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now, waiting included. */
  readonly timeoutMs: number;
  /** Calls of one key share work (a conversation, a stream): they belong to one process. */
  readonly affinity?: string | undefined;
}

export interface QueuedCall<R, A, N> {
  readonly id: number;
  readonly request: R;
  /** What whoever hands the calls out has to know about this one. */
  readonly note: N;
  /** Gives the caller its answer; later answers are ignored. */
  settle(outcome: CallOutcome<A>): void;
  readonly settled: boolean;
}

/** Which call is wanted next. */
export interface Wish<N> {
  /** Calls for which this is false are passed over. Default: none. */
  readonly fits?: (note: N) => boolean;
  /** Of the calls that fit, one for which this is true goes before the others. Default: none. */
  readonly prefers?: (note: N) => boolean;
}

export interface CallQueue<R, A, N> {
  /** The promise never rejects. */
  add(request: R, options: CallOptions, note: N): Promise<CallOutcome<A>>;
  /**
   * Takes a call that waits: the oldest, as far as the wish allows. A call that was passed over
   * `MOST_OVERTAKEN` times fits every wish and is passed over no more.
   */
  take(wish?: Wish<N>): QueuedCall<R, A, N> | undefined;
  /** Answers everything that waits. */
  rejectWaiting(reason: UnavailableReason, detail: string): void;
  /** Those that were not taken, oldest first. */
  readonly waiting: readonly QueuedCall<R, A, N>[];
  /** Calls not answered yet, taken ones included. */
  readonly depth: number;
}

/** How often a call may see a younger one go first. */
export const MOST_OVERTAKEN = 4;

export interface CallQueueOptions<R, A, N> {
  /** Calls that may be unanswered at one time; more are `overloaded` at once. */
  readonly limit: number;
  /** A call found the queue full. Returns the seconds after which there may be room. */
  onFull(): number;
  /** Why a call that is still waiting at its deadline has no answer. */
  lateReason(): { readonly reason: UnavailableReason; readonly detail: string };
  /** The caller no longer wants the answer of a call that was taken. */
  onAbandoned(call: QueuedCall<R, A, N>): void;
}

interface Entry<R, A, N> extends QueuedCall<R, A, N> {
  taken: boolean;
  overtaken: number;
}

export function createCallQueue<R, A, N>(options: CallQueueOptions<R, A, N>): CallQueue<R, A, N> {
  const waiting: Entry<R, A, N>[] = [];
  let depth = 0;
  let nextId = 1;

  function unavailable(
    reason: UnavailableReason,
    detail: string,
    more: { readonly retryAfter?: number } = {},
  ): CallOutcome<A> {
    return { status: 'unavailable', reason, detail, ...more };
  }

  function choose({ fits = () => true, prefers = () => false }: Wish<N>): number {
    let chosen = -1;
    for (const [index, { note, overtaken }] of waiting.entries()) {
      const due = overtaken >= MOST_OVERTAKEN;
      if (!due && !fits(note)) continue;
      if (prefers(note)) return index;
      if (chosen < 0) chosen = index;
      if (due) break;
    }
    return chosen;
  }

  return {
    add(request, { signal, timeoutMs }, note) {
      if (signal?.aborted === true)
        return Promise.resolve(unavailable('aborted', 'The caller gave up before the check began.'));
      if (depth >= options.limit)
        return Promise.resolve(
          unavailable('overloaded', `The guard's queue is full: ${depth} checks wait or run already.`, {
            retryAfter: options.onFull(),
          }),
        );
      return new Promise((resolve) => {
        let settled = false;
        const entry: Entry<R, A, N> = {
          id: nextId++,
          request,
          note,
          taken: false,
          overtaken: 0,
          get settled() {
            return settled;
          },
          settle(outcome) {
            if (settled) return;
            settled = true;
            depth -= 1;
            clearTimeout(timer);
            signal?.removeEventListener('abort', onAbort);
            if (!entry.taken) waiting.splice(waiting.indexOf(entry), 1);
            resolve(outcome);
          },
        };
        const giveUp = (reason: UnavailableReason, detail: string): void => {
          entry.settle(unavailable(reason, detail));
          if (entry.taken) options.onAbandoned(entry);
        };
        const onAbort = (): void => giveUp('aborted', 'The caller gave up.');
        const timer = setTimeout(
          () => {
            if (entry.taken) giveUp('timeout', `The check took longer than its ${timeoutMs} ms.`);
            else {
              const late = options.lateReason();
              giveUp(late.reason, `${late.detail} (waited ${timeoutMs} ms)`);
            }
          },
          Math.max(0, timeoutMs),
        );
        signal?.addEventListener('abort', onAbort, { once: true });
        depth += 1;
        waiting.push(entry);
      });
    },
    take(wish = {}) {
      const index = choose(wish);
      if (index < 0) return undefined;
      for (const passed of waiting.slice(0, index)) passed.overtaken += 1;
      const [entry] = waiting.splice(index, 1);
      if (entry !== undefined) entry.taken = true;
      return entry;
    },
    rejectWaiting(reason, detail) {
      for (const entry of [...waiting]) entry.settle(unavailable(reason, detail));
    },
    get waiting() {
      return waiting;
    },
    get depth() {
      return depth;
    },
  };
}
