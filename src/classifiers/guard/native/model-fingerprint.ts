/** A short identity of a model file, without reading gigabytes. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const SAMPLES = 64;
const SAMPLE_BYTES = 64 * 1024;
/** All of the header is read, up to this: metadata, template and vocabulary decide what a model answers. */
const HEADER_BYTES = 64 << 20;

/**
 * SHA-256 over the file's size and time of change, its header, and evenly spaced samples of its tensors;
 * small files are read whole. First 32 hex digits. A file whose weights were edited in place between
 * the samples still differs in its time of change.
 *
 * @param headerBytes where the tensors' data begins
 */
export async function modelFingerprint(path: string, headerBytes: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path);
  try {
    const { size, mtimeMs } = await file.stat();
    hash.update(`${size} ${mtimeMs}`);
    const readPart = async (start: number, length: number): Promise<void> => {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, start);
      hash.update(buffer.subarray(0, bytesRead));
    };
    const header = Math.min(headerBytes, HEADER_BYTES, size);
    await readPart(0, header);
    const rest = size - header;
    if (rest <= SAMPLES * SAMPLE_BYTES) await readPart(header, rest);
    else
      for (let i = 0; i < SAMPLES; i++)
        await readPart(header + Math.floor(((rest - SAMPLE_BYTES) * i) / (SAMPLES - 1)), SAMPLE_BYTES);
    return hash.digest('hex').slice(0, 32);
  } finally {
    await file.close();
  }
}
