/**
 * Writes src/engine/views/english-words.ts, the words by which the engine tells decoded text from noise:
 *
 *     npx tsx training/word-list.ts DATA_FOLDER
 *
 * The words that occur in most rows of `train.jsonl`, each row counted once. Sources of hateful or rude talk
 * are left out: their words are not wanted in a repository, and the guard needs the others to see a sentence.
 */
import { writeFileSync } from 'node:fs';
import { readRows } from './dataset.js';

const WORDS = 6000;
const LEFT_OUT =
  /diasafety|hatemoji|toxigen|davidson|hh-rlhf|gptfuzz|multijail|forbidden-question|jade|humaneval|interpreter/;
/** Of the words with one or two letters only these are words; the data is full of initials and units. */
const SHORT = new Set(
  'a i ad ah ai am an as at be by do eh ex go ha he hi id if in is it me my no of oh ok on or ox so to uk up us vs we'.split(
    ' ',
  ),
);
/** Line width of the file. */
const WIDTH = 108;

const folder = process.argv[2];
if (folder === undefined) throw new Error('Usage: npx tsx training/word-list.ts DATA_FOLDER');

const rows = new Map<string, number>();
for (const { text, source } of readRows(folder, 'train')) {
  if (LEFT_OUT.test(source)) continue;
  const plain = text.toLowerCase().replace(/[’']/g, '');
  for (const word of new Set(plain.match(/(?<![\p{L}\p{N}_])[a-z]+(?![\p{L}\p{N}_])/gu)))
    if (word.length > 2 || SHORT.has(word)) rows.set(word, (rows.get(word) ?? 0) + 1);
}
const words = [...rows]
  .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  .slice(0, WORDS)
  .map(([word]) => word);

const lines: string[] = [];
for (const word of words) {
  const line = lines.at(-1);
  if (line === undefined || line.length + 1 + word.length > WIDTH) lines.push(word);
  else lines[lines.length - 1] = `${line} ${word}`;
}
writeFileSync(
  new URL('../src/engine/views/english-words.ts', import.meta.url),
  `/** ${words.length} English words, the most frequent first. Written by training/word-list.ts. */
export const ENGLISH_WORDS = \`
${lines.join('\n')}
\`;
`,
);
