import { GuardError } from '../../../core/errors.js';

/** A reply that is judged in one piece is held in memory; more than this is refused. */
const MAX_WHOLE_BYTES = 32 * 1024 * 1024;

/** All bytes of a reply. Throws GuardError('upstream_malformed') when there are too many. */
export async function readWhole(bytes: AsyncIterable<Uint8Array>, limit = MAX_WHOLE_BYTES): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > limit)
      throw new GuardError(
        'upstream_malformed',
        `The app's reply has more than ${limit} bytes, which is more than the guard judges in one piece.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Bytes that are no UTF-8, or JSON that is none. */
export function brokenReply(what: string, cause: unknown): GuardError {
  return new GuardError('upstream_malformed', `The app answered with ${what}, so it cannot be judged.`, {
    cause,
  });
}
