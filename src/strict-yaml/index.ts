/** Strict YAML: every mistake in a file is found at once and told with its place and its remedy. */
import { readFileSync, statSync } from 'node:fs';
import { GuardError } from '../core/errors.js';
import type { SchemaFor } from './inspect.js';
import { inspectYaml } from './inspect.js';
import { formatProblems } from './problem.js';

export { inspectYaml } from './inspect.js';
export type { Inspected, SchemaFor } from './inspect.js';
export { explainIssues } from './explain.js';
export { didYouMean, nearest } from './nearest.js';
export { formatPath, formatProblem, formatProblems } from './problem.js';
export type { Problem } from './problem.js';

/** Files of settings are small; a larger one is a mistake. */
export const MAX_FILE_BYTES = 1024 * 1024;

/**
 * @param fileName what the messages call the text
 * @throws GuardError('config_invalid') with one line for every problem: file, line, column, path,
 *   what is wrong, what is allowed
 */
export function parseStrictYaml<T>(text: string, schema: SchemaFor<T>, fileName: string): T {
  const inspected = inspectYaml(text, schema);
  if (inspected.ok) return inspected.value;
  throw new GuardError('config_invalid', formatProblems(fileName, inspected.problems));
}

/** What went wrong with a file as a whole, by the code of the system's error. */
const FILE_FAULTS: Record<string, string> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  EISDIR: 'is a folder, not a file',
  ELOOP: 'is a link that leads to itself',
  ENAMETOOLONG: 'has a name that is too long',
};

/**
 * The text of a file of settings.
 * @throws GuardError('config_invalid') when it does not exist, is no file, is larger than 1 MB or is
 *   not UTF-8
 */
export function readSettingsFile(path: string): string {
  const fault = (what: string, cause?: unknown): GuardError =>
    new GuardError('config_invalid', `${path} ${what}.`, { cause });
  let bytes: Buffer;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw fault('is a folder, not a file');
    if (!stat.isFile()) throw fault('is not an ordinary file');
    if (stat.size > MAX_FILE_BYTES) throw fault('is larger than 1 MB, which no file of settings should be');
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof GuardError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw fault(FILE_FAULTS[code] ?? `cannot be read (${code || String(error)})`, error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw fault('is not UTF-8 text; save it in that encoding', error);
  }
}

/** Reads and checks a file; throws as `readSettingsFile` and `parseStrictYaml` do. */
export function readStrictYaml<T>(path: string, schema: SchemaFor<T>): T {
  return parseStrictYaml(readSettingsFile(path), schema, path);
}
