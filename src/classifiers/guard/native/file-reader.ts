/** Reads a file front to back in large blocks, without ever holding more than it must. */
import type { FileHandle } from 'node:fs/promises';

const BLOCK_BYTES = 1 << 20;

export class UnexpectedEndError extends Error {}

export interface FileReader {
  /** Offset in the file of the next byte. */
  readonly position: number;
  /** The next `bytes` bytes; valid until the next call. Throws UnexpectedEndError past the end. */
  take(bytes: number): Buffer | Promise<Buffer>;
  skip(bytes: number): void;
}

/** @param size of the file in bytes */
export function createFileReader(file: FileHandle, size: number): FileReader {
  let buffer: Buffer = Buffer.alloc(0);
  /** Offset in the file of the buffer's first byte, and in the buffer of the next byte. */
  let origin = 0;
  let next = 0;

  async function refill(bytes: number): Promise<void> {
    const start = origin + next;
    const fresh = Buffer.allocUnsafe(Math.min(Math.max(bytes, BLOCK_BYTES), size - start));
    let filled = 0;
    while (filled < fresh.length) {
      const { bytesRead } = await file.read(fresh, filled, fresh.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    buffer = fresh.subarray(0, filled);
    origin = start;
    next = 0;
    if (filled < bytes) throw new UnexpectedEndError();
  }

  function cut(bytes: number): Buffer {
    const piece = buffer.subarray(next, next + bytes);
    next += bytes;
    return piece;
  }

  return {
    get position() {
      return origin + next;
    },
    // Answers at once when it can: a header has hundreds of thousands of small values.
    take(bytes) {
      if (bytes > size - (origin + next)) throw new UnexpectedEndError();
      if (next + bytes <= buffer.length) return cut(bytes);
      return refill(bytes).then(() => cut(bytes));
    },
    skip(bytes) {
      if (bytes > size - (origin + next)) throw new UnexpectedEndError();
      next += bytes;
      if (next > buffer.length) {
        origin += next;
        next = 0;
        buffer = Buffer.alloc(0);
      }
    },
  };
}
