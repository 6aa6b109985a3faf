/** What an operator decided, compiled from a policy file: complete, immutable, cheap to ask. */
import type { Direction, Severity, Treatment } from '../core/assessment.js';
import type { Action } from '../core/decision.js';
import type { Overflow } from '../core/judge.js';

/** What to do where a judge or scanner gave no answer, or where none can. */
export type Fallback = 'block' | 'allow';

/** What a policy does about one category. */
export interface CategoryPolicy {
  /** Scores from this value on count, in [0, 1]. */
  readonly threshold: number;
  readonly action: Action;
}

/** How prompts, or replies, are treated. */
export interface DirectionPolicy {
  /** False: this direction is not judged at all. An explicit choice; the code scan is separate. */
  readonly enabled: boolean;
  /** Default for every category, in [0, 1]. */
  readonly threshold: number;
  /** Default action of a category that reaches its threshold. */
  readonly action: Action;
  /** Every category of the policy's taxonomy, and `uncategorized`; the defaults are filled in. */
  readonly categories: ReadonlyMap<string, CategoryPolicy>;
  readonly unavailable: Fallback;
}

/** How findings in generated code are treated: a rule's own word, else its CWE's, else its severity's. */
export interface CodePolicy {
  readonly enabled: boolean;
  readonly treatments: Readonly<Record<Severity, Treatment>>;
  /** By rule id. */
  readonly rules: ReadonlyMap<string, Treatment>;
  /** By weakness: `CWE-78`. */
  readonly cwes: ReadonlyMap<string, Treatment>;
  readonly unavailable: Fallback;
  /** Milliseconds for the scan of one text. */
  readonly timeoutMs: number;
}

/** How much of a streamed reply is collected before it is judged. Characters are UTF-16 units. */
export interface StreamPolicy {
  /** Characters of the first window. */
  readonly firstWindow: number;
  /** No window is larger than this many characters. */
  readonly maxWindow: number;
  /** Each window is this many times the one before; at least 1. */
  readonly growth: number;
  /** A window that got nothing new for this long is judged as it is, in milliseconds. */
  readonly idleMs: number;
}

/** Where a quick guard in front of a thorough one may not decide by itself; elsewhere it may where it is sure. */
export interface ThoroughPolicy {
  /** Everything in these directions. */
  readonly directions: readonly Direction[];
  /** Everything on these endpoints; names as in `JUDGED_ROUTES`. */
  readonly routes: readonly string[];
  /** Whatever shows any evidence for these; ids of the policy's taxonomy. */
  readonly categories: readonly string[];
}

/** Texts for the client. `{categories}`, `{names}` and `{rules}` stand for what was found. */
export interface RefusalTexts {
  /** Instead of an answer to a refused prompt. */
  readonly prompt: string;
  /** Instead of a refused reply. */
  readonly reply: string;
  /** Instead of a reply refused for its code. */
  readonly code: string;
}

export interface Policy {
  readonly name: string;
  readonly version: string;
  /** `name@version`, as in the `x-portcullis-policy` header. */
  readonly id: string;
  /** SHA-256 (hex) of everything the policy says: equal hashes decide alike. */
  readonly hash: string;
  readonly description: string;
  /** `monitor` judges and reports as `enforce` does, but lets everything through. */
  readonly mode: 'enforce' | 'monitor';
  /** Id of the taxonomy that the categories belong to. */
  readonly taxonomy: string;
  /** A block is a normal reply with the refusal text, or an HTTP error. */
  readonly onBlock: 'refusal' | 'error';
  readonly refusal: RefusalTexts;
  /** For parts that no text judge can read: images, audio, files, token arrays. */
  readonly unjudged: Fallback;
  readonly prompt: DirectionPolicy;
  readonly reply: DirectionPolicy;
  readonly code: CodePolicy;
  readonly stream: StreamPolicy;
  /** What a conversation longer than the guard reads becomes: no verdict, or overlapping pieces. */
  readonly longTexts: Overflow;
  readonly thorough: ThoroughPolicy;
  /** Milliseconds for one judgement. */
  readonly judgeTimeoutMs: number;
  /** Milliseconds for all turns of one prompt together. */
  readonly judgeTotalTimeoutMs: number;
}
