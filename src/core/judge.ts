/** The seam between the engine and whatever answers "is this safe?". */
import type { Verdict } from './assessment.js';
import type { GuardMessage } from './conversation.js';

export interface JudgeRequest {
  /**
   * At least one; the last is the one being judged, the others are its context. A role may follow
   * itself (system text, then the user's): a judge whose template wants alternating roles merges them.
   */
  readonly messages: readonly GuardMessage[];
  /** Categories are wanted once the score reaches this; in [0, 1]. Judges for which they cost nothing may ignore it. */
  readonly categoriesFrom: number;
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
  /** Requests waiting or running: the `portcullis_guard_queue_depth` gauge. */
  readonly queueDepth: number;
  /** Frees the model. Assessments in flight become `unavailable`. */
  close(): Promise<void>;
}
