/** The file system's refusals in words. */
import { statfs } from 'node:fs/promises';
import { GuardError } from '../../../core/errors.js';
import { formatBytes } from './sizes.js';

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'it may not be written. Check its permissions, or name another folder (models.folder)',
  EPERM: 'it may not be written. Check its permissions, or name another folder (models.folder)',
  EROFS: 'its file system is read-only. Name another folder (models.folder)',
  ENOTDIR: 'a part of its path is a file, not a folder. Name another folder (models.folder)',
  EEXIST: 'a part of its path is a file, not a folder. Name another folder (models.folder)',
  EISDIR: 'there is a folder of that name',
  ENOSPC: 'the disk is full. What is there is kept: make room and run the same command again',
  EDQUOT: 'your quota is used up. What is there is kept: make room and run the same command again',
  EFBIG: 'the file system cannot hold so large a file. Name another folder (models.folder)',
};

/** A GuardError for a fault of the file system, anything else as it is. */
export function fileFault(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const code = String(error.code);
  const why = WHY[code] ?? `${code}: ${error.message}`;
  return new GuardError('config_invalid', `${path} cannot be written: ${why}.`, { cause: error });
}

/** Left for everybody else on that disk. */
const RESERVE_BYTES = 64 * 1024 ** 2;

/** @throws GuardError('config_invalid') when the disk has no room for so many bytes more */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  // Some network file systems do not tell; then a full disk shows itself while writing.
  const disk = await statfs(folder).catch(() => undefined);
  if (disk === undefined || disk.blocks === 0) return;
  const free = disk.bavail * disk.bsize;
  if (bytes + RESERVE_BYTES <= free) return;
  throw new GuardError(
    'config_invalid',
    `The disk of ${folder} is too full: ${formatBytes(bytes)} are needed, ${formatBytes(free)} are free. Make room, or name another folder: PORTCULLIS_MODELS_FOLDER=PATH`,
  );
}
