/**
 * Embeddings of training texts on disk, because computing them takes many minutes and training is
 * repeated often. One append-only file for each encoder file; a record is the text's SHA-256 (32
 * bytes), the number of pieces (uint32 LE) and the pieces' vectors (float32 LE).
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  createEncoderSession,
  type EncoderSession,
} from '../src/classifiers/guard/embedded/encoder-session.js';

const DIMENSION = 384;

export type PieceVectors = readonly Float32Array[];

export interface EmbeddingCache {
  /** The pieces' embeddings of a text that `fill` has seen. Throws for any other text. */
  get(text: string): PieceVectors;
  /** Embeds every text not yet in the cache, reporting progress to stderr. */
  fill(texts: Iterable<string>): Promise<void>;
}

function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export interface EmbeddingCacheOptions {
  readonly path: string;
  readonly modelPath: string;
  readonly threads: number;
}

export function openEmbeddingCache({ path, modelPath, threads }: EmbeddingCacheOptions): EmbeddingCache {
  const known = new Map<string, PieceVectors>();
  if (existsSync(path)) load(readFileSync(path), known);
  return {
    get(text) {
      const pieces = known.get(keyOf(text));
      if (pieces === undefined) throw new Error('A text was not embedded before it was used.');
      return pieces;
    },
    async fill(texts) {
      const missing = [...new Set(texts)].filter((text) => !known.has(keyOf(text)));
      if (missing.length === 0) return;
      mkdirSync(dirname(path), { recursive: true });
      const session = await createEncoderSession({ modelPath, threads });
      if (session.dimension !== DIMENSION) throw new Error(`Expected ${DIMENSION} dimensions.`);
      await embedAll(session, missing, path, known);
      await session.dispose();
    },
  };
}

async function embedAll(
  session: EncoderSession,
  texts: readonly string[],
  path: string,
  known: Map<string, PieceVectors>,
): Promise<void> {
  const started = performance.now();
  for (const [index, text] of texts.entries()) {
    const { pieces } = await session.embedPieces(text);
    const vectors = pieces.map((piece) => piece.embedding);
    const head = Buffer.alloc(36);
    head.write(keyOf(text), 'hex');
    head.writeUInt32LE(vectors.length, 32);
    appendFileSync(path, Buffer.concat([head, ...vectors.map((v) => Buffer.from(v.buffer))]));
    known.set(keyOf(text), vectors);
    if (index % 1000 === 999)
      console.error(
        `embedded ${index + 1} of ${texts.length}, ${Math.round((performance.now() - started) / 1000)} s`,
      );
  }
}

/** A record cut off at the end (an interrupted run) is left out. */
function load(bytes: Buffer, into: Map<string, PieceVectors>): void {
  let at = 0;
  while (at + 36 <= bytes.length) {
    const key = bytes.toString('hex', at, at + 32);
    const count = bytes.readUInt32LE(at + 32);
    const size = count * DIMENSION * 4;
    if (at + 36 + size > bytes.length) break;
    const vectors: Float32Array[] = [];
    for (let piece = 0; piece < count; piece++) {
      const start = at + 36 + piece * DIMENSION * 4;
      // Copied, because the file's offsets are not aligned to four bytes in general.
      vectors.push(new Float32Array(Uint8Array.from(bytes.subarray(start, start + DIMENSION * 4)).buffer));
    }
    into.set(key, vectors);
    at += 36 + size;
  }
}
