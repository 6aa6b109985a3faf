/** `models pull`: a spec of the hub becomes files on this machine. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GuardError } from '../../../core/errors.js';
import { formatJudgeSpec } from '../spec.js';
import { downloadFile, sha256OfFile } from './download.js';
import { checkSpace, fileFault } from './file-faults.js';
import { createHubClient, type HubClient } from './hub-client.js';
import { HubInterruption, unreachable } from './hub-errors.js';
import type { HubFile, HubRepository } from './hub-types.js';
import { findLocalModel, localFile, type LocalFile } from './local-model.js';
import { lockFile } from './lock.js';
import type { PullEvent } from './pull-events.js';
import { selectFiles, type HubSpec } from './select-files.js';
import { formatBytes } from './sizes.js';
import { modelPaths, sizeOf, type ModelRecord } from './store.js';

export interface PullOptions {
  /** Absolute path of the folder of models; made when it is not there. */
  readonly folder: string;
  /** Base URL of the hub, without a slash at its end. */
  readonly hub: string;
  readonly token?: string | undefined;
  /** Read complete files again and compare their SHA-256. Default false: only the size. */
  readonly verify?: boolean;
  /** Download although the file is there. Default false. */
  readonly force?: boolean;
  readonly signal: AbortSignal;
  readonly tell: (event: PullEvent) => void;
  /** Pauses before further attempts, in milliseconds; as many as attempts. Default 0.5, 2 and 5 seconds. */
  readonly pausesMs?: readonly number[];
}

export interface PulledFile {
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex; undefined when nobody computed or named it. */
  readonly sha256: string | undefined;
  /** True: the content was read in this run and has the SHA-256 that the hub names. */
  readonly verified: boolean;
}

export interface PulledModel {
  /** Of the only file, or of the first part. */
  readonly path: string;
  readonly files: readonly PulledFile[];
  /** False: everything was here already. */
  readonly downloaded: boolean;
}

const PAUSES_MS = [500, 2_000, 5_000];

/**
 * Rejects with GuardError: 'guard_unavailable' when the hub cannot be reached or somebody else downloads
 * the file, 'config_invalid' for all that another attempt does not change. After an abort with the
 * signal's reason. What has come so far stays, and the next pull resumes it.
 */
export async function pullModel(spec: HubSpec, options: PullOptions): Promise<PulledModel> {
  const client = createHubClient(options);
  try {
    const repository = await ask(spec, client, options);
    if (repository === undefined) return await presentWithoutHub(spec, options);
    return await pullFrom(repository, spec, client, options);
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof HubInterruption) throw await interrupted(error, spec, options);
    throw error;
  } finally {
    await client.close();
  }
}

/** Undefined: the hub cannot be reached, but the model is here. */
async function ask(
  spec: HubSpec,
  client: HubClient,
  { folder, signal, force = false, tell }: PullOptions,
): Promise<HubRepository | undefined> {
  try {
    return await client.repository(spec.repository, signal);
  } catch (error) {
    if (!(error instanceof HubInterruption) || force) throw error;
    if ((await findLocalModel(spec, folder)).state !== 'complete') throw error;
    tell({ kind: 'hub_not_asked', why: error.message });
    return undefined;
  }
}

async function presentWithoutHub(spec: HubSpec, options: PullOptions): Promise<PulledModel> {
  const search = await findLocalModel(spec, options.folder);
  if (search.state !== 'complete')
    throw new GuardError('guard_unavailable', `${formatJudgeSpec(spec)} went away while it was looked at.`);
  const files: PulledFile[] = [];
  for (const file of search.model.parts)
    files.push(
      await checkPresent(file, { size: file.record?.size, sha256: file.record?.sha256 }, spec, options),
    );
  return { path: files[0]?.path ?? '', files, downloaded: false };
}

