/** A vocabulary as a GGUF holds it. */
export interface TokenizerData {
  /** `tokenizer.ggml.model`: default `gpt2`, byte-level BPE; `llama` is SentencePiece. */
  readonly model?: 'gpt2' | 'llama' | undefined;
  readonly tokens: readonly string[];
  /** 1 ordinary, 2 unknown, 3 control (special), 4 user defined, 6 byte. */
  readonly types: readonly number[];
  readonly merges: readonly string[];
  /** Of SentencePiece. */
  readonly scores?: readonly number[] | undefined;
  readonly bos: number;
  readonly eos: number;
  readonly eot?: number | undefined;
}
