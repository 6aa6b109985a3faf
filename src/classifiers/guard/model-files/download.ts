/** One file from the hub to the disk: resumed where it stopped, checked, and only then given its name. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuardError } from '../../../core/errors.js';
import { fileFault } from './file-faults.js';
import type { HubClient } from './hub-client.js';
import { HubInterruption } from './hub-errors.js';
import type { FileLock } from './lock.js';
import type { PullEvent } from './pull-events.js';
import { formatBytes } from './sizes.js';
import { readRecord, removePart, sizeOf, writeRecord, type ModelPaths, type ModelRecord } from './store.js';

export interface DownloadOptions {
  readonly client: HubClient;
  /** What is to be there in the end; `etag` and `pulledAt` are not read. */
  readonly wanted: ModelRecord;
  readonly paths: ModelPaths;
  readonly lock: FileLock;
  readonly signal: AbortSignal;
  /** Pauses before the attempts after the first, in milliseconds. */
  readonly pausesMs: readonly number[];
  readonly tell: (event: PullEvent) => void;
  /** @param bytes of this file that are here */
  readonly progress: (bytes: number) => void;
}

/** An attempt that brought so much makes up for those that failed before it. */
const PROGRESS_BYTES = 1024 ** 2;

/**
 * Leaves the file under its name with a record beside it; returns that record.
 * Rejects with HubInterruption when the hub or the network failed too often, with GuardError for
 * everything else, with the signal's reason after an abort. In all three cases what has come so far
 * stays for the next time, unless it proved to be wrong.
 */
export async function downloadFile(options: DownloadOptions): Promise<ModelRecord> {
  const { paths, wanted } = options;
  try {
    await mkdir(dirname(paths.file), { recursive: true });
    const resumed = await openPart(options);
    const sha256 = await fill(resumed, options);
    if (wanted.sha256 === undefined || sha256 === wanted.sha256) return await keep(sha256, options);
    await removePart(paths);
    if (!resumed.hadBytes) throw wrongContent(wanted, sha256);
    // What an earlier run left may have been damaged since; one honest attempt from the start.
    options.tell({ kind: 'restarting', name: wanted.file, why: 'what was there of it is damaged' });
    const again = await fill(await openPart(options), options);
    if (again === wanted.sha256) return await keep(again, options);
    await removePart(paths);
    throw wrongContent(wanted, again);
  } catch (error) {
    throw fileFault(error, paths.part);
  }
}

function wrongContent({ file, sha256 = '' }: ModelRecord, found: string): GuardError {
  return new GuardError(
    'config_invalid',
    `What came is not ${file}: its SHA-256 should be ${sha256} and is ${found}. It was deleted. Something between here and the hub changes downloads, or the hub is at fault; try another network or mirror.`,
  );
}

interface Part {
  readonly handle: FileHandle;
  readonly hash: Hash;
  /** Bytes that are in the file and in the hash. */
  bytes: number;
  readonly hadBytes: boolean;
  /** Of the server that sent those bytes. */
  etag: string | undefined;
}

/** The part of an earlier run if it is of the same content, else a new one. */
async function openPart({ paths, wanted, tell, signal, progress }: DownloadOptions): Promise<Part> {
  const there = await sizeOf(paths.part);
  const record = await readRecord(paths.partRecord);
  if (there !== undefined && there > 0) {
    if (record !== undefined && there <= wanted.size && isSameContent(record, wanted)) {
      tell({ kind: 'resuming', name: wanted.file, bytes: there, size: wanted.size });
      const hash = createHash('sha256');
      let hashed = 0;
      for await (const chunk of createReadStream(paths.part, {
        end: there - 1,
        highWaterMark: 1024 ** 2,
        signal,
      })) {
        hash.update(chunk as Buffer);
        hashed += (chunk as Buffer).length;
        progress(hashed);
      }
      return { handle: await open(paths.part, 'r+'), hash, bytes: hashed, hadBytes: true, etag: record.etag };
    }
    const why =
      record === undefined
        ? 'nobody knows what the part that is here belongs to'
        : 'the file on the hub has changed';
    tell({ kind: 'restarting', name: wanted.file, why });
  }
  await rm(paths.part, { force: true });
  await writeRecord(paths.partRecord, withoutEtag(wanted));
  return {
    handle: await open(paths.part, 'w'),
    hash: createHash('sha256'),
    bytes: 0,
    hadBytes: false,
    etag: undefined,
  };
}

function withoutEtag(record: ModelRecord): ModelRecord {
  return { ...record, etag: undefined };
}

