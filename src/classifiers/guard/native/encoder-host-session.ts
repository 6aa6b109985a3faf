/** The sentence encoder as a session of a model process. */
import { createEncoderSession } from '../embedded/encoder-session.js';
import type { EncoderSpec } from './protocol.js';
import type { Session } from './session.js';

export async function openEncoderSession(spec: EncoderSpec): Promise<Session<'encoder'>> {
  const encoder = await createEncoderSession({ modelPath: spec.modelPath, threads: spec.threads });
  return {
    facts: { dimension: encoder.dimension, parallel: spec.threads },
    async call({ text }, signal) {
      return { status: 'done', value: await encoder.embedPieces(text, { signal }) };
    },
    dispose: () => encoder.dispose(),
  };
}
