/** Finds and checks the embedded guard's two files: the head, and the encoder that the head names. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assertEncoderMatches, loadHead, type EmbeddedHead } from './embedded/head.js';

/** The head's file in the models folder. */
export const EMBEDDED_HEAD_FILE = 'embedded-head.json';

export interface EmbeddedFiles {
  readonly head: EmbeddedHead;
  readonly encoderPath: string;
  /** For PieceEncoder: what the same text's embedding depends on. */
  readonly encoderFingerprint: string;
}

/** Rejects with a message that names the file and the fault. */
export async function openEmbeddedFiles(modelsDir: string): Promise<EmbeddedFiles> {
  const head = loadHead(join(modelsDir, EMBEDDED_HEAD_FILE));
  const encoderPath = join(modelsDir, head.encoder.file);
  const sha256 = await sha256Of(encoderPath);
  assertEncoderMatches(head, sha256);
  return {
    head,
    encoderPath,
    encoderFingerprint: `${sha256}-${head.encoder.cutting}`,
  };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
