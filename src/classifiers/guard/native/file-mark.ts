import { statSync } from 'node:fs';

/**
 * What tells a file from one that took its place, without reading it: its size and time of change.
 * @returns undefined when there is no such file
 */
export function fileMark(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.size} ${found.mtimeMs}`;
}
