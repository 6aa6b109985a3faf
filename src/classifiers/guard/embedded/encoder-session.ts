/**
 * The sentence encoder, in process: a BERT-type GGUF on node-llama-cpp's embedding context. Meant to
 * run inside the supervised child process, because llama.cpp aborts on some malformed files.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTick } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { getLlama, LlamaLogLevel, type LlamaEmbeddingContext, type Token } from 'node-llama-cpp';
import type { EmbeddedPiece, EmbeddedText } from './piece-encoder.js';
import { foldText } from './fold-text.js';
import { createLanes } from './lanes.js';
import { cutSentences, fillUp, SENTENCE_TOKENS } from './pieces.js';
import { normalise, piecesOf } from './windows.js';

/**
 * From this length on a piece goes to the context with flash attention. On CPUs llama.cpp computes it in
 * tiles from 64 rows ([CLS] and [SEP] included) and row by row below, where it takes up to three times as
 * long as plain attention. Both give the same embedding (cosine above 0.9997).
 */
const FLASH_ATTENTION_TOKENS = 62;

/** Known sentences that are walked before others get their turn. */
const KNOWN_AT_ONCE = 256;

export interface EncoderSessionOptions {
  /** Absolute path of the encoder's GGUF. */
  readonly modelPath: string;
  /**
   * Sentences embedded at the same time, of one text or of several, at least 1; each takes one thread.
   * (Several threads for one sentence would wait for each other by spinning, longer than they compute.)
   */
  readonly threads: number;
  /** Sentences remembered, so that a growing text costs only its new ones. Default 2048 (about 4 MB). */
  readonly cachedSentences?: number;
}

/** What embeds one sentence at a time, on one thread. */
interface Contexts {
  readonly short: LlamaEmbeddingContext;
  readonly long: LlamaEmbeddingContext;
}

export interface EncoderSession {
  /**
   * Tokenizes with special tokens off ("[SEP]" typed by a person is five ordinary characters), embeds each
   * sentence and puts windows over them. Rejects with `signal.reason` soon after an abort: at most one
   * sentence later for each thread. Calls may overlap; their sentences take turns.
   */
  embedPieces(text: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<EmbeddedText>;
  /** The tokens of the sentences that `embedPieces` would embed. */
  tokenizeSentences(text: string): Uint32Array[];
  /** The embedding of one sentence, past the cache. */
  embedSentence(tokenIds: Uint32Array): Promise<Float32Array>;
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
  const positions = SENTENCE_TOKENS + 3;
  if (model.trainContextSize < positions - 1) {
    await llama.dispose();
    throw new Error(
      `The encoder reads ${model.trainContextSize} tokens at once; sentences of ${SENTENCE_TOKENS} need more. Use another encoder file.`,
    );
  }
  const size = { contextSize: positions, batchSize: positions, threads: 1 };
  const contexts: Contexts[] = [];
  for (let n = 0; n < options.threads; n++)
    contexts.push({
      short: await model.createEmbeddingContext(size),
      long: await longModel.createEmbeddingContext(size),
    });
  const lanes = createLanes(contexts);
  const cache = new LRUCache<string, Float32Array>({ max: options.cachedSentences ?? 2048 });

  function tokenizeSentences(text: string): Uint32Array[] {
    return cutSentences(foldText(text), (sentence) => model.tokenize(sentence, false));
  }

  return {
    dimension: model.embeddingVectorSize,
    tokenizeSentences,
    embedSentence: (tokenIds) => lanes.run((lane) => embedIn(lane, tokenIds)),
    async embedPieces(text, { signal } = {}) {
      signal?.throwIfAborted();
      // One iterator for all workers: each takes the next sentence when it is done with one.
      const waiting = tokenizeSentences(text).entries();
      const sentences: EmbeddedPiece[] = [];
      let tokens = 0;
      let cachedTokens = 0;
      let failed = false;
      const work = async (): Promise<void> => {
        for (const [index, tokenIds] of waiting) {
          if (failed) return;
          const key = sentenceKey(tokenIds);
          let embedding = cache.get(key);
          if (embedding === undefined) {
            embedding = await lanes.run(async (lane) => {
              // A huge text must neither starve other calls nor outlive its caller.
              await nextTick();
              signal?.throwIfAborted();
              return embedIn(lane, tokenIds);
            });
            cache.set(key, embedding);
          } else {
            cachedTokens += tokenIds.length;
            // Nor must a huge one whose sentences are all known.
            if (index % KNOWN_AT_ONCE === KNOWN_AT_ONCE - 1) {
              await nextTick();
              signal?.throwIfAborted();
            }
          }
          tokens += tokenIds.length;
          sentences[index] = { embedding, tokenIds };
        }
      };
      const worker = (): Promise<void> =>
        work().catch((error: unknown) => {
          failed = true;
          throw error;
        });
      await Promise.all(Array.from({ length: lanes.size }, worker));
      signal?.throwIfAborted();
      return { pieces: piecesOf(sentences), tokens, cachedTokens };
    },
    async dispose() {
      cache.clear();
      for (const { short, long } of contexts) {
        await short.dispose();
        await long.dispose();
      }
      await model.dispose();
      await longModel.dispose();
      await llama.dispose();
    },
  };
}

async function embedIn({ short, long }: Contexts, tokenIds: Uint32Array): Promise<Float32Array> {
  const filled = fillUp(tokenIds);
  const context = filled.length < FLASH_ATTENTION_TOKENS ? short : long;
  const { vector } = await context.getEmbeddingFor(Array.from(filled) as Token[]);
  return normalise(vector);
}

function sentenceKey(tokenIds: Uint32Array): string {
  return createHash('sha256').update(tokenIds).digest('base64');
}
