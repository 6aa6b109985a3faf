/**
 * Calls on their way to a model process: first in, first out, bounded, each with a deadline and
 * perhaps a signal. A call is answered exactly once, by whatever comes first: the process, the
 * deadline, the caller's abort, or the process's end.
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

export interface QueuedCall<R, A> {
  readonly id: number;
  readonly request: R;
  /** Gives the caller its answer; later answers are ignored. */
  settle(outcome: CallOutcome<A>): void;
  readonly settled: boolean;
}

export interface CallQueue<R, A> {
  /** The promise never rejects. */
  add(request: R, options: CallOptions): Promise<CallOutcome<A>>;
  /** Takes the oldest call that still waits; undefined when none does. */
  take(): QueuedCall<R, A> | undefined;
  /** Answers everything that waits. */
  rejectWaiting(reason: UnavailableReason, detail: string): void;
  /** Calls not answered yet, taken ones included. */
  readonly depth: number;
}

export interface CallQueueOptions<R, A> {
  /** Calls that may be unanswered at one time; more are `overloaded` at once. */
  readonly limit: number;
  /** Why a call that is still waiting at its deadline has no answer. */
  lateReason(): { readonly reason: UnavailableReason; readonly detail: string };
  /** The caller no longer wants the answer of a call that was taken. */
  onAbandoned(call: QueuedCall<R, A>): void;
}

interface Entry<R, A> extends QueuedCall<R, A> {
  taken: boolean;
}

export function createCallQueue<R, A>(options: CallQueueOptions<R, A>): CallQueue<R, A> {
  const waiting: Entry<R, A>[] = [];
  let depth = 0;
  let nextId = 1;

  function unavailable(reason: UnavailableReason, detail: string): CallOutcome<A> {
    return { status: 'unavailable', reason, detail };
  }

  return {
    add(request, { signal, timeoutMs }) {
      if (signal?.aborted === true)
        return Promise.resolve(unavailable('aborted', 'The caller gave up before the check began.'));
      if (depth >= options.limit)
        return Promise.resolve(
          unavailable('overloaded', `The guard's queue is full: ${depth} checks wait or run already.`),
        );
      return new Promise((resolve) => {
        let settled = false;
        const entry: Entry<R, A> = {
          id: nextId++,
          request,
          taken: false,
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
    take() {
      const entry = waiting.shift();
      if (entry !== undefined) entry.taken = true;
      return entry;
    },
    rejectWaiting(reason, detail) {
      for (const entry of [...waiting]) entry.settle(unavailable(reason, detail));
    },
    get depth() {
      return depth;
    },
  };
}
