/**
 * One download of a file at a time, over all processes that share the folder. Node has no locks of the
 * operating system, so a file that only one can create is the lock. What a process that was killed has
 * left behind is recognised: on the same host by its process id, elsewhere by a sign of life that
 * stopped.
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { GuardError } from '../../../core/errors.js';

export interface FileLock {
  /** @throws GuardError('guard_unavailable') when another process has taken the lock over */
  check(): Promise<void>;
  release(): Promise<void>;
}

const BEAT_MS = 5_000;
/** A holder on another host that gave no sign for so long is gone. Much longer than a beat: clocks differ. */
const GONE_MS = 120_000;

const holderSchema = z.object({ id: z.string(), pid: z.int().positive(), host: z.string() });
type Holder = z.infer<typeof holderSchema>;

/** Ids of the locks of this process: after a restart in a container, its process id may be that of the one before. */
const held = new Set<string>();

/**
 * @param path of the lock file, in a folder that exists
 * @throws GuardError('guard_unavailable') when somebody else has it
 */
export async function lockFile(path: string): Promise<FileLock> {
  const own: Holder = { id: randomUUID(), pid: process.pid, host: hostname() };
  for (let attempt = 0; !(await create(path, own)); attempt++) {
    const holder = await readHolder(path);
    if (attempt >= 3 || (await isHeld(path, holder)))
      throw new GuardError(
        'guard_unavailable',
        `This file is being downloaded already${
          holder === undefined ? '' : ` by process ${holder.pid} on ${holder.host}`
        }. Wait for it, or end it and run the same command again. (If that is not so, delete ${path})`,
      );
    await rm(path, { force: true });
  }
  held.add(own.id);
  const beat = setInterval(() => {
    const now = new Date();
    // A lock that cannot be touched is found missing by check().
    utimes(path, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  const isMine = async (): Promise<boolean> => (await readHolder(path))?.id === own.id;
  return {
    async check() {
      if (!(await isMine()))
        throw new GuardError(
          'guard_unavailable',
          `Another process has taken over this download: ${path} is not the one that was written. Run the same command again.`,
        );
    },
    async release() {
      clearInterval(beat);
      held.delete(own.id);
      if (await isMine()) await rm(path, { force: true });
    },
  };
}

async function create(path: string, holder: Holder): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(JSON.stringify(holder));
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

async function isHeld(path: string, holder: Holder | undefined): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  const age = Date.now() - found.mtimeMs;
  // Created a moment ago, and not yet written; or cut short by a crash.
  if (holder === undefined) return age < BEAT_MS;
  if (holder.host !== hostname()) return age < GONE_MS;
  return holder.pid === process.pid ? held.has(holder.id) : isAlive(holder.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
