/**
 * A lock between processes: a file that exists while somebody holds it. Survives the death of its
 * holder: a lock all of whose processes are gone is stale and taken over, and so is one whose file
 * nobody touched for long (its process numbers may belong to others after a restart, or mean nothing
 * here when the folder is shared with another machine).
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STALE_MS = 15 * 60_000;
const STALE_ELSEWHERE_MS = 2 * 60_000;
const BEAT_MS = 10_000;
const POLL_MS = 200;

/**
 * Runs `work` while holding the lock; waits for other holders.
 *
 * @param path the lock file; its folder is made
 * @param onWait called once, with the holder's pid, when somebody else holds the lock
 * @param work gets a function that adds a child's pid to the lock: the lock then outlives its holder as
 *   long as that child runs (an `npm install` whose parent was killed still writes)
 * @returns what `work` returns; its errors pass through after the lock is released
 */
export async function withLock(path, onWait, work) {
  mkdirSync(dirname(path), { recursive: true });
  const token = randomUUID();
  let waited = false;
  const content = { pids: [process.pid], host: hostname(), token };
  while (!create(path, content)) {
    const holder = inspect(path);
    if (holder === undefined || (holder.stale && removeStale(path, holder.token))) continue;
    if (!holder.stale && !waited) onWait(holder.pids[0] ?? 0);
    waited ||= !holder.stale;
    await sleep(POLL_MS);
  }
  const beat = setInterval(() => touch(path), BEAT_MS);
  beat.unref();
  const onExit = () => release(path, token);
  process.once('exit', onExit);
  try {
    return await work((pid) => {
      content.pids.push(pid);
      writeFileSync(`${path}.${token}.new`, JSON.stringify(content));
      renameSync(`${path}.${token}.new`, path);
    });
  } finally {
    clearInterval(beat);
    process.off('exit', onExit);
    release(path, token);
  }
}

/** True when the file is ours now; false when it was there already. */
function create(path, content) {
  try {
    writeFileSync(path, JSON.stringify(content), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds the lock; undefined when nobody does any more. */
function inspect(path) {
  try {
    const age = Date.now() - statSync(path).mtimeMs;
    const { pids, host, token } = parse(readFileSync(path, 'utf8'));
    const here = host === hostname();
    return {
      pids,
      token,
      stale: age > (here ? STALE_MS : STALE_ELSEWHERE_MS) || (here && !pids.some(isRunning)),
    };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The content; empty values while (or since) its holder is in the middle of writing it. */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { pids: [], host: '', token: 'garbled' };
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

/**
 * Removes a stale lock without ever removing a fresh one: only the process that makes the marker named
 * after the stale lock's token may do it, and only if the lock still carries that token. False when
 * somebody else is doing it.
 */
function removeStale(path, token) {
  const marker = `${path}.${token}`;
  if (!create(marker, { pids: [process.pid], host: hostname(), token })) {
    // Somebody else is at it; a marker as old as a stale lock was left by a process that died there.
    if (inspect(marker)?.stale) rmSync(marker, { force: true });
    return false;
  }
  if (inspect(path)?.token === token) rmSync(path, { force: true });
  rmSync(marker, { force: true });
  rmSync(`${marker}.new`, { force: true });
  return true;
}

function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // The file is gone: somebody cleaned up by hand. The work goes on; `release` copes.
  }
}

function release(path, token) {
  if (inspect(path)?.token === token) rmSync(path, { force: true });
}
