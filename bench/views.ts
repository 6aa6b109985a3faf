/**
 * What the other views of a text (docs/views.md) catch and cost with the embedded guard. Run:
 *
 *   npx tsx bench/views.ts DATA.jsonl
 *
 * The file has one object a line: `{"text", "role": "User"|"Agent", "label": "safe"|"unsafe"}`. Prints how many
 * of its safe texts have a view and how many are taken for unsafe with and without views; then, for unsafe
 * prompts that the guard sees as they are, how many it still sees in each disguise.
 *
 * Options: --prompts N (60; unsafe prompts, each in every disguise) · --no-judge (only count the views).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbeddedFiles } from '../src/classifiers/guard/embedded-judge-files.js';
import { createEmbeddedJudge } from '../src/classifiers/guard/embedded/embedded-judge.js';
import { createEncoderSession } from '../src/classifiers/guard/embedded/encoder-session.js';
import type { Judge } from '../src/core/judge.js';
import { viewsOf } from '../src/engine/views/text-views.js';
import { packageRoot } from '../src/runtime/entry.js';
import { DISGUISES, ENCODINGS } from '../test/engine/views/disguises.js';
import { formatTable } from './statistics.js';

interface Row {
  readonly text: string;
  readonly role: 'User' | 'Agent';
  readonly label: 'safe' | 'unsafe';
}

const UNDOING = { disguises: true, encodings: true };
/** As the verdict "unsafe" of the embedded guard. */
const UNSAFE = 0.5;
const LONGEST_PROMPT = 200;

const { values, positionals } = parseArgs({
  options: { prompts: { type: 'string', default: '60' }, 'no-judge': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [file] = positionals;
if (file === undefined) throw new Error('Usage: npx tsx bench/views.ts DATA.jsonl');
const rows = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Row);

const safe = rows.filter(({ label }) => label === 'safe');
const views = safe.map(({ text }) => viewsOf(text, UNDOING));
const names = new Map<string, number>();
for (const name of views.flat().map((view) => view.name)) names.set(name, (names.get(name) ?? 0) + 1);
const viewed = views.filter((each) => each.length > 0).length;
console.log(`${viewed} of ${safe.length} safe texts have a view (${percent(viewed, safe.length)}).`);
console.log(
  formatTable(
    ['view', 'texts'],
    [...names].map(([name, count]) => [name, String(count)]),
  ),
);

const characters = safe.reduce((sum, { text }) => sum + text.length, 0);
const before = process.cpuUsage();
for (const { text } of safe) viewsOf(text, UNDOING);
const cpu = process.cpuUsage(before);
console.log(
  `Looking for views: ${((cpu.user + cpu.system) / characters).toFixed(3)} µs of processor a character.\n`,
);

if (!values['no-judge']) await judgeAll(await openGuard());

async function openGuard(): Promise<Judge> {
  const { head, encoderPath, encoderFingerprint } = await openEmbeddedFiles(join(packageRoot(), 'models'));
  const session = await createEncoderSession({ modelPath: encoderPath, threads: 1 });
  return createEmbeddedJudge({
    head,
    encoder: {
      fingerprint: encoderFingerprint,
      queueDepth: 0,
      embedPieces: (text, options) => session.embedPieces(text, options),
      close: () => session.dispose(),
    },
  });
}

async function judgeAll(judge: Judge): Promise<void> {
  const isUnsafe = async (text: string, role: Row['role']): Promise<boolean> => {
    const request = { messages: [{ role, text }], categoriesFrom: UNSAFE };
    const verdict = await judge.assess(request, { timeoutMs: 60_000 });
    if (verdict.verdict === 'unavailable') throw new Error(verdict.detail);
    return verdict.score >= UNSAFE;
  };
  let asWritten = 0;
  let withViews = 0;
  for (const [index, { text, role }] of safe.entries()) {
    let unsafe = await isUnsafe(text, role);
    if (unsafe) asWritten += 1;
    for (const view of views[index] ?? []) unsafe ||= await isUnsafe(view.text, role);
    if (unsafe) withViews += 1;
  }
  console.log(
    `Safe texts taken for unsafe: ${asWritten} as written (${percent(asWritten, safe.length)}), ` +
      `${withViews} with views (${percent(withViews, safe.length)}).`,
  );

  const prompts: string[] = [];
  for (const { text, role, label } of rows) {
    // Plain letters: then every disguise can be undone.
    if (label !== 'unsafe' || role !== 'User' || text.length > LONGEST_PROMPT || /[^\w ,.?'-]/.test(text))
      continue;
    if (text.split(' ').length > 4 && (await isUnsafe(text, role))) prompts.push(text);
    if (prompts.length === Number(values.prompts)) break;
  }
  const table: string[][] = [];
  for (const [name, hide] of Object.entries({ ...DISGUISES, ...ENCODINGS })) {
    let seen = 0;
    let caught = 0;
    let undone = 0;
    for (const prompt of prompts) {
      const text = hide(prompt);
      let unsafe = await isUnsafe(text, 'User');
      if (unsafe) seen += 1;
      const found = viewsOf(text, UNDOING);
      if (found.length > 0) undone += 1;
      for (const view of found) unsafe ||= await isUnsafe(view.text, 'User');
      if (unsafe) caught += 1;
    }
    table.push([name, String(undone), String(seen), String(caught)]);
  }
  console.log(`\nOf ${prompts.length} unsafe prompts that the guard sees as they are:`);
  console.log(formatTable(['hidden as', 'have a view', 'seen as written', 'seen with views'], table));
  await judge.close();
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(2)} %`;
}
