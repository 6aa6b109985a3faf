/**
 * Files in which evaluated tokens (keys and values of a model's attention) are kept. llama.cpp reads such
 * a file without much suspicion, so it gets only files that were written by the same model in the same
 * way (the key says so), that nobody else could write to, and that are still byte for byte what was written.
 *
 * Of each key there are
 *   KEY.state            what llama.cpp wrote
 *   KEY.json             its size and SHA-256
 *   KEY.loading-PID      while process PID loads it; one that was left behind means that a process died of it
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** States that a folder keeps; the ones used longest ago are removed. */
const MAX_STATES = 8;
/** No load takes longer; an older marker was left behind, whoever has its process id now. */
const LOADING_MS = 120_000;
/** A temporary file this old was left behind by a process that ended while writing. */
const STALE_MS = 3_600_000;
const TEMPORARY_PREFIX = 'portcullis-lanes-';

export interface StateFiles {
  /**
   * Gives `load` the path of what is kept under the key.
   * @returns false when nothing usable is kept. Whatever was wrong with it is deleted.
   * @throws StateLoadError when `load` rejected; the file is deleted
   */
  load(key: string, load: (path: string) => Promise<void>): Promise<boolean>;
  /** Lets `save` write a file and keeps it under the key. @returns why that was not possible, or undefined */
  save(key: string, save: (path: string) => Promise<void>): Promise<string | undefined>;
  /** Why the wanted folder is not used, without a full stop; undefined when it is, or when none was
   * wanted and a temporary one serves. */
  readonly refusal: string | undefined;
  /** Removes what is not meant to outlive the process. */
  dispose(): Promise<void>;
}

/** `load` rejected: nobody knows what it left behind. */
export class StateLoadError extends Error {
  constructor(cause: unknown) {
    super('A kept state could not be loaded.', { cause });
    this.name = 'StateLoadError';
  }
}

interface Sidecar {
  readonly size: number;
  readonly sha256: string;
}

/**
 * @param wanted the folder to use, made if it is missing; undefined, or one that others can write to: a
 *   private temporary folder that goes with the process
 */
