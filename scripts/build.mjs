#!/usr/bin/env node
/**
 * Compiles src/ to dist/ when the sources changed since the last time.
 *
 * The new dist is made aside and takes the old one's place in one step, with a stamp of what it was
 * made from: a build that fails or is killed leaves the old dist as it was, and files whose source is
 * gone do not linger.
 *
 *   node scripts/build.mjs            types checked, with declarations: what is published
 *   node scripts/build.mjs --fast     emit only, as `npm start` does (times: CONTRIBUTING.md)
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireNode } from './check-node.mjs';
import { copyAssets } from './copy-assets.mjs';
import { SetupError, lockPath, say, waiting } from './install.mjs';
import { withLock } from './lock.mjs';

const MAIN = join('cli', 'main.js');

/**
 * Builds when needed.
 *
 * @param root the folder of package.json; its packages are installed
 * @param fast emit only: no type check, no declarations. A checked build serves for both.
 * @throws SetupError when the compiler finds fault; its words are on stderr
 */
export async function ensureBuilt(root, { fast = false } = {}) {
  if (isBuilt(root, fast)) return;
  await withLock(lockPath(root), waiting(root), async () => {
    if (!isBuilt(root, fast)) await build(root, fast);
  });
}

async function build(root, fast) {
  say('building …');
  const key = sourceKey(root);
  const cache = join(root, '.cache');
  for (const name of readdirSync(cache)) {
    // Left by builds that were killed: under the lock nobody else is building.
    if (name.startsWith('dist-')) rmSync(join(cache, name), { recursive: true, force: true });
  }
  const fresh = join(cache, `dist-new-${process.pid}`);
  mkdirSync(fresh);
  const options = ['--outDir', fresh, '--incremental', 'false'];
  if (fast) options.push('--noCheck', '--declaration', 'false');
  const code = await tsc(root, ['-p', 'tsconfig.build.json', ...options]);
  if (code !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new SetupError('the build failed; the compiler says above what is wrong and where.');
  }
  copyAssets(join(root, 'src'), fresh);
  if (existsSync(join(fresh, MAIN))) chmodSync(join(fresh, MAIN), 0o755);
  writeFileSync(join(fresh, '.portcullis-build.json'), JSON.stringify({ key, fast }) + '\n');

  const dist = join(root, 'dist');
  const old = join(cache, `dist-old-${process.pid}`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

function isBuilt(root, fast) {
  const stamp = join(root, 'dist', '.portcullis-build.json');
  if (!existsSync(stamp)) return false;
  const { key, fast: wasFast } = JSON.parse(readFileSync(stamp, 'utf8'));
  return key === sourceKey(root) && (fast || !wasFast);
}

/** Changes when a build would come out differently: the sources, the settings, the compiler. */
function sourceKey(root) {
  const hash = createHash('sha256');
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const name of ['tsconfig.json', 'tsconfig.build.json']) files.push(join(root, name));
  files.push(join(root, 'node_modules', 'typescript', 'package.json'));
  for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

function tsc(root, args) {
  const compiler = createRequire(join(root, 'package.json')).resolve('typescript/bin/tsc');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [compiler, ...args], {
      cwd: root,
      stdio: ['ignore', process.stderr, process.stderr],
    });
    child.once('error', reject);
    child.once('close', resolve);
  });
}

if (existsSync(process.argv[1] ?? '') && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  requireNode();
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  ensureBuilt(root, { fast: process.argv.includes('--fast') }).catch((error) => {
    say(error instanceof SetupError ? error.message : error.stack);
    process.exitCode = 1;
  });
}
