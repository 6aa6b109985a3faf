/** What an operator decided, compiled from a policy file: complete, immutable, cheap to ask. */
import type { Direction, Severity, Treatment } from '../core/assessment.js';
import type { UnjudgedPart } from '../core/conversation.js';
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
  /**
   * What a snippet that is blocked does to the reply: `stop` ends it there, `go_on` puts a notice in its
   * place and passes on what follows.
   */
  readonly afterBlock: 'stop' | 'go_on';
  /** Milliseconds for the scan of one text. */
  readonly timeoutMs: number;
}

/** What happens to a part that no text judge can read; `report` passes it on and says so in the facts and the audit log. */
export type UnjudgedTreatment = 'block' | 'report' | 'allow';

/**
 * When the text of a streamed reply may leave. `window`: as soon as a window that holds it is judged.
 * `sentence`: windows end where sentences do. `buffer`: when the whole reply is judged. `monitor`: at once;
 * it is judged beside, and a finding only reported.
 */
export type StreamMode = 'window' | 'sentence' | 'buffer' | 'monitor';

/** Which turns of a prompt are judged, each with all turns before it as context. */
export type JudgedTurns = 'all' | 'last_user' | 'new';

/** How much of a streamed reply is collected before it is judged. Characters are UTF-16 units. */
export interface StreamPolicy {
  readonly mode: StreamMode;
  /** Characters of the first window. */
  readonly firstWindow: number;
  /** Text of the first window waits this long for more, in ms; each further wait is `growth` times as long. */
  readonly firstWaitMs: number;
  /** No window is larger than this many characters. */
  readonly maxWindow: number;
  /** Each window is this many times the one before; at least 1. */
  readonly growth: number;
  /** A window that got nothing new for this long is judged as it is, in milliseconds. */
  readonly idleMs: number;
  /** A client that has waited this long gets a sign of life, where its format has one, in milliseconds. */
  readonly pingMs: number;
}

/** Other readings of a text, judged beside the original where they differ from it. */
export interface ViewsPolicy {
  /** Without invisible characters, look-alikes folded, spaced and leet letters joined. */
  readonly disguises: boolean;
  /** Base64, hexadecimal, percent and HTML escapes, ROT13, …, decoded. */
  readonly encodings: boolean;
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
  readonly unjudged: Readonly<Record<UnjudgedPart['kind'], UnjudgedTreatment>>;
  /** The upstream is called only when the prompt has its verdict; else both begin at once. */
  readonly checkFirst: boolean;
  readonly turns: JudgedTurns;
  /** Invisible characters in prompts (zero width, tags, bidirectional controls): passed on, taken out, or refused. */
  readonly hiddenCharacters: 'keep' | 'strip' | 'block';
  readonly views: ViewsPolicy;
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
  /** What the policy is on single routes: complete policies, by the names in `JUDGED_ROUTES`. Ask `policyOn`. */
  readonly routes: ReadonlyMap<string, Policy>;
}
