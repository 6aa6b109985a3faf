/** What a gate is given, and how a reply ends. */
import type { Decision } from '../core/decision.js';
import type { GuardError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import type { ReplyFrame } from '../core/wire-format.js';
import type { ReplyReview } from '../engine/reply-review.js';
import type { Policy } from '../policy/policy.js';
import type { Progress, Violation } from './ledger.js';

export interface GateOptions {
  readonly review: ReplyReview;
  readonly policy: Policy;
  /**
   * Notes and notices may be written into the text; false for structured output, which they would break:
   * a snippet that would be taken out blocks the reply instead.
   */
  readonly editable: boolean;
  /** False for a reply that comes in one frame: there is nothing to wait for. */
  readonly streamed: boolean;
  /** Called just before a frame is handed out. */
  readonly onRelease?: ((frame: ReplyFrame) => void) | undefined;
  /** The last frame of the reply, before it is handed out; the place for the facts. */
  readonly onLast?: ((frame: ReplyFrame, decision: Decision) => void) | undefined;
  /**
   * Messages that put text into a choice: for notes that belong behind text that has left already. Without
   * it such a note is not shown; the decision tells of the findings all the same.
   */
  readonly insert?: ((choice: number, text: string) => readonly JsonObject[]) | undefined;
  /** Milliseconds in which the gate had nothing to do but wait for the upstream. */
  readonly onWaited?: ((ms: number) => void) | undefined;
  /** What happened since the last call. */
  readonly onProgress: (progress: Progress) => void;
  /** Text was about to leave before its verdict. The gate throws right after; nothing of the frame leaves. */
  readonly onViolation?: ((violation: Violation) => void) | undefined;
}

/** How a reply ended. Whatever had no verdict was not released. */
export type GateResult =
  | { readonly status: 'complete'; readonly decision: Decision }
  | { readonly status: 'blocked'; readonly decision: Decision }
  /** The upstream failed; what came before was judged and released. */
  | { readonly status: 'failed'; readonly decision: Decision; readonly error: GuardError };
