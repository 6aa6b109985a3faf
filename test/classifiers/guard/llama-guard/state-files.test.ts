import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openStateFiles,
  StateLoadError,
  type StateFiles,
} from '../../../../src/classifiers/guard/llama-guard/state-files.js';

const KEY = 'a'.repeat(32);
let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'portcullis-states-'));
  folder = join(parent, 'kept');
});
afterEach(() => rmSync(parent, { recursive: true }));

const keep = (files: StateFiles, key: string, content: string): Promise<string | undefined> =>
  files.save(key, (path) => writeFile(path, content));
/** What is found under the key; undefined when nothing is. */
async function find(files: StateFiles, key: string): Promise<string | undefined> {
  let content: string | undefined;
  await files.load(key, (path) => {
    content = readFileSync(path, 'utf8');
    return Promise.resolve();
  });
  return content;
}
/** A process id that nobody has. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('kept states', () => {
  it('are found by the same process and by later ones, under their own key', async () => {
    const files = await openStateFiles(folder);
    expect(files.refusal).toBeUndefined();
    expect(await find(files, KEY)).toBeUndefined();
    expect(await keep(files, KEY, 'policy')).toBeUndefined();
    expect(await find(files, KEY)).toBe('policy');
    const later = await openStateFiles(folder);
    expect(await find(later, KEY)).toBe('policy');
    expect(await find(later, 'b'.repeat(32))).toBeUndefined();
  });

  const DAMAGE: Record<string, () => void> = {
    'one bit turned': () => writeFileSync(join(folder, `${KEY}.state`), 'pnlicy'),
    'cut short': () => writeFileSync(join(folder, `${KEY}.state`), 'poli'),
    emptied: () => writeFileSync(join(folder, `${KEY}.state`), ''),
    'a folder instead': () => {
      rmSync(join(folder, `${KEY}.state`));
      mkdirSync(join(folder, `${KEY}.state`));
    },
    'without its sidecar': () => rmSync(join(folder, `${KEY}.json`)),
    'its sidecar half written': () => writeFileSync(join(folder, `${KEY}.json`), '{"size":6,'),
    'its sidecar of another kind': () => writeFileSync(join(folder, `${KEY}.json`), '[6]'),
    'left marked by a process that died loading it': () =>
      writeFileSync(join(folder, `${KEY}.loading-${deadPid()}`), ''),
    'left marked by a process whose id somebody else has now': () => {
      const marker = join(folder, `${KEY}.loading-1`);
      writeFileSync(marker, '');
      utimesSync(marker, new Date(0), new Date(0));
    },
    'left marked by a process that had our id': () =>
      writeFileSync(join(folder, `${KEY}.loading-${process.pid}`), ''),
  };
  it.each(Object.keys(DAMAGE))('are never used again: %s', async (name) => {
    await keep(await openStateFiles(folder), KEY, 'policy');
    DAMAGE[name]?.();
    const files = await openStateFiles(folder);
    expect(await find(files, KEY)).toBeUndefined();
    if (name !== 'a folder instead') {
      expect(readdirSync(folder)).toEqual([]);
      await keep(files, KEY, 'policy again');
      expect(await find(await openStateFiles(folder), KEY)).toBe('policy again');
    }
  });

  it('that could not be loaded are removed', async () => {
    const files = await openStateFiles(folder);
    await keep(files, KEY, 'policy');
    await expect(files.load(KEY, () => Promise.reject(new Error('bad magic')))).rejects.toBeInstanceOf(
      StateLoadError,
    );
    expect(readdirSync(folder)).toEqual([]);
    expect(await find(files, KEY)).toBeUndefined();
  });

  it('are marked while they are loaded, and only then', async () => {
    const files = await openStateFiles(folder);
    await keep(files, KEY, 'policy');
    let during: string[] = [];
    await files.load(KEY, () => {
      during = readdirSync(folder);
      return Promise.resolve();
    });
    expect(during).toContain(`${KEY}.loading-${process.pid}`);
    expect(readdirSync(folder).sort()).toEqual([`${KEY}.json`, `${KEY}.state`]);
  });

  it('are eight at most: the ones used longest ago go', async () => {
    const files = await openStateFiles(folder);
    const keys = Array.from({ length: 9 }, (_, i) => String(i).repeat(32));
    for (const [index, key] of keys.slice(0, 8).entries()) {
      await keep(files, key, 'policy');
      utimesSync(join(folder, `${key}.state`), new Date(), new Date(Date.now() - 100_000 + index * 1000));
    }
    expect(await find(files, keys[0] ?? '')).toBe('policy');
    await keep(files, keys[8] ?? '', 'policy');
    const kept = readdirSync(folder).filter((name) => name.endsWith('.state'));
    expect(kept).toHaveLength(8);
    expect(kept).toContain(`${keys[0] ?? ''}.state`);
    expect(kept).not.toContain(`${keys[1] ?? ''}.state`);
    expect(readdirSync(folder)).toHaveLength(16);
  });

  it('that cannot be written are done without, and the reason is told', async () => {
    const files = await openStateFiles(folder);
    expect(await files.save(KEY, () => Promise.reject(new Error('disk full')))).toBe('disk full');
    expect(await find(files, KEY)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a folder for states', () => {
  it.runIf(process.platform !== 'win32')('is not used when others can write to it', async () => {
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const files = await openStateFiles(folder);
    expect(files.refusal).toContain('write');
    await keep(files, KEY, 'policy');
    expect(await find(files, KEY)).toBe('policy');
    expect(readdirSync(folder)).toEqual([]);
    await files.dispose();
  });

  it('is not used when it is a file', async () => {
    writeFileSync(folder, '');
    const files = await openStateFiles(folder);
    expect(files.refusal).toBeDefined();
    await files.dispose();
  });

  it('is a temporary one where none is wanted; it goes with the process, also with one that was killed', async () => {
    const ours = (pid: number): string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`portcullis-lanes-${pid}-`));
    const pid = deadPid();
    mkdirSync(join(tmpdir(), `portcullis-lanes-${pid}-left`));
    const files = await openStateFiles(undefined);
    expect(ours(pid)).toEqual([]);
    await keep(files, KEY, 'policy');
    expect(await find(files, KEY)).toBe('policy');
    const before = ours(process.pid).length;
    await files.dispose();
    expect(ours(process.pid).length).toBe(before - 1);
  });
});
