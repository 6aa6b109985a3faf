/**
 * How long a warm scan takes, per language, for snippets of about 50 and 500 lines, with all shipped
 * rules. Run: npx tsx bench/scan.ts
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadRuleSet } from '../src/classifiers/code/rules/rule-set.js';
import { scanSnippet } from '../src/classifiers/code/scan/scan-code.js';
import { packageRoot } from '../src/runtime/entry.js';

const SAMPLES: Readonly<Record<string, readonly [folder: string, extension: string]>> = {
  python: ['python', '.py'],
  javascript: ['javascript', '.js'],
  typescript: ['javascript', '.js'],
  java: ['java', '.java'],
  c: ['c', '.c'],
};
const RUNS = 60;

const rulesFolder = join(packageRoot(), 'policies', 'code-shield');

/** `lines` lines taken from the rules' own test files: dense with what the rules look for, so a hard case. */
function sample(folder: string, extension: string, lines: number): string {
  const all = readdirSync(join(rulesFolder, folder))
    .filter((name) => name.endsWith(extension))
    .flatMap((name) => readFileSync(join(rulesFolder, folder, name), 'utf8').split('\n'));
  const out: string[] = [];
  while (out.length < lines) out.push(...all.slice(0, lines - out.length));
  return out.join('\n');
}

function quantile(sorted: readonly number[], q: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(1);
}

const startedAt = performance.now();
const rules = await loadRuleSet(rulesFolder);
console.log(`rules loaded in ${(performance.now() - startedAt).toFixed(0)} ms`);
console.log('language    lines  rules  findings  p50 ms  p95 ms');
for (const [language, [folder, extension]] of Object.entries(SAMPLES)) {
  for (const lines of [50, 500]) {
    const code = sample(folder, extension, lines);
    const times: number[] = [];
    let findings = 0;
    for (let run = 0; run < RUNS; run++) {
      const from = performance.now();
      findings = (await scanSnippet(rules, code, language, from + 60_000)).findings.length;
      if (run >= RUNS / 4) times.push(performance.now() - from);
    }
    times.sort((a, b) => a - b);
    const count = rules.sources.filter(
      (rule) => rule.anyLanguage || (rule.languages as readonly string[]).includes(language),
    ).length;
    const cells = [language.padEnd(10), String(lines).padStart(6), String(count).padStart(6)];
    console.log(
      [
        ...cells,
        String(findings).padStart(9),
        quantile(times, 0.5).padStart(7),
        quantile(times, 0.95).padStart(7),
      ].join(' '),
    );
  }
}
