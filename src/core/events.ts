/**
 * Every step is an event; metrics, audit and logs only listen. Events hold no prompt or reply text.
 */
import type { CodeAssessment, Direction, Verdict } from './assessment.js';
import type { Decision } from './decision.js';
import type { ErrorCode } from './errors.js';

export type GuardEvent =
  /**
   * One judge answered (or could not). `cached`: taken from the verdict cache. `shared`: the answer to an
   * identical check that was already running.
   */
  | {
      readonly type: 'verdict';
      readonly requestId: string;
      readonly direction: Direction;
      readonly verdict: Verdict;
      readonly cached: boolean;
      readonly shared: boolean;
    }
  | { readonly type: 'code-scanned'; readonly requestId: string; readonly code: CodeAssessment }
  /** A policy decided on a prompt, or on one window of a reply. */
  | { readonly type: 'decision'; readonly requestId: string; readonly decision: Decision }
  /** Text moved through a stream gate; counts are UTF-16 units, added to what was reported before. */
  | {
      readonly type: 'stream-chars';
      readonly requestId: string;
      readonly received: number;
      readonly judged: number;
      /** After its verdict. */
      readonly released: number;
      /** Passed on without waiting for one, because the policy's stream mode is `monitor`. */
      readonly unheld: number;
    }
  /** Text was about to leave before its verdict. The stream was destroyed instead: a fault of Portcullis itself. */
  | {
      readonly type: 'gate-violated';
      readonly requestId: string;
      /** As in FrameText. */
      readonly textId: string;
      readonly received: number;
      readonly judged: number;
      readonly released: number;
    }
  /** Earlier turns that were refused before went upstream as a note instead of their text. */
  | { readonly type: 'turns-replaced'; readonly requestId: string; readonly count: number }
  /** Characters that nobody sees were taken out of a prompt. */
  | { readonly type: 'characters-stripped'; readonly requestId: string; readonly count: number }
  /** Work of the upstream that nobody got: its answer was given up. */
  | {
      readonly type: 'upstream-abandoned';
      readonly requestId: string;
      readonly upstream: string;
      readonly reason: 'prompt_blocked' | 'reply_blocked' | 'client_closed' | 'fault';
      /** Since the call. */
      readonly ms: number;
      /** Of the answer's body, as far as it was read. */
      readonly bytes: number;
    }
  | {
      readonly type: 'upstream';
      readonly requestId: string;
      readonly upstream: string;
      /** HTTP status, or the error code where there was none. */
      readonly code: number | ErrorCode;
      /** Until the response's headers. */
      readonly ms: number;
    }
  /** First byte of the body went to the client; measured from the request's arrival. */
  | { readonly type: 'first-byte'; readonly requestId: string; readonly route: string; readonly ms: number }
  /** The request ended, whatever way. */
  | {
      readonly type: 'request';
      readonly requestId: string;
      readonly route: string;
      readonly model: string;
      /** The heaviest action taken, or `error`. */
      readonly outcome: Decision['action'] | 'error';
      readonly error?: ErrorCode;
      readonly status: number;
      readonly ms: number;
      /** `ms` without the time in which only the upstream was being waited for. */
      readonly overheadMs: number;
    };

export type EventSink = (event: GuardEvent) => void;

/** Sends each event to all sinks; one that throws is reported to `onFault` and disturbs nobody. */
export function fanOut(sinks: readonly EventSink[], onFault: (error: unknown) => void): EventSink {
  return (event) => {
    for (const sink of sinks) {
      try {
        sink(event);
      } catch (error) {
        onFault(error);
      }
    }
  };
}
