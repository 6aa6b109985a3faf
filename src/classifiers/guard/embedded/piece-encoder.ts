/**
 * The seam between the embedded judge and whatever turns text into sentence embeddings. The encoder
 * proper runs in a supervised child process (a bad model file can abort the process that loads it);
 * the judge sees only this.
 */

/** One piece of a text: a sentence, or a window over neighbouring ones. */
export interface EmbeddedPiece {
  /** L2-normalised; its length is the encoder's dimension. */
  readonly embedding: Float32Array;
  /** The piece's tokens in the encoder's vocabulary, without [CLS] and [SEP]: the head reads them too. */
  readonly tokenIds: Uint32Array;
}

export interface EmbeddedText {
  /** Windows first, then sentences, each in the order of the text. Empty only for text without a single token. */
  readonly pieces: readonly EmbeddedPiece[];
  /** Tokens of the text's sentences; what two parts of a long one share counts twice. */
  readonly tokens: number;
  /** How many of `tokens` came from the cache of pieces embedded before; 0 where the encoder does not say. */
  readonly cachedTokens?: number | undefined;
}

export interface EmbedOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now after which the call rejects with the reason `timeout`. */
  readonly timeoutMs: number;
}

export interface PieceEncoder {
  /**
   * Cuts the text into sentences, embeds each and puts windows over them.
   * Rejects with an error that carries a `reason` of type `UnavailableReason` (src/core/assessment.ts).
   */
  embedPieces(text: string, options: EmbedOptions): Promise<EmbeddedText>;
  /** Changes when the same text could be embedded differently: the model file's hash and how text is cut. */
  readonly fingerprint: string;
  /** Calls waiting or running. */
  readonly queueDepth: number;
  close(): Promise<void>;
}
