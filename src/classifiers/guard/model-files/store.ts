/**
 * The folder of downloaded models: `FOLDER/USER/REPO/FILE.gguf`, as on the hub. Beside each file:
 *
 *     FILE.gguf.json        what was pulled: its record
 *     FILE.gguf.part        a download that is not complete, and FILE.gguf.part.json, its record
 *     FILE.gguf.lock        somebody is downloading it now
 *
 * A file that was copied there by hand has no record and is used all the same.
 */
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { GuardError } from '../../../core/errors.js';
import { isModelFileName, isRepositoryName } from './file-names.js';

const recordSchema = z.object({
  hub: z.string(),
  repository: z.string(),
  file: z.string(),
  revision: z.string(),
  /** Bytes of the whole file. */
  size: z.int().nonnegative(),
  /** As the hub names it; for a complete file without such a name, as computed. */
  sha256: z.string().optional(),
  /** Of the server that sent the bytes; only while the download is not complete. */
  etag: z.string().optional(),
  licence: z.string().optional(),
  /** ISO 8601; only of complete files. */
  pulledAt: z.string().optional(),
});

export type ModelRecord = z.infer<typeof recordSchema>;

/** Where a model's file is, or would be. */
export interface ModelPaths {
  readonly file: string;
  readonly record: string;
  readonly part: string;
  readonly partRecord: string;
  readonly lock: string;
}

/** @throws GuardError('config_invalid') for names that lead out of the folder; there is no way around this check */
export function modelPaths(folder: string, repository: string, name: string): ModelPaths {
  const root = resolve(folder);
  const file = resolve(root, ...repository.split('/'), ...name.split('/'));
  if (!isRepositoryName(repository) || !isModelFileName(name) || !file.startsWith(root + sep))
    throw new GuardError(
      'config_invalid',
      `${JSON.stringify(`${repository}/${name}`)} is no name for a model file.`,
    );
  return {
    file,
    record: `${file}.json`,
    part: `${file}.part`,
    partRecord: `${file}.part.json`,
    lock: `${file}.lock`,
  };
}

/** Undefined when there is none, or none that can be understood. */
export async function readRecord(path: string): Promise<ModelRecord | undefined> {
  try {
    return recordSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Whole or not at all: a record that is half of one would make a download start anew. */
export async function writeRecord(path: string, record: ModelRecord): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(draft, path);
}

/** Bytes of a regular file; undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

export async function removePart({ part, partRecord }: ModelPaths): Promise<void> {
  await rm(part, { force: true });
  await rm(partRecord, { force: true });
}

/** Names, as on the hub, of the repository's complete files that are here. */
export async function localFiles(folder: string, repository: string): Promise<string[]> {
  const root = join(folder, ...repository.split('/'));
  const names = await filesBelow(root);
  return names.filter(isModelFileName).sort();
}

/** Folders deeper than this are no repository's. */
const DEEPEST = 8;

/** Relative paths, with `/`, of all regular files below a folder; none when it cannot be read. */
export async function filesBelow(root: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      // A link to a model kept elsewhere counts as the model; folders are not followed, they may lead in circles.
      if (entry.isFile() || (entry.isSymbolicLink() && (await sizeOf(path)) !== undefined))
        found.push(relative(root, path).split(sep).join('/'));
      else if (entry.isDirectory() && depth < DEEPEST) await visit(path, depth + 1);
    }
  };
  await visit(root, 0);
  return found;
}