/** With a SHA-256 from the hub that alone decides; without one, the server's entity tag does, later. */
function isSameContent(a: ModelRecord, b: ModelRecord): boolean {
  if (a.size !== b.size || a.repository !== b.repository || a.file !== b.file) return false;
  return a.sha256 === undefined && b.sha256 === undefined ? a.etag !== undefined : a.sha256 === b.sha256;
}

/** Brings the rest; closes the part. Returns the SHA-256 of the whole. */
async function fill(part: Part, options: DownloadOptions): Promise<string> {
  const { wanted, paths, signal, pausesMs, tell } = options;
  // A hash cannot be set back: starting over within the file replaces it.
  const state = { ...part, since: part.bytes, failures: 0 };
  try {
    while (state.bytes < wanted.size) {
      try {
        await attempt(state, options);
        if (state.bytes < wanted.size)
          throw new HubInterruption(
            `the connection ended after ${formatBytes(state.bytes)} of ${formatBytes(wanted.size)}`,
          );
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof HubInterruption)) throw error;
        if (state.bytes - state.since >= PROGRESS_BYTES) state.failures = 0;
        state.since = state.bytes;
        const pause = pausesMs[state.failures++];
        if (pause === undefined) throw error;
        const waitMs = Math.max(pause, Math.min(error.retryAfter ?? 0, 60) * 1000);
        tell({ kind: 'retrying', why: error.message, waitMs });
        await sleep(waitMs, undefined, { signal });
      }
    }
    await state.handle.sync();
    return state.hash.digest('hex');
  } finally {
    await state.handle.close();
    // A part without a byte is nothing to resume, and would only stand in the list of models.
    if (state.bytes === 0 && wanted.size > 0) {
      await rm(paths.part, { force: true });
      await rm(paths.partRecord, { force: true });
    }
  }
}

async function attempt(
  state: { hash: Hash; bytes: number; etag: string | undefined; readonly handle: FileHandle },
  { client, wanted, paths, signal, progress, tell }: DownloadOptions,
): Promise<void> {
  const answer = await client.download({
    repository: wanted.repository,
    revision: wanted.revision,
    name: wanted.file,
    // Nothing would tell whether the rest belongs to what is here: then all of it.
    from: wanted.sha256 === undefined && state.etag === undefined ? 0 : state.bytes,
    // File servers of one hub tag the same bytes differently; where the content has a hash, no tag is needed.
    etag: wanted.sha256 === undefined ? state.etag : undefined,
    signal,
  });
  try {
    const changed =
      (answer.sha256 !== undefined && wanted.sha256 !== undefined && answer.sha256 !== wanted.sha256) ||
      (answer.size !== undefined && answer.size !== wanted.size);
    if (changed)
      throw new GuardError(
        'config_invalid',
        `${wanted.file} is not what the hub's list says: ${formatBytes(wanted.size)} (${wanted.size} bytes) there, ${answer.size ?? 'other'} bytes sent. It was changed just now, perhaps; run the same command again.`,
      );
    if (answer.from !== state.bytes) {
      if (state.bytes > 0)
        tell({ kind: 'restarting', name: wanted.file, why: 'the server does not resume it' });
      await state.handle.truncate(0);
      state.hash = createHash('sha256');
      state.bytes = 0;
    }
    if (answer.etag !== state.etag) {
      state.etag = answer.etag;
      await writeRecord(paths.partRecord, { ...wanted, etag: answer.etag });
    }
    for await (const chunk of answer.body) {
      if (state.bytes + chunk.length > wanted.size)
        throw new GuardError(
          'config_invalid',
          `The hub sends more of ${wanted.file} than the ${wanted.size} bytes that it names. Run the same command again; if that does not help, the file cannot be had from there.`,
        );
      await writeAll(state.handle, chunk, state.bytes);
      state.hash.update(chunk);
      state.bytes += chunk.length;
      progress(state.bytes);
    }
  } finally {
    answer.discard();
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    const { bytesWritten } = await handle.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}

async function keep(sha256: string, { paths, wanted, lock }: DownloadOptions): Promise<ModelRecord> {
  await lock.check();
  const record: ModelRecord = { ...withoutEtag(wanted), sha256, pulledAt: new Date().toISOString() };
  await writeRecord(paths.record, record);
  await rename(paths.part, paths.file);
  await rm(paths.partRecord, { force: true });
  return record;
}

/** SHA-256 of a file, lower-case hex. */
export async function sha256OfFile(
  path: string,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (bytes: number) => void },
): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 ** 2, signal })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    progress(bytes);
  }
  return hash.digest('hex');
}
