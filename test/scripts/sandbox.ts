/**
 * A small project in a temporary folder, with the real scripts/, .ci/run and checks' settings, and an npm
 * that installs by linking the packages of this checkout. The fake npm reads what it should do from
 * environment variables (see below) and notes each call.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/runtime/entry.js';

/**
 * FAKE_NPM_SLEEP: milliseconds before it ends, with half of the work done.
 * FAKE_NPM_ERROR: what it says before it fails with exit code 1.
 */
const FAKE_NPM = `#!/usr/bin/env node
const fs = require('fs');
const { spawnSync } = require('child_process');
const args = process.argv.slice(2);
if (args[0] === 'test') {
  process.exit(spawnSync(process.execPath, ['scripts/test.mjs'], { stdio: 'inherit' }).status ?? 1);
}
fs.appendFileSync('npm-calls.log', args.join(' ') + '\\n');
if (process.env.NODE_LLAMA_CPP_SKIP_DOWNLOAD !== 'true') throw new Error('downloads are not off');
if (process.env.FAKE_NPM_ERROR) {
  console.error(process.env.FAKE_NPM_ERROR);
  process.exit(1);
}
fs.writeFileSync('node_modules/half-done', '');
setTimeout(() => {
  const real = process.env.REAL_MODULES;
  for (const name of fs.readdirSync(real)) {
    if (name.startsWith('.')) continue;
    if (args.includes('--omit=dev') && name === 'vitest') continue;
    if (!fs.existsSync('node_modules/' + name)) fs.symlinkSync(real + '/' + name, 'node_modules/' + name);
  }
  fs.rmSync('node_modules/half-done');
  console.log('added some packages');
}, Number(process.env.FAKE_NPM_SLEEP ?? 0));
`;

const MAIN = `import { word } from './word.js';
const args = process.argv.slice(2);
if (args.includes('--wait')) {
  const timer = setInterval(() => undefined, 1000);
  process.on('SIGTERM', () => {
    process.stdout.write('orderly end\\n');
    clearInterval(timer);
    process.exitCode = 5;
  });
}
process.stdout.write(JSON.stringify({ args, word }) + '\\n');
`;

export interface Run {
  readonly child: ChildProcess;
  /** Resolves when the process has ended and its output is complete. */
  readonly ended: Promise<Ended>;
  /** Resolves once stdout or stderr contains the text; rejects when the process ends before. */
  shows(text: string): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Sandbox {
  readonly root = mkdtempSync(join(tmpdir(), 'portcullis-scripts-'));

  constructor() {
    const repository = packageRoot();
    for (const path of [
      'scripts',
      '.ci',
      '.dependency-cruiser.cjs',
      'tsconfig.json',
      'tsconfig.build.json',
    ]) {
      cpSync(join(repository, path), join(this.root, path), { recursive: true });
    }
    const manifest = { name: 'sandbox', type: 'module', engines: { node: '>=20.20' }, scripts: {} };
    const devDependencies = { vitest: '*' };
    this.write('package.json', JSON.stringify({ ...manifest, devDependencies }, null, 2) + '\n');
    this.write('package-lock.json', '{}\n');
    this.write('bin/npm', FAKE_NPM, 0o755);
    this.write('bin/package.json', '{"type":"commonjs"}\n');
    this.write('src/cli/main.ts', MAIN);
    this.write('src/cli/word.ts', "export const word = 'first';\n");
    this.write('src/cli/page/index.html', '<p>page</p>\n');
    this.write('test/one.test.ts', passingTest);
    this.write('eslint.config.js', 'export default [];\n');
    this.write('vitest.config.ts', "export default { test: { include: ['test/**/*.test.ts'] } };\n");
    this.write('.prettierignore', 'scripts\n.ci\nbin\ndist\n*.json\n*.cjs\n');
    this.write('.prettierrc.json', readFileSync(join(repository, '.prettierrc.json'), 'utf8'));
  }

  write(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content, { mode });
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** The arguments of each install so far. */
  installs(): string[] {
    return this.has('npm-calls.log') ? this.read('npm-calls.log').trim().split('\n') : [];
  }

  start(command: string, args: readonly string[], extra: NodeJS.ProcessEnv = {}): Run {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: `${join(this.root, 'bin')}:${process.env.PATH ?? ''}`,
      REAL_MODULES: join(packageRoot(), 'node_modules'),
      // Not what the surrounding test run has set.
      npm_execpath: undefined,
      npm_lifecycle_event: undefined,
      NODE_LLAMA_CPP_SKIP_DOWNLOAD: undefined,
      NODE_OPTIONS: undefined,
      VITEST: undefined,
      ...extra,
    };
    const child = spawn(command, args, { cwd: this.root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    const watchers = new Set<() => void>();
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (data: Buffer) => {
        output[name] += data.toString();
        for (const watcher of watchers) watcher();
      });
    }
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...output }));
    });
    const shows = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const check = () => {
          if ((output.stdout + output.stderr).includes(text)) resolve();
        };
        watchers.add(check);
        check();
        ended.then(() => reject(new Error(`ended without "${text}": ${JSON.stringify(output)}`)), reject);
      });
    return { child, ended, shows };
  }

  script(name: string, args: readonly string[] = [], extra: NodeJS.ProcessEnv = {}): Run {
    return this.start(process.execPath, [`scripts/${name}`, ...args], extra);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export const passingTest =
  "import { expect, it } from 'vitest';\n\nit('adds', () => expect(1 + 1).toBe(2));\n";
export const failingTest = passingTest.replace('toBe(2)', 'toBe(3)');
