#!/usr/bin/env node
/**
 * Copies what the compiler leaves behind, every file under src/ that is not TypeScript, to the same
 * place under dist/.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @returns the copied files' paths relative to `from`, sorted */
export function copyAssets(from, to) {
  const assets = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => relative(from, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
  for (const asset of assets) {
    mkdirSync(dirname(join(to, asset)), { recursive: true });
    copyFileSync(join(from, asset), join(to, asset));
  }
  return assets;
}

if (existsSync(process.argv[1] ?? '') && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  copyAssets(join(root, 'src'), join(root, 'dist'));
}
