#!/usr/bin/env node
/**
 * Takes out of node_modules what only builds and editors read: for the Docker image, after the build.
 * Licences stay. Prints what was freed.
 *
 *   node scripts/slim-modules.mjs
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules');

/** The sources of llama.cpp, the compiler's own programs and a debug build: none runs in production. */
const UNUSED = [
  '@types',
  'node-llama-cpp/llama/gitRelease.bundle',
  'node-llama-cpp/templates',
  'typescript/lib/_tsc.js',
  'typescript/lib/_tsserver.js',
  'web-tree-sitter/debug',
  'zod/src',
];
const UNUSED_FILE = /\.(d\.[cm]?ts|map)$/;

let freed = 0;

function remove(path) {
  if (!existsSync(path)) return;
  freed += sizeOf(path);
  rmSync(path, { recursive: true });
}

function sizeOf(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** node-llama-cpp's packages for 32- and 64-bit ARM say that they fit x64 too, and npm installs them. */
function removeForeignBinaries() {
  const folder = join(modules, '@node-llama-cpp');
  const own = `${process.platform === 'win32' ? 'win' : process.platform === 'darwin' ? 'mac' : 'linux'}-`;
  const arch = { x64: 'x64', arm64: 'arm64', arm: 'armv7l' }[process.arch] ?? process.arch;
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!(name + '-').startsWith(`${own}${arch}-`)) remove(join(folder, name));
  }
}

removeForeignBinaries();
for (const path of UNUSED) remove(join(modules, path));
for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (entry.isFile() && UNUSED_FILE.test(entry.name)) remove(path);
}
console.error(`portcullis: freed ${Math.round(freed / 1e6)} MB of node_modules`);
