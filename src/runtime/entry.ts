/**
 * Where the running code finds its own files: entry points of child processes and workers, and the
 * data folders (policies, taxonomies, models) beside it. The same calls work from `dist/` (what ships)
 * and from `src/` under a TypeScript loader (tests).
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface EntryPoint {
  /** Absolute path of the script. */
  readonly path: string;
  /** Node flags that the script needs; empty for built code. */
  readonly execArgv: readonly string[];
}

/**
 * @param base the caller's `import.meta.url`
 * @param name the script's path relative to it, without extension: `./host-main`
 */
export function entryPoint(base: string, name: string): EntryPoint {
  const fromSource = base.endsWith('.ts');
  const path = fileURLToPath(new URL(name + (fromSource ? '.ts' : '.js'), base));
  return { path, execArgv: fromSource ? ['--import', import.meta.resolve('tsx')] : [] };
}

/** The folder that holds package.json, and with it `policies/`, `taxonomies/` and `models/`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error('Portcullis cannot find its own package.json; reinstall the package.');
    folder = parent;
  }
  return folder;
}
