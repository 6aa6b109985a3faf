/**
 * What the proxy and a model's process say to each other. One process hosts one session: one model and
 * one way of using it. Messages travel over Node's IPC channel with structured-clone serialization, so
 * typed arrays arrive as typed arrays.
 */
import type { CategoryScore, UnavailableReason } from '../../../core/assessment.js';
import type { GuardMessage } from '../../../core/conversation.js';
import type { Overflow } from '../../../core/judge.js';
import type { GuardFamilyId } from '../../../core/guard-families.js';
import type { EmbeddedText } from '../embedded/piece-encoder.js';

/** Compute backend. `false` is the CPU, the only one whose binaries are installed by default. */
export type GpuChoice = false | 'auto' | 'cuda' | 'vulkan' | 'metal';

interface SessionSpecBase {
  /** Absolute path of the GGUF. */
  readonly modelPath: string;
  /** CPU threads, at least 1. */
  readonly threads: number;
  readonly gpu: GpuChoice;
}

export interface EncoderSpec extends SessionSpecBase {
  readonly kind: 'encoder';
}

export interface LlamaGuardSpec extends SessionSpecBase {
  readonly kind: 'llama-guard';
  /** Tokens that one prompt with its answer may have; KV memory is set aside for all of them. */
  readonly contextTokens: number;
  /** Below this share of the probability mass on `safe` and `unsafe`, there is no verdict. In [0, 1]. */
  readonly massFloor: number;
  /** Conversations whose evaluated tokens are kept; each takes KV memory for `contextTokens`. At least 2. */
  readonly lanes: number;
  /** Map the file instead of reading it. */
  readonly mmap: boolean;
  /** Where the evaluated beginning of the prompt is kept over restarts; undefined: it is not. */
  readonly stateFolder: string | undefined;
  /** Identity of the model file; part of the name of what is kept. */
  readonly modelFingerprint: string;
  readonly prompt: PromptChoice;
}

/** What an operator may change about a guard's prompt. */
export interface PromptChoice {
  /** Undefined: read off the template. */
  readonly family: GuardFamilyId | undefined;
  /** Categories the model is asked about; empty: all that its prompt lists. */
  readonly categories: readonly string[];
  /** Replaces the model's own categories. */
  readonly taxonomy: CustomTaxonomy | undefined;
}

export interface CustomTaxonomy {
  readonly id: string;
  readonly categories: readonly {
    readonly id: string;
    readonly name: string;
    readonly description: string;
  }[];
}

/** What a generative guard found out about one conversation. */
export interface LlamaGuardAnswer {
  /** p(unsafe) in [0, 1]: softmax over the logits of `safe` and `unsafe`. */
  readonly score: number;
  /** Share of the whole probability mass that the two words hold, in [0, 1]. */
  readonly mass: number;
  /** Logit of `unsafe` minus logit of `safe`. */
  readonly margin: number;
  /** Highest score first; empty when none were asked for. How they are computed: llama-guard/category-scores.ts. */
  readonly categories: readonly CategoryScore[];
  /** What was odd about the answer, for the log; no judged text. */
  readonly notes: readonly string[];
  readonly tokensEvaluated: number;
  readonly tokensCached: number;
}

/** What every session tells about itself once its model is loaded. */
export interface SessionFacts {
  /** Calls that it works on at one time, at least 1; more would only wait in its process. */
  readonly parallel: number;
}

/** What a generative guard's session tells about its model. */
export interface LlamaGuardFacts extends SessionFacts {
  /** Judge id: `llama-guard-2`, `llama-guard-3`. */
  readonly family: string;
  /** Taxonomy id whose categories the model names. */
  readonly taxonomy: string;
  readonly categoryIds: readonly string[];
  readonly contextTokens: number;
}

/**
 * UTF-16 units that one token stands for at the most: no vocabulary of a guard has longer ones. What is longer
 * than the context times this need not be tokenized to know that it does not fit.
 */
export const MAX_TOKEN_CHARACTERS = 256;

/** Session kind -> its set-up, its facts, and the one call it answers. */
export interface Sessions {
  encoder: {
    spec: EncoderSpec;
    facts: SessionFacts & { readonly dimension: number };
    request: { readonly text: string };
    answer: EmbeddedText;
  };
  'llama-guard': {
    spec: LlamaGuardSpec;
    facts: LlamaGuardFacts;
    request: {
      readonly messages: readonly GuardMessage[];
      readonly categoriesFrom: number;
      readonly overflow: Overflow;
    };
    answer: LlamaGuardAnswer;
  };
}

export type SessionKind = keyof Sessions;
export type SessionSpec = Sessions[SessionKind]['spec'];

/** The outcome of a call. Never an exception: whoever awaits it cannot forget the second case. */
export type CallOutcome<A> =
  | { readonly status: 'done'; readonly value: A }
  | {
      readonly status: 'unavailable';
      readonly reason: UnavailableReason;
      readonly detail: string;
      /** Whole seconds, at least 1, after which a retry makes sense; where that can be told. */
      readonly retryAfter?: number | undefined;
    };

/** Proxy -> model process. */
export type ToHost =
  | { readonly type: 'load'; readonly spec: SessionSpec }
  | { readonly type: 'call'; readonly id: number; readonly request: unknown }
  /** Stop working on call `id`; its outcome is still sent, so that the proxy knows the session is free. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

/** Model process -> proxy. */
export type FromHost =
  | { readonly type: 'up' }
  | { readonly type: 'loaded'; readonly facts: unknown }
  /** `permanent`: loading the same file again cannot help. */
  | { readonly type: 'load-failed'; readonly message: string; readonly permanent: boolean }
  | { readonly type: 'outcome'; readonly id: number; readonly outcome: CallOutcome<unknown> };
