/** The import rules are proven on a small tree: each bad import is reported by the rule that forbids it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../src/runtime/entry.js';

const FINE = {
  'index.ts': "export { start } from './server/start.js';\n",
  'cli/main.ts':
    "import { program } from 'commander';\nimport { start } from '../server/start.js';\nstart(program);\n",
  'core/word.ts': "export const word = 'word';\nexport type Word = string;\n",
  'policy/policy.ts': "export { word as policy } from '../core/word.js';\nexport type Policy = string;\n",
  'engine/engine.ts': "export { policy as engine } from '../policy/policy.js';\n",
  'enforcement/gate.ts':
    "import type { Policy } from '../policy/policy.js';\nexport { engine } from '../engine/engine.js';\nexport type Gate = Policy;\n",
  'classifiers/guard/llama.ts': "export { getLlama } from 'node-llama-cpp';\n",
  'server/start.ts':
    "import express from 'express';\nexport { engine } from '../engine/engine.js';\nexport * from '../enforcement/gate.js';\nexport * from '../classifiers/guard/llama.js';\nexport const start = express;\n",
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-boundaries-'));
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) {
    cpSync(join(packageRoot(), name), join(root, name));
  }
  symlinkSync(join(packageRoot(), 'node_modules'), join(root, 'node_modules'));
  for (const [path, text] of Object.entries(FINE)) write(path, text);
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, 'src', path)), { recursive: true });
  writeFileSync(join(root, 'src', path), text);
}

/** The exit code, and `rule: from` of each violation, as `npm run boundaries` gives them. */
function cruise(): { code: number | null; violations: string[] } {
  const bin = join(packageRoot(), 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { status, stdout } = spawnSync(
    process.execPath,
    [bin, 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
    { cwd: root, encoding: 'utf8', env: { ...process.env, FORCE_COLOR: '0' } },
  );
  const violations = [...stdout.matchAll(/^\s+error (\S+: \S+)/gm)].map((match) => match[1] ?? '');
  return { code: status, violations };
}

it('passes a tree that keeps the directions', { timeout: 120_000 }, () => {
  expect(cruise()).toEqual({ code: 0, violations: [] });
});

it('reports each import that goes the wrong way', { timeout: 120_000 }, () => {
  const bad: Readonly<Record<string, readonly [path: string, text: string]>> = {
    'core-imports': ['core/bad-up.ts', "export * from '../policy/policy.js';\n"],
    'policy-imports': ['policy/bad-sibling.ts', "export * from '../protocols/fine.js';\n"],
    'engine-imports': ['engine/bad-protocol.ts', "export * from '../protocols/fine.js';\n"],
    'enforcement-imports-types': [
      'enforcement/bad-value.ts',
      "export { policy } from '../policy/policy.js';\n",
    ],
    'telemetry-imports': [
      'telemetry/bad.ts',
      "import type { Policy } from '../policy/policy.js';\nexport type P = Policy;\n",
    ],
    'top-floor': ['engine/bad-server.ts', "export * from '../server/start.js';\n"],
    'node-llama-cpp-place': ['server/bad-native.ts', "export { getLlama } from 'node-llama-cpp';\n"],
    'express-place': ['engine/bad-express.ts', "export { default } from 'express';\n"],
    'prom-client-place': ['server/bad-prom.ts', "export { register } from 'prom-client';\n"],
    'undici-place': ['policy/bad-undici.ts', "export { fetch } from 'undici';\n"],
    'no-dev-dependencies': ['core/bad-dev.ts', "export { default } from 'fast-check';\n"],
    resolvable: ['core/bad-nowhere.ts', "export { x } from 'no-such-package-at-all';\n"],
    'no-orphans': ['core/bad-orphan.ts', 'export const alone = 1;\n'],
    'known-folder': ['novelties/bad.ts', "export * from '../core/word.js';\n"],
  };
  write('protocols/fine.ts', "export * from '../core/word.js';\n");
  for (const [path, text] of Object.values(bad)) write(path, text);
  const { code, violations } = cruise();
  expect(code).not.toBe(0);
  for (const [rule, [path]] of Object.entries(bad)) expect(violations).toContain(`${rule}: src/${path}`);
});

it('reports a circle, also one of types only', { timeout: 120_000 }, () => {
  write('policy/a.ts', "import type { B } from './b.js';\nexport type A = B;\n");
  write('policy/b.ts', "import type { A } from './a.js';\nexport type B = A;\n");
  const { code, violations } = cruise();
  expect(code).not.toBe(0);
  expect(violations.some((violation) => violation.startsWith('no-circular: src/policy/'))).toBe(true);
});
