/** The seam between the engine and whatever answers "is this safe?". */
import type { Verdict } from './assessment.js';
import type { GuardMessage, GuardRole } from './conversation.js';

export interface JudgeRequest {
  /**
   * At least one; the last is the one being judged, the others are its context. A role may follow
   * itself (system text, then the user's): a judge whose template wants alternating roles merges them.
   */
  readonly messages: readonly GuardMessage[];
  /** Categories are wanted once the score reaches this; in [0, 1]. Judges for which they cost nothing may ignore it. */
  readonly categoriesFrom: number;
  /**
   * What a conversation longer than the judge can read becomes: `unavailable(context_overflow)`, or overlapping
   * pieces of its last message, judged one by one, of which the worst decides. Default `refuse`.
   */
  readonly overflow?: Overflow | undefined;
  /** Where a quick judge stands before a thorough one: when its answer is not enough. Other judges ignore it. */
  readonly thoroughness?: Thoroughness | undefined;
}

export type Overflow = 'refuse' | 'pieces';

export interface Thoroughness {
  /** The thorough judge decides, whatever the quick one would say. */
  readonly always: boolean;
  /** It also decides as soon as the quick one sees any evidence for one of these; ids of the judge's taxonomy. */
  readonly categories: readonly string[];
}

/** A conversation whose last message is still being written. */
export interface JudgeStreamRequest extends Omit<JudgeRequest, 'messages'> {
  /** What was said before; may be empty. */
  readonly context: readonly GuardMessage[];
  /** Who writes the message that is being judged. */
  readonly role: GuardRole;
}

/** Judges one message while it is being written; what was judged before is not paid for again. */
export interface JudgeStream {
  /**
   * Adds `text` to the message and judges all of it so far. One push at a time. Never rejects; a push
   * that had no answer has added its text all the same.
   */
  push(text: string, options: JudgeOptions): Promise<Verdict>;
  /** Gives back what was kept for the next push. A push after it is `unavailable(aborted)`. */
  close(): void;
}

export interface JudgeOptions {
  /** Aborting makes the judge answer `unavailable(aborted)` soon and stop spending. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now after which the answer is `unavailable(timeout)`. */
  readonly timeoutMs: number;
}

export interface Judge {
  /** Stable id, a label value of the metrics: `embedded`, `llama-guard-2`, … */
  readonly id: string;
  /** Id of the taxonomy whose category ids the judge speaks: `mlcommons-v0.5`, `mlcommons-v1.0`. */
  readonly taxonomy: string;
  /** Changes whenever the same text could be answered differently: model file hash, template, head version. */
  readonly fingerprint: string;
  /**
   * Never throws and never rejects for anything that happens while judging: faults are
   * `unavailable` verdicts, so that no caller can mistake one for safe.
   */
  assess(request: JudgeRequest, options: JudgeOptions): Promise<Verdict>;
  /** A stream answers as `assess` does on the same text: it only costs less. */
  openStream(request: JudgeStreamRequest): JudgeStream;
  /** Requests waiting or running: the `portcullis_guard_queue_depth` gauge. */
  readonly queueDepth: number;
  /** Frees the model. Assessments in flight become `unavailable`. */
  close(): Promise<void>;
}
