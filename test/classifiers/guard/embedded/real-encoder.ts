/** The shipped encoder, in this process, as the judge sees it. */
import { join } from 'node:path';
import { createEncoderSession } from '../../../../src/classifiers/guard/embedded/encoder-session.js';
import type { PieceEncoder } from '../../../../src/classifiers/guard/embedded/piece-encoder.js';
import { packageRoot } from '../../../../src/runtime/entry.js';

export const ENCODER_PATH = join(packageRoot(), 'models/all-minilm-l6-v2.Q8_0.gguf');
export const HEAD_PATH = join(packageRoot(), 'models/embedded-head.json');

export async function openRealEncoder(): Promise<PieceEncoder> {
  const session = await createEncoderSession({ modelPath: ENCODER_PATH, threads: 1 });
  return {
    embedPieces: (text, { signal }) => session.embedPieces(text, { signal }),
    fingerprint: 'shipped',
    queueDepth: 0,
    close: () => session.dispose(),
  };
}
