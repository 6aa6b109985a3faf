/** The models that are here, without asking anybody. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isFirstPart, isModelFileName, isRepositoryName, partNames, withQuantization } from './file-names.js';
import type { HubSpec } from './select-files.js';
import {
  filesBelow,
  localFiles,
  modelPaths,
  readRecord,
  sizeOf,
  type ModelPaths,
  type ModelRecord,
} from './store.js';

export interface LocalFile {
  /** As on the hub. */
  readonly name: string;
  readonly paths: ModelPaths;
  readonly bytes: number;
  /** Undefined for a file that was copied there by hand. */
  readonly record: ModelRecord | undefined;
}

export interface LocalModel {
  /** In order; the first is the one that is opened. */
  readonly parts: readonly LocalFile[];
  readonly bytes: number;
}

export type LocalSearch =
  | { readonly state: 'complete'; readonly model: LocalModel }
  /** Begun; `bytes` of the parts are here, of `total` if a record says so. */
  | { readonly state: 'incomplete'; readonly bytes: number; readonly total: number | undefined }
  /** Several files have the quantization. */
  | { readonly state: 'ambiguous'; readonly names: readonly string[] }
  | { readonly state: 'missing' };

/** What the folder has of a spec. */
export async function findLocalModel(spec: HubSpec, folder: string): Promise<LocalSearch> {
  const { repository } = spec;
  const below = await filesBelow(modelFolder(folder, repository));
  const begun = below.filter((name) => name.endsWith('.part')).map((name) => name.slice(0, -'.part'.length));
  const complete = await localFiles(folder, repository);
  const known = [...new Set([...complete, ...begun.filter(isModelFileName)])].sort();
  const firsts = firstParts(known);
  let found: readonly string[];
  if ('file' in spec) {
    const wanted = partNames(spec.file)[0] ?? spec.file;
    const same = firsts.filter((name) => name === wanted);
    found = same.length > 0 ? same : firsts.filter((name) => name.toLowerCase() === wanted.toLowerCase());
  } else found = withQuantization(firsts, spec.quantization);
  const [name] = found;
  if (name === undefined) return { state: 'missing' };
  if (found.length > 1) return { state: 'ambiguous', names: found };

  const names = partNames(name);
  const parts = (await Promise.all(names.map((part) => localFile(folder, repository, part)))).filter(
    (part) => part !== undefined,
  );
  if (parts.length === names.length) return { state: 'complete', model: { parts, bytes: sum(parts) } };
  const pending = names.filter((part) => begun.includes(part));
  const pendingBytes = await Promise.all(
    pending.map(async (part) => (await sizeOf(modelPaths(folder, repository, part).part)) ?? 0),
  );
  const totals = await Promise.all(
    names.map(async (part) => {
      const paths = modelPaths(folder, repository, part);
      return (await readRecord(paths.partRecord))?.size ?? (await sizeOf(paths.file));
    }),
  );
  return {
    state: 'incomplete',
    bytes: sum(parts) + pendingBytes.reduce((total, bytes) => total + bytes, 0),
    total: totals.reduce<number | undefined>(
      (total, bytes) => (total === undefined || bytes === undefined ? undefined : total + bytes),
      0,
    ),
  };
}

export async function localFile(
  folder: string,
  repository: string,
  name: string,
): Promise<LocalFile | undefined> {
  const paths = modelPaths(folder, repository, name);
  const bytes = await sizeOf(paths.file);
  return bytes === undefined ? undefined : { name, paths, bytes, record: await readRecord(paths.record) };
}

/** First parts, also of models of which only later parts are here. */
function firstParts(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => partNames(name)[0] ?? name))].filter(isFirstPart);
}

async function changedAt(path: string): Promise<Date | undefined> {
  const found = await stat(path)
    .catch(() => stat(`${path}.part`))
    .catch(() => undefined);
  return found?.mtime;
}

function sum(parts: readonly LocalFile[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}

function modelFolder(folder: string, repository: string): string {
  // The name of some file is as good as any for the check of the repository's name.
  const { file } = modelPaths(folder, repository, 'x.gguf');
  return file.slice(0, -basename(file).length - 1);
}

export interface ListedModel {
  /** `hf:USER/REPO/FILE.gguf`; for a file that lies elsewhere in the folder, `gguf:PATH`. */
  readonly spec: string;
  /** Absolute path; of a split model, of its first part. */
  readonly path: string;
  readonly complete: boolean;
  /** Bytes that are here, of all parts. */
  readonly bytes: number;
  /** Bytes that it will have; undefined when nobody knows. */
  readonly totalBytes: number | undefined;
  readonly record: ModelRecord | undefined;
  /** When it was pulled; without a record, when the file was last changed. */
  readonly at: Date | undefined;
}

/** Every model in the folder, complete or begun, by name. */
export async function listModels(folder: string): Promise<ListedModel[]> {
  const names = await filesBelow(folder);
  const models = new Set<string>();
  for (const name of names) {
    const model = name.replace(/\.part$/, '');
    if (/\.gguf$/i.test(model)) models.add(partNames(model)[0] ?? model);
  }
  return Promise.all([...models].sort().map((name) => listed(folder, name)));
}

async function listed(folder: string, name: string): Promise<ListedModel> {
  const [user = '', repo = '', ...rest] = name.split('/');
  const repository = `${user}/${repo}`;
  const file = rest.join('/');
  const fromHub = isRepositoryName(repository) && isModelFileName(file);
  const parts = await Promise.all(
    partNames(name).map(async (part) => {
      const path = `${folder}/${part}`;
      const whole = await sizeOf(path);
      const record = await readRecord(whole === undefined ? `${path}.part.json` : `${path}.json`);
      return {
        path,
        whole,
        bytes: whole ?? (await sizeOf(`${path}.part`)) ?? 0,
        total: whole ?? record?.size,
        record,
      };
    }),
  );
  const path = parts[0]?.path ?? `${folder}/${name}`;
  const totals = parts.map(({ total }) => total);
  const record = parts[0]?.record;
  return {
    spec: fromHub ? `hf:${repository}/${file}` : `gguf:${path}`,
    path,
    complete: parts.every(({ whole }) => whole !== undefined),
    bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
    totalBytes: totals.includes(undefined)
      ? undefined
      : totals.reduce<number>((total, bytes) => total + (bytes ?? 0), 0),
    record,
    at: record?.pulledAt === undefined ? await changedAt(path) : new Date(record.pulledAt),
  };
}
