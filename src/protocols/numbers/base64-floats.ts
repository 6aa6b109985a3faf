/**
 * Embeddings in base64: 32-bit floats, little-endian, as OpenAI's `encoding_format: base64` has them. Text
 * must not pass for such, whether it is in base64 itself or merely made of its letters, so the numbers have
 * to be those of an embedding: finite, and of a size that learned vectors have.
 */

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const FLOAT_BYTES = 4;

/** Vectors are of length 1, or some tens where they are not normalised. */
const LARGEST = 1e3;
/** Smaller parts are zero for all purposes; text read as floats is mostly below it or above the largest. */
const SMALLEST = 1e-12;

/** Shorter ones could be a word by chance. */
const FEWEST = 8;

/** True for a string that cannot be anything but base64 of an embedding. */
export function isBase64Floats(text: string): boolean {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return false;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % FLOAT_BYTES !== 0 || bytes.length < FEWEST * FLOAT_BYTES) return false;
  // One spelling only: bits that decoding drops could carry something.
  if (bytes.toString('base64') !== text) return false;
  for (let at = 0; at < bytes.length; at += FLOAT_BYTES) {
    const size = Math.abs(bytes.readFloatLE(at));
    if (size === 0) continue;
    if (!(size >= SMALLEST && size <= LARGEST)) return false;
  }
  return true;
}
