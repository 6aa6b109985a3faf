/** Fills the embedding cache, so that training runs start at once: `npx tsx training/embed-texts.ts DATA_FOLDER`. */
import { join } from 'node:path';
import { packageRoot } from '../src/runtime/entry.js';
import { readRows } from './dataset.js';
import { openEmbeddingCache } from './embedding-cache.js';
import { ownExamples } from './own-examples.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: npx tsx training/embed-texts.ts DATA_FOLDER');
const cache = openEmbeddingCache({
  path: join(packageRoot(), '.cache/embeddings/all-minilm-l6-v2.Q8_0.bin'),
  modelPath: join(packageRoot(), 'models/all-minilm-l6-v2.Q8_0.gguf'),
  threads: 1,
});
const rows = [...ownExamples(), ...['dev', 'train'].flatMap((name) => readRows(folder, name))];
await cache.fill(rows.flatMap((row) => (row.prompt === undefined ? [row.text] : [row.text, row.prompt])));
