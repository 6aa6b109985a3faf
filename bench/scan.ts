/**
 * How long a warm scan takes, per language, for snippets of about 50 and 500 lines, with all shipped
 * rules; and how long all scans of the same snippet take together when it comes line by line in a stream.
 * Run: npx tsx bench/scan.ts
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadRuleSet } from '../src/classifiers/code/rules/rule-set.js';
import { createCodeStream } from '../src/classifiers/code/stream/code-stream.js';
import { scanGrowing, scanSnippet } from '../src/classifiers/code/scan/scan-code.js';
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

/** All scans of a snippet that comes line by line, the last one included, in milliseconds. */
async function streamed(code: string, language: string): Promise<number> {
  const far = performance.now() + 60_000;
  const from = performance.now();
  const stream = createCodeStream({
    scanWhole: async (whole) => ({
      status: 'scanned',
      ...(await scanSnippet(rules, whole, language, far)),
      ms: 0,
    }),
    scanGrowing: async (part) => ({
      status: 'scanned',
      ...(await scanGrowing(rules, part, language, far)),
      ms: 0,
    }),
  });
  let lines = 0;
  for (let end = code.indexOf('\n') + 1; end > 0; end = code.indexOf('\n', end) + 1) {
    lines += 1;
    await stream.push(
      { code: code.slice(0, end), lines, linesEnd: end, closed: false },
      { timeoutMs: 60_000 },
    );
  }
  await stream.push({ code, lines, linesEnd: code.length, closed: true }, { timeoutMs: 60_000 });
  return performance.now() - from;
}

const startedAt = performance.now();
const rules = await loadRuleSet(rulesFolder);
console.log(`rules loaded in ${(performance.now() - startedAt).toFixed(0)} ms`);
console.log('language    lines  rules  findings  p50 ms  p95 ms  streamed');
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
    const inStream: number[] = [];
    for (let run = 0; run < RUNS / 4; run++) inStream.push(await streamed(code, language));
    times.sort((a, b) => a - b);
    inStream.sort((a, b) => a - b);
    const ratio =
      (inStream[Math.floor(inStream.length / 2)] ?? 0) / (times[Math.floor(times.length / 2)] ?? 1);
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
        `${ratio.toFixed(1)}x`.padStart(9),
      ].join(' '),
    );
  }
}
