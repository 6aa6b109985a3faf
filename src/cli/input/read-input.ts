/** One whole text from a file or standard input. */
import { createReadStream, statSync } from 'node:fs';
import { CliError, EXIT } from '../exit.js';

/** More is not read: no text to judge and no source file is that large. */
export const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/**
 * @param path `-` is standard input
 * @throws CliError when it cannot be read, is too large, or is not UTF-8 text
 */
export async function readInput(path: string): Promise<string> {
  const name = path === '-' ? 'Standard input' : path;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (path !== '-' && statSync(path).isDirectory())
      throw new CliError(EXIT.usage, `${path} is a folder. Name its files: ${path.replace(/\/$/, '')}/*`);
    const stream = path === '-' ? process.stdin : createReadStream(path);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_INPUT_BYTES)
        throw new CliError(EXIT.usage, `${name} is larger than ${MAX_INPUT_BYTES / 1024 / 1024} MB.`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw fileFault(path, error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new CliError(EXIT.usage, `${name} is not UTF-8 text.`, { cause });
  }
}

const FILE_FAULTS: Record<string, string> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  EISDIR: 'is a folder, not a file',
  ENAMETOOLONG: 'has a name that is too long',
};

/**
 * The error of the system as a person reads it; other errors stay themselves.
 * @param wanted what was to be done with the file
 */
export function fileFault(path: string, error: unknown, wanted: 'read' | 'written' = 'read'): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return error;
  const name = path === '-' ? 'Standard input' : path;
  const known = wanted === 'read' || code === 'EISDIR' ? FILE_FAULTS[code] : undefined;
  return new CliError(EXIT.usage, `${name} ${known ?? `cannot be ${wanted} (${code})`}.`, {
    cause: error,
  });
}
