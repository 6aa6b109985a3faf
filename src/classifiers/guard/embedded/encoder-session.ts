/**
 * The sentence encoder, in process: a BERT-type GGUF on node-llama-cpp's embedding context. Meant to
 * run inside the supervised child process, because llama.cpp aborts on some malformed files.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTick } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import type { EmbeddedPiece, EmbeddedText } from './piece-encoder.js';
import { foldText } from './fold-text.js';
import { cutPieces, WINDOW_TOKENS } from './pieces.js';

/**
 * From this length on a piece goes to the context with flash attention. On CPUs llama.cpp computes it in
 * tiles from 64 rows ([CLS] and [SEP] included) and row by row below, where it takes up to three times as
 * long as plain attention. Both give the same embedding (cosine above 0.9997).
 */
export const FLASH_ATTENTION_TOKENS = 62;

export interface EncoderSessionOptions {
  /** Absolute path of the encoder's GGUF. */
  readonly modelPath: string;
  /** CPU threads, at least 1. */
  readonly threads: number;
  /** Pieces remembered, so that a growing text costs only its new pieces. Default 2048 (about 4 MB). */
  readonly cachedPieces?: number;
}

export interface EncoderSession {
  /**
   * Tokenizes with special tokens off ("[SEP]" typed by a person is five ordinary characters), cuts the tokens in
   * overlapping pieces and embeds each. Rejects with `signal.reason` soon after an abort: at most one
   * piece later. Calls may overlap; their pieces take turns.
   */
  embedPieces(text: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<EmbeddedText>;
  /** The tokens of the pieces that `embedPieces` would embed. */
  tokenizePieces(text: string): Uint32Array[];
  /** The embedding of one piece, past the cache. */
  embedPiece(tokenIds: Uint32Array): Promise<Float32Array>;
  /** Length of every embedding. */
  readonly dimension: number;
  dispose(): Promise<void>;
}

/** Loads the model. Rejects when the file is missing, is no encoder, or no prebuilt llama.cpp fits the machine. */
export async function createEncoderSession(options: EncoderSessionOptions): Promise<EncoderSession> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    maxThreads: options.threads,
    logLevel: LlamaLogLevel.error,
  });
  // The context takes this setting from its model only, so there are two; both map the same file.
  const model = await llama.loadModel({ modelPath: options.modelPath, defaultContextFlashAttention: false });
  const longModel = await llama.loadModel({
    modelPath: options.modelPath,
    defaultContextFlashAttention: true,
  });
  // [CLS] and [SEP] are added to each piece, and the library wants one position to spare.
  const window = WINDOW_TOKENS + 3;
  if (model.trainContextSize < window - 1) {
    await llama.dispose();
    throw new Error(
      `The encoder reads ${model.trainContextSize} tokens at once; windows of ${WINDOW_TOKENS} need more. Use another encoder file.`,
    );
  }
  const size = { contextSize: window, batchSize: window, threads: options.threads };
  const context = await model.createEmbeddingContext(size);
  const longContext = await longModel.createEmbeddingContext(size);
  const cache = new LRUCache<string, Float32Array>({ max: options.cachedPieces ?? 2048 });

  function tokenizePieces(text: string): Uint32Array[] {
    return cutPieces(foldText(text), (sentence) => model.tokenize(sentence, false));
  }

  async function embedPiece(piece: Uint32Array): Promise<Float32Array> {
    const fitting = piece.length < FLASH_ATTENTION_TOKENS ? context : longContext;
    const { vector } = await fitting.getEmbeddingFor(Array.from(piece) as Token[]);
    return normalise(vector);
  }

  return {
    dimension: model.embeddingVectorSize,
    tokenizePieces,
    embedPiece,
    async embedPieces(text, { signal } = {}) {
      signal?.throwIfAborted();
      const pieces: EmbeddedPiece[] = [];
      let tokens = 0;
      let cachedTokens = 0;
      for (const piece of tokenizePieces(text)) {
        const key = pieceKey(piece);
        let embedding = cache.get(key);
        if (embedding === undefined) {
          // A huge text must neither starve other calls nor outlive its caller.
          await nextTick();
          signal?.throwIfAborted();
          embedding = await embedPiece(piece);
          cache.set(key, embedding);
        } else cachedTokens += piece.length;
        tokens += piece.length;
        pieces.push({ embedding, tokenIds: piece });
      }
      signal?.throwIfAborted();
      return { pieces, tokens, cachedTokens };
    },
    async dispose() {
      cache.clear();
      await context.dispose();
      await longContext.dispose();
      await model.dispose();
      await longModel.dispose();
      await llama.dispose();
    },
  };
}

function pieceKey(piece: Uint32Array): string {
  return createHash('sha256').update(piece).digest('base64');
}

/** Scales to length 1. Throws when the encoder gave nothing usable: such a piece must not look harmless. */
function normalise(vector: readonly number[]): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (!Number.isFinite(length) || length === 0)
    throw new Error('The encoder returned an embedding that is empty, zero or not finite.');
  return Float32Array.from(vector, (value) => value / length);
}