async function pullFrom(
  repository: HubRepository,
  spec: HubSpec,
  client: HubClient,
  options: PullOptions,
): Promise<PulledModel> {
  const { folder, hub, signal, tell, force = false, pausesMs = PAUSES_MS } = options;
  const wanted = await Promise.all(
    selectFiles(spec, repository).map((file) => withSize(file, repository, client, signal)),
  );
  const here = (): Promise<(LocalFile | undefined)[]> =>
    Promise.all(
      wanted.map(async ({ name }) => (force ? undefined : localFile(folder, repository.name, name))),
    );
  const early = await here();
  if (early.every((file) => file !== undefined)) return confirmed(early, wanted, spec, options);

  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  const paths = wanted.map(({ name }) => modelPaths(folder, repository.name, name));
  const lockPath = paths[0]?.lock ?? '';
  try {
    await mkdir(dirname(lockPath), { recursive: true });
  } catch (error) {
    throw fileFault(error, dirname(lockPath));
  }
  const lock = await lockFile(lockPath).catch((error: unknown) => {
    throw fileFault(error, lockPath);
  });
  try {
    // Whoever had the lock before may have brought it.
    const present = await here();
    const missing = await Promise.all(
      wanted.map(async ({ size }, index) => {
        const path = paths[index];
        if (present[index] !== undefined || path === undefined) return 0;
        return Math.max(0, size - ((await sizeOf(path.part)) ?? 0));
      }),
    );
    const missingBytes = missing.reduce((sum, bytes) => sum + bytes, 0);
    tell({ kind: 'repository', repository, files: wanted, missingBytes });
    await checkSpace(folder, missingBytes);
    const files: PulledFile[] = [];
    let before = 0;
    for (const [index, file] of wanted.entries()) {
      const path = paths[index] ?? modelPaths(folder, repository.name, file.name);
      const there = present[index];
      const progress = (bytes: number): void =>
        tell({ kind: 'progress', doing: 'download', bytes: before + bytes, total });
      if (there !== undefined && !(there.record !== undefined && isOther(there.record, file)))
        files.push(await checkPresent(there, file, spec, options));
      else {
        const record: ModelRecord = {
          hub,
          repository: repository.name,
          file: file.name,
          revision: repository.revision,
          size: file.size,
          sha256: file.sha256,
          licence: repository.licence,
        };
        const kept = await downloadFile({
          client,
          wanted: record,
          paths: path,
          lock,
          signal,
          pausesMs,
          tell,
          progress,
        });
        files.push({
          path: path.file,
          bytes: kept.size,
          sha256: kept.sha256,
          verified: file.sha256 !== undefined,
        });
      }
      before += file.size;
      progress(0);
    }
    return { path: files[0]?.path ?? '', files, downloaded: true };
  } finally {
    await lock.release();
  }
}

/** All is here: whether it is whole, and still what the hub has. */
async function confirmed(
  present: readonly LocalFile[],
  wanted: readonly HubFile[],
  spec: HubSpec,
  options: PullOptions,
): Promise<PulledModel> {
  const files: PulledFile[] = [];
  for (const [index, file] of present.entries()) {
    const onHub = wanted[index];
    const { record } = file;
    // Another version on the hub does not make the one here wrong: the record tells what was pulled.
    const newer = record !== undefined && onHub !== undefined && isOther(record, onHub);
    if (newer) options.tell({ kind: 'newer_on_hub', name: file.name });
    files.push(await checkPresent(file, newer ? record : (onHub ?? {}), spec, options));
  }
  return { path: files[0]?.path ?? '', files, downloaded: false };
}

type SizedFile = HubFile & { readonly size: number };

async function withSize(
  file: HubFile,
  { name: repository, revision }: HubRepository,
  client: HubClient,
  signal: AbortSignal,
): Promise<SizedFile> {
  if (file.size !== undefined) return { ...file, size: file.size };
  const asked = await client.file({ repository, revision, name: file.name, signal });
  if (asked.size !== undefined) return { ...file, size: asked.size, sha256: file.sha256 ?? asked.sha256 };
  throw new GuardError(
    'config_invalid',
    `The hub does not say how large ${file.name} is, so a whole one could not be told from half of one. Use another hub, or copy the file and use gguf:PATH.`,
  );
}

function isOther(record: ModelRecord, file: HubFile): boolean {
  return (
    (file.size !== undefined && record.size !== file.size) ||
    (file.sha256 !== undefined && record.sha256 !== undefined && record.sha256 !== file.sha256)
  );
}

/** A file that is here against what it should be. */
async function checkPresent(
  { paths, bytes, name }: LocalFile,
  { size, sha256 }: { readonly size?: number | undefined; readonly sha256?: string | undefined },
  spec: HubSpec,
  { verify = false, signal, tell }: PullOptions,
): Promise<PulledFile> {
  const again = `Download it anew: portcullis models pull --force ${formatJudgeSpec(spec)}`;
  if (size !== undefined && bytes !== size)
    throw new GuardError(
      'config_invalid',
      `${paths.file} is damaged: it has ${bytes} bytes and should have ${size}. ${again}`,
    );
  if (!verify) return { path: paths.file, bytes, sha256, verified: false };
  const found = await sha256OfFile(paths.file, {
    signal,
    progress: (done) => tell({ kind: 'progress', doing: 'verify', bytes: done, total: bytes }),
  });
  if (sha256 !== undefined && found !== sha256)
    throw new GuardError(
      'config_invalid',
      `${paths.file} is damaged: the SHA-256 of ${name} should be ${sha256} and is ${found}. ${again}`,
    );
  return { path: paths.file, bytes, sha256: found, verified: sha256 !== undefined };
}

async function interrupted(
  error: HubInterruption,
  spec: HubSpec,
  { hub, folder }: PullOptions,
): Promise<GuardError> {
  const search = await findLocalModel(spec, folder);
  if (search.state !== 'incomplete' || search.bytes === 0) return unreachable(hub, error);
  const share = search.total === undefined ? '' : ` of ${formatBytes(search.total)}`;
  return new GuardError(
    'guard_unavailable',
    `The download of ${formatJudgeSpec(spec)} was interrupted: ${error.message}. ${formatBytes(search.bytes)}${share} are kept; the same command resumes it.`,
    { cause: error },
  );
}
