/**
 * Trains the head and measures it:
 *
 *     npx tsx training/train-head.ts DATA_FOLDER [--no-card]
 *
 * Reads train.jsonl and dev.jsonl, embeds them (cached in .cache/embeddings), predicts every source with
 * a model that never saw it, calibrates on those predictions, trains on everything, and writes
 * models/embedded-head.json and models/MODEL_CARD.md.
 */
import { join } from 'node:path';
import { packageRoot } from '../src/runtime/entry.js';
import { applyCalibration, calibrate } from './calibration.js';
import { readRows, type Row } from './dataset.js';
import { embedAll } from './embedding-cache.js';
import { writeHead } from './head-writer.js';
import { writeModelCard, type Judged } from './model-card.js';
import { fitModel, scoreText, type Example } from './model.js';
import { ownExamples } from './own-examples.js';
import { FOLDS, foldOf, isHateCorpus } from './row-policy.js';

const SEED = 20240607;

const [folder, ...flags] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: npx tsx training/train-head.ts DATA_FOLDER [--no-card]');

const root = packageRoot();
const encoderPath = join(root, 'models/all-minilm-l6-v2.Q8_0.gguf');
const trainRows = [...readRows(folder, 'train'), ...ownExamples()];
const devRows = readRows(folder, 'dev');
const sentences = await embedAll({
  cachePath: join(root, '.cache/embeddings/all-minilm-l6-v2.Q8_0.bin'),
  modelPath: encoderPath,
  threads: 1,
  texts: [...trainRows, ...devRows].map((row) => row.text),
});
const withSentences = (rows: readonly Row[]): Example[] =>
  rows.map((row) => ({ row, sentences: sentences.get(row.text) ?? [] }));

const examples = withSentences(trainRows);
const mirrored = withSentences(
  trainRows
    .filter((row) => isHateCorpus(row.source))
    .map((row) => ({ ...row, role: row.role === 'User' ? ('Agent' as const) : ('User' as const) })),
);
const heldOut = FOLDS.flatMap((sources, fold) => {
  console.error(`fold ${fold + 1} of ${FOLDS.length}: ${sources.join(', ')}`);
  const model = fitModel(
    [...examples, ...mirrored].filter(({ row }) => foldOf(row.source) !== fold),
    SEED,
  );
  return examples
    .filter(({ row }) => foldOf(row.source) === fold)
    .map((example) => ({ row: example.row, ...scoreText(model, example) }));
});
const calibration = calibrate(heldOut);

console.error('final model');
const model = fitModel([...examples, ...mirrored], SEED);
writeHead(join(root, 'models/embedded-head.json'), model, calibration, encoderPath);

const judge = (item: { row: Row; logit: number; categories: Float32Array }): Judged => ({
  row: item.row,
  score: applyCalibration(calibration, item.row.role, item.logit),
  categories: item.categories,
});
const dev = withSentences(devRows).map((example) =>
  judge({ row: example.row, ...scoreText(model, example) }),
);
const card = writeModelCard({ heldOut: heldOut.map(judge), dev, trainRows: trainRows.length, calibration });
if (flags.includes('--no-card')) console.log(card);
else {
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(root, 'models/MODEL_CARD.md'), card);
}
