/** What judges found. An assessment says nothing about consequences: that is the policy's part. */
import type { GuardRole } from './conversation.js';

/** `prompt`: what goes to the model. `reply`: what comes out of it. */
export type Direction = 'prompt' | 'reply';

/** Why a judge has no verdict. Stable words: they are label values of `portcullis_unavailable_total`. */
export type UnavailableReason =
  | 'not_ready'
  | 'timeout'
  | 'overloaded'
  | 'guard_restarted'
  | 'load_failed'
  | 'off_format'
  | 'context_overflow'
  | 'aborted'
  | 'internal';

/** Probability in [0, 1] that the text violates one category of the judge's taxonomy (`S1`, …). */
export interface CategoryScore {
  readonly id: string;
  readonly score: number;
}

/** What a judge spent on one answer; tokens are 0 for judges that do not count them. */
export interface JudgeCost {
  readonly ms: number;
  readonly tokensEvaluated: number;
  readonly tokensCached: number;
}

interface VerdictBase {
  /** The judge's id: `embedded`, `llama-guard-2`, … */
  readonly judge: string;
  /** Whose turn was judged. */
  readonly role: GuardRole;
  readonly cost: JudgeCost;
}

/** A judge's answer with a score: p(unsafe) in [0, 1], and the scores of the categories it names. */
export interface ScoredVerdict extends VerdictBase {
  readonly verdict: 'safe' | 'unsafe';
  readonly score: number;
  /** Only categories with evidence, highest score first. May be empty on an unsafe verdict. */
  readonly categories: readonly CategoryScore[];
  /** Of judges that read a model's next token: share of the probability on its two verdict words, in [0, 1]. */
  readonly mass?: number | undefined;
  /** Of the same judges: logit of the word for unsafe minus logit of the word for safe. */
  readonly margin?: number | undefined;
  /** The reading of the text that led to this, where it was not the text as written: `disguises`, `base64`, … */
  readonly view?: string | undefined;
  /**
   * Of a text that was judged in several readings, of which more than one may matter or has no verdict: the
   * verdicts on those. A policy weighs each for itself.
   */
  readonly readings?: readonly Verdict[] | undefined;
  /** Of a cascade: which of its judges decided. */
  readonly decidedBy?: 'quick' | 'thorough' | undefined;
}

/** No answer. Never to be read as safe: the policy's `unavailable` says what happens. */
export interface UnavailableVerdict extends VerdictBase {
  readonly verdict: 'unavailable';
  readonly reason: UnavailableReason;
  /** Seconds after which a retry makes sense, where the judge can tell. */
  readonly retryAfter?: number | undefined;
  /** For the log: what went wrong, without any of the judged text. */
  readonly detail: string;
}

export type Verdict = ScoredVerdict | UnavailableVerdict;

export type Severity = 'error' | 'warning' | 'info';
export type Treatment = 'ignore' | 'warn' | 'block';

/** One rule match. Lines and columns are 1-based and relative to the snippet; columns count UTF-16 units. */
export interface Finding {
  readonly rule: string;
  readonly cwe: string;
  readonly severity: Severity;
  readonly message: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly startColumn: number;
  readonly endColumn: number;
  readonly language: string;
}

/** A scanned piece of code inside a longer text. Offsets are UTF-16 units into that text. */
export interface ScannedBlock {
  /** Start and end of the whole block, fences included. */
  readonly start: number;
  readonly end: number;
  readonly language: string;
  readonly findings: readonly Finding[];
}

/** What the code scanner found in one text; `unavailable` when it could not finish. */
export type CodeAssessment =
  | { readonly status: 'scanned'; readonly blocks: readonly ScannedBlock[]; readonly ms: number }
  | {
      readonly status: 'unavailable';
      readonly reason: UnavailableReason;
      readonly detail: string;
      readonly ms: number;
    };

/** Everything found out about one prompt or one (part of a) reply. */
export interface Assessment {
  readonly direction: Direction;
  readonly verdicts: readonly Verdict[];
  readonly code: readonly CodeAssessment[];
}