export async function openStateFiles(wanted: string | undefined): Promise<StateFiles> {
  const refusal = wanted === undefined ? undefined : await whyNot(wanted);
  const lasting = wanted !== undefined && refusal === undefined;
  if (!lasting) await removeLeftFolders().catch(() => undefined);
  const temporary = lasting ? undefined : await openTemporary();
  if (typeof temporary === 'object') return nothingKept(temporary.fault);
  const folder = temporary ?? wanted ?? '';
  /** Files that this process has seen whole, as they looked then. */
  const verified = new Map<string, string>();

  const path = (key: string, ending: string): string => join(folder, `${key}.${ending}`);
  const remove = async (key: string): Promise<void> => {
    verified.delete(key);
    for (const ending of ['state', 'json']) await rm(path(key, ending), { force: true });
  };

  /** True when a process died while loading this, or may be dying of it. */
  async function killedSomebody(key: string): Promise<boolean> {
    let found = false;
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`${key}.loading-`)) continue;
      const pid = Number(name.slice(`${key}.loading-`.length));
      const age = Date.now() - (await stat(join(folder, name))).mtimeMs;
      if (pid !== process.pid && isAlive(pid) && age < LOADING_MS) continue;
      found = true;
      await rm(join(folder, name), { force: true });
    }
    return found;
  }

  async function isWhole(key: string): Promise<boolean> {
    const looks = await look(path(key, 'state'));
    if (looks === undefined) return false;
    if (verified.get(key) === looks) return true;
    const sidecar = parseSidecar(await readFile(path(key, 'json'), 'utf8'));
    const { size } = await stat(path(key, 'state'));
    if (sidecar?.size !== size || sidecar.sha256 !== (await sha256Of(path(key, 'state')))) return false;
    verified.set(key, looks);
    return true;
  }

  return {
    refusal,
    async load(key, load) {
      const usable = await (async () =>
        (await look(path(key, 'state'))) !== undefined &&
        !(await killedSomebody(key)) &&
        (await isWhole(key)))().catch(() => false);
      if (!usable) {
        await remove(key).catch(() => undefined);
        return false;
      }
      const marker = path(key, `loading-${process.pid}`);
      try {
        await writeFile(marker, '', { mode: 0o600 });
      } catch {
        return false;
      }
      try {
        await load(path(key, 'state'));
      } catch (error) {
        await remove(key).catch(() => undefined);
        throw new StateLoadError(error);
      } finally {
        await rm(marker, { force: true }).catch(() => undefined);
      }
      // What is used is young; the oldest are removed first. The changed time is not part of `look`.
      await utimes(path(key, 'state'), new Date(), new Date()).catch(() => undefined);
      return true;
    },
    async save(key, save) {
      const unfinished = path(key, `${process.pid}.tmp`);
      try {
        await save(unfinished);
        await chmod(unfinished, 0o600);
        const sidecar: Sidecar = { size: (await stat(unfinished)).size, sha256: await sha256Of(unfinished) };
        const unfinishedSidecar = path(key, `json.${process.pid}.tmp`);
        await writeFile(unfinishedSidecar, JSON.stringify(sidecar), { mode: 0o600 });
        await rename(unfinished, path(key, 'state'));
        await rename(unfinishedSidecar, path(key, 'json'));
        const looks = await look(path(key, 'state'));
        if (looks !== undefined) verified.set(key, looks);
        if (lasting) await removeOld(folder);
        return undefined;
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => undefined);
        return error instanceof Error ? error.message : String(error);
      }
    },
    async dispose() {
      if (!lasting) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A folder that only this user can look into, or why there is none. */
async function openTemporary(): Promise<string | { readonly fault: string }> {
  try {
    return await mkdtemp(join(tmpdir(), `${TEMPORARY_PREFIX}${process.pid}-`));
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function nothingKept(why: string): StateFiles {
  return {
    refusal: why,
    load: () => Promise.resolve(false),
    save: () => Promise.resolve(undefined),
    dispose: () => Promise.resolve(),
  };
}

/** What a file is known by without reading it; undefined when there is none. */
async function look(path: string): Promise<string | undefined> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined);
  return found?.isFile() === true ? `${found.dev} ${found.ino} ${found.size}` : undefined;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function parseSidecar(text: string): Sidecar | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { size, sha256 } = value as { size?: unknown; sha256?: unknown };
  return typeof size === 'number' && typeof sha256 === 'string' ? { size, sha256 } : undefined;
}

/** Makes the folder, and says why it cannot be used if it cannot. */
async function whyNot(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await stat(folder);
    if (!found.isDirectory()) return 'it is not a folder';
    // Windows has no such modes; there, a folder in the user's profile is the user's own.
    if (process.getuid !== undefined) {
      if (found.uid !== process.getuid()) return 'it belongs to another user';
      if ((found.mode & 0o022) !== 0) return 'other users can write to it';
    }
    const probe = join(folder, `probe.${process.pid}.tmp`);
    await writeFile(probe, '', { mode: 0o600 });
    await rm(probe, { force: true });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function removeOld(folder: string): Promise<void> {
  const states: { name: string; time: number }[] = [];
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found === undefined) continue;
    if (name.endsWith('.tmp') && Date.now() - found.mtimeMs > STALE_MS)
      await rm(join(folder, name), { force: true });
    if (name.endsWith('.state')) states.push({ name, time: found.mtimeMs });
  }
  states.sort((a, b) => b.time - a.time);
  for (const { name } of states.slice(MAX_STATES))
    for (const ending of ['state', 'json'])
      await rm(join(folder, name.replace(/state$/, ending)), { force: true });
}

/** Temporary folders of processes that were ended before they could remove them. */
async function removeLeftFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${TEMPORARY_PREFIX}(\\d+)-`).exec(name)?.[1]);
    // Only this user's own folders can be removed; the attempt on others does nothing.
    if (Number.isInteger(pid) && pid !== process.pid && !isAlive(pid))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
