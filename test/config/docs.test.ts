/** docs/configuration.md is complete, and its examples work. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { createSettings, variableOf } from '../../src/config/settings.js';
import { packageRoot } from '../../src/runtime/entry.js';

const text = readFileSync(join(packageRoot(), 'docs', 'configuration.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'config-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Cells of the table row that begins with this key. */
function rowOf(key: string): string[] {
  const line = text.split('\n').find((one) => one.startsWith(`| \`${key}\` `));
  return (line ?? '').split('|').map((cell) => cell.trim());
}

test('every setting has a row with its default and its variable', () => {
  for (const [key, one] of Object.entries(createSettings({}))) {
    const [, name, fallback, variable] = rowOf(key);
    expect(name).toBe(`\`${key}\``);
    const expected =
      key === 'guard.threads'
        ? 'cores, at most 8'
        : one.fallback === ''
          ? 'none'
          : `\`${JSON.stringify(one.fallback).replaceAll('"', '')}\``;
    expect(`${key} ${fallback ?? ''}`).toBe(`${key} ${expected}`);
    expect(`${key} ${variable ?? ''}`).toBe(
      `${key} ${((name) => (name === undefined ? '—' : `\`${name}\``))(variableOf(key, one))}`,
    );
  }
});

test('no row is about a setting that does not exist', () => {
  const known = Object.keys(createSettings({}));
  for (const [, key] of text.matchAll(/^\| `([a-z_]+(?:\.[a-z_]+)?)` /gm)) expect(known).toContain(key);
});

test('the examples load', () => {
  const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');
  expect(examples.length).toBeGreaterThan(2);
  for (const example of examples) {
    const file = join(folder, 'portcullis.yaml');
    writeFileSync(file, example);
    expect(loadConfig({ file, env: { UPSTREAM_KEY: 'x' } }).origin.file).toBe(file);
  }
});
