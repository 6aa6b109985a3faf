/**
 * Embeddings of the sentences of training texts on disk, because computing them takes many minutes and
 * training is repeated often. One append-only file for each encoder; a record is the SHA-256 of the
 * token ids that the encoder reads for the sentence (32 bytes) and its vector (float32 LE).
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createEncoderSession } from '../src/classifiers/guard/embedded/encoder-session.js';
import type { EmbeddedPiece } from '../src/classifiers/guard/embedded/piece-encoder.js';
import { fillUp } from '../src/classifiers/guard/embedded/pieces.js';

export interface EmbedAllOptions {
  readonly cachePath: string;
  readonly modelPath: string;
  readonly threads: number;
  readonly texts: Iterable<string>;
}

/** The sentences of every text, embedding those the cache does not hold; progress goes to stderr. */
export async function embedAll(
  options: EmbedAllOptions,
): Promise<ReadonlyMap<string, readonly EmbeddedPiece[]>> {
  const { cachePath, modelPath, threads } = options;
  const session = await createEncoderSession({ modelPath, threads });
  mkdirSync(dirname(cachePath), { recursive: true });
  const known = existsSync(cachePath)
    ? readCache(readFileSync(cachePath), session.dimension)
    : new Map<string, Float32Array>();
  const result = new Map<string, readonly EmbeddedPiece[]>();
  const started = performance.now();
  let embedded = 0;
  for (const text of new Set(options.texts)) {
    const sentences: EmbeddedPiece[] = [];
    for (const tokenIds of session.tokenizeSentences(text)) {
      const key = sentenceKey(tokenIds);
      let embedding = known.get(key);
      if (embedding === undefined) {
        embedding = await session.embedSentence(tokenIds);
        appendFileSync(cachePath, Buffer.concat([Buffer.from(key, 'hex'), Buffer.from(embedding.buffer)]));
        known.set(key, embedding);
        if (++embedded % 1000 === 0)
          console.error(
            `embedded ${embedded} sentences, ${Math.round((performance.now() - started) / 1000)} s`,
          );
      }
      sentences.push({ embedding, tokenIds });
    }
    result.set(text, sentences);
  }
  await session.dispose();
  return result;
}

function sentenceKey(tokenIds: Uint32Array): string {
  return createHash('sha256').update(fillUp(tokenIds)).digest('hex');
}

/** A record cut off at the end (an interrupted run) is left out. */
function readCache(bytes: Buffer, dimension: number): Map<string, Float32Array> {
  const into = new Map<string, Float32Array>();
  const size = 32 + dimension * 4;
  for (let at = 0; at + size <= bytes.length; at += size) {
    // Copied, because a view on the file's bytes would keep all of them alive.
    const vector = new Float32Array(Uint8Array.from(bytes.subarray(at + 32, at + size)).buffer);
    into.set(bytes.toString('hex', at, at + 32), vector);
  }
  return into;
}
