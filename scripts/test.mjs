/**
 * `npm test`: installs what is missing, builds, and runs every check. A check that fails does not keep
 * the others from running; the last line counts (`In all: 312 passed, 0 failed`).
 *
 *   npm test                     everything
 *   npm test -- test/engine      vitest only, with these arguments; no build, no other checks
 *
 * The counts are also left in .cache/test-summary.json, `{ passed, failed, stages }`, for .ci/run.
 */
import { requireNode } from './check-node.mjs';

requireNode();
const { spawn } = await import('node:child_process');
const { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } = await import('node:fs');
const { dirname, join } = await import('node:path');
const { fileURLToPath } = await import('node:url');
const { SetupError, ensureInstalled, say } = await import('./install.mjs');
const { ensureBuilt } = await import('./build.mjs');
const { countTests } = await import('./count-tests.mjs');

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const report = join(root, '.cache', 'vitest.json');
const summary = join(root, '.cache', 'test-summary.json');

const CHECKS = [
  ['prettier', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']],
  ['eslint', 'eslint/bin/eslint.js', ['.']],
  ['types', 'typescript/bin/tsc', ['-p', 'tsconfig.json', '--noEmit']],
  [
    'boundaries',
    'dependency-cruiser/bin/dependency-cruise.mjs',
    ['src', '--config', '.dependency-cruiser.cjs'],
  ],
];

/** Runs one tool and says what it runs. True when it ended with exit code 0. */
function run(script, args) {
  say(`$ ${[script, ...args].join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', script), ...args], {
      cwd: root,
      env: { ...process.env, NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}

const stages = [];

/** Times a stage, takes an error for a failure, and goes on. */
async function stage(name, work) {
  const start = performance.now();
  let ok = false;
  try {
    ok = await work();
  } catch (error) {
    say(error instanceof SetupError ? error.message : error.stack);
  }
  stages.push({ name, ok, seconds: Math.round((performance.now() - start) / 100) / 10 });
  return ok;
}

async function allChecks() {
  await stage('build', async () => {
    await ensureBuilt(root);
    return true;
  });
  for (const [name, script, options] of CHECKS) await stage(name, () => run(script, options));
}

async function main(args) {
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  rmSync(summary, { force: true });
  const installed = await stage('install', async () => {
    await ensureInstalled(root, 'full');
    return true;
  });
  if (installed) {
    if (args.length === 0) await allChecks();
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    await stage('vitest', () => run('vitest/vitest.mjs', ['run', ...reporters, ...args]));
  }
  const counts = countTests(
    existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined,
    stages,
  );
  writeFileSync(summary, JSON.stringify({ ...counts, stages }, null, 2) + '\n');
  for (const { name, ok, seconds } of stages) say(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  console.log(`In all: ${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

await main(process.argv.slice(2));
