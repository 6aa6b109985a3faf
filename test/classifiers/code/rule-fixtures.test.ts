/** Every shipped rule against the annotated file beside it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadRuleSet } from '../../../src/classifiers/code/rules/rule-set.js';
import { scanSnippet } from '../../../src/classifiers/code/scan/scan-code.js';
import { shippedRules } from './shipped-rules.js';

const folder = shippedRules;

const LANGUAGE_OF: Readonly<Record<string, string>> = {
  '.py': 'python',
  '.js': 'javascript',
  '.ts': 'typescript',
  '.tsx': 'typescript',
  '.java': 'java',
  '.c': 'c',
  '.cpp': 'cpp',
  '.txt': 'text',
};

function filesUnder(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(join(path, entry.name)) : [join(path, entry.name)],
  );
}

/** Lines (1-based) on which a finding has to start, and lines that have to stay clean. */
function annotations(code: string, rule: string): { bad: number[]; good: number[] } {
  const marked = (word: string): number[] =>
    code.split('\n').flatMap((line, index) => {
      const ids = new RegExp(`\\b${word}:\\s*([\\w.,\\s-]+)`).exec(line)?.[1]?.split(/[,\s]+/) ?? [];
      return ids.includes(rule) ? [index + 2] : [];
    });
  return { bad: marked('ruleid'), good: marked('ok') };
}

const rules = await loadRuleSet(folder);
const files = filesUnder(folder).filter((file) => extname(file) !== '.yaml');

/** Its samples look like live keys and are put together in vendor-keys.test.ts. */
const WITHOUT_FILE = ['any-vendor-key'];

describe.each(rules.sources.map((source) => [source.id, source] as const))('%s', (id, source) => {
  const stem = join(folder, source.at.file.split('policies/code-shield/')[1] ?? '').replace(/\.yaml$/, '');
  const fixtures = files.filter((file) => file.replace(/\.[^.]+$/, '') === stem);

  test('has a test file, a CWE, a reference and a message', () => {
    expect(existsSync(`${stem}.yaml`)).toBe(true);
    if (!WITHOUT_FILE.includes(id)) expect(fixtures.length).toBeGreaterThan(0);
    expect(source.cwe).toMatch(/^CWE-\d+$/);
    expect(source.references.length).toBeGreaterThan(0);
    expect(source.message.length).toBeGreaterThan(40);
  });

  test.each(fixtures.map((file) => [file.slice(folder.length + 1), file] as const))('%s', async (_, file) => {
    const code = readFileSync(file, 'utf8');
    const { bad, good } = annotations(code, id);
    expect(bad.length).toBeGreaterThanOrEqual(3);
    expect(good.length).toBeGreaterThanOrEqual(3);
    const { findings } = await scanSnippet(
      rules,
      code,
      LANGUAGE_OF[extname(file)],
      performance.now() + 20_000,
    );
    const lines = new Set(
      findings.filter((finding) => finding.rule === id).map((finding) => finding.startLine),
    );
    expect([...lines].sort((a, b) => a - b)).toEqual(bad);
    expect(good.filter((line) => lines.has(line))).toEqual([]);
  });
});
