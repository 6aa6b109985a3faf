/** What the benchmark and its bare llama.cpp process say to each other. */

export interface RawSpec {
  /** Absolute path of the GGUF. */
  readonly modelPath: string;
  /** At least 1. */
  readonly threads: number;
  /** Tokens that each of its two sequences has room for. */
  readonly contextTokens: number;
}

/** Evaluate `fresh` tokens behind `kept` ones that are there already, and read the logits after the last. */
export interface RawWork {
  readonly kept: number;
  readonly fresh: number;
}

export type ToRaw =
  { readonly type: 'load'; readonly spec: RawSpec } | { readonly type: 'work'; readonly work: RawWork };

export type FromRaw =
  | { readonly type: 'loaded' }
  | { readonly type: 'worked'; readonly ms: number; readonly evaluated: number }
  | { readonly type: 'failed'; readonly message: string };
