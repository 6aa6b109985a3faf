/**
 * Embeddings of training texts on disk, because computing them takes many minutes and training is
 * repeated often. One append-only file; a record is the text's SHA-256 (32 bytes), the number of
 * pieces (uint32 LE) and the pieces' vectors (float32 LE). The file's name says what made them.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  createEncoderSession,
  type EncoderSession,
} from '../src/classifiers/guard/embedded/encoder-session.js';
import type { EmbeddedPiece } from '../src/classifiers/guard/embedded/piece-encoder.js';

export interface EmbedAllOptions {
  readonly cachePath: string;
  readonly modelPath: string;
  readonly threads: number;
  readonly texts: Iterable<string>;
}

/** The pieces of every text, embedding those the cache does not hold; progress goes to stderr. */
export async function embedAll(
  options: EmbedAllOptions,
): Promise<ReadonlyMap<string, readonly EmbeddedPiece[]>> {
  const { cachePath, modelPath, threads } = options;
  const session = await createEncoderSession({ modelPath, threads });
  const known = existsSync(cachePath)
    ? readCache(readFileSync(cachePath), session.dimension)
    : new Map<string, Float32Array[]>();
  mkdirSync(dirname(cachePath), { recursive: true });
  const result = new Map<string, readonly EmbeddedPiece[]>();
  const started = performance.now();
  let embedded = 0;
  for (const text of new Set(options.texts)) {
    const tokens = session.tokenizePieces(text);
    const vectors = known.get(keyOf(text));
    if (vectors?.length === tokens.length) {
      result.set(text, pair(vectors, tokens));
      continue;
    }
    result.set(text, await embedOne(session, text, cachePath));
    if (++embedded % 1000 === 0)
      console.error(`embedded ${embedded} texts, ${Math.round((performance.now() - started) / 1000)} s`);
  }
  await session.dispose();
  return result;
}

async function embedOne(
  session: EncoderSession,
  text: string,
  cachePath: string,
): Promise<readonly EmbeddedPiece[]> {
  const { pieces } = await session.embedPieces(text);
  const head = Buffer.alloc(36);
  head.write(keyOf(text), 'hex');
  head.writeUInt32LE(pieces.length, 32);
  appendFileSync(
    cachePath,
    Buffer.concat([head, ...pieces.map((piece) => Buffer.from(piece.embedding.buffer))]),
  );
  return pieces;
}

function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function pair(vectors: readonly Float32Array[], tokens: readonly Uint32Array[]): EmbeddedPiece[] {
  return vectors.map((embedding, index) => ({ embedding, tokenIds: tokens[index] ?? new Uint32Array() }));
}

/** A record cut off at the end (an interrupted run) is left out. */
function readCache(bytes: Buffer, dimension: number): Map<string, Float32Array[]> {
  const into = new Map<string, Float32Array[]>();
  const vectorBytes = dimension * 4;
  let at = 0;
  while (at + 36 <= bytes.length) {
    const key = bytes.toString('hex', at, at + 32);
    const count = bytes.readUInt32LE(at + 32);
    const start = at + 36;
    at = start + count * vectorBytes;
    if (at > bytes.length) break;
    // Copied, because the file's offsets are not aligned to four bytes in general.
    into.set(
      key,
      Array.from({ length: count }, (_, piece) => {
        const from = start + piece * vectorBytes;
        return new Float32Array(Uint8Array.from(bytes.subarray(from, from + vectorBytes)).buffer);
      }),
    );
  }
  return into;
}
