/** The model of a benchmark: a generated one in a temporary folder, or a file of the user's. */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GuardError } from '../../core/errors.js';
import { RANDOM_SHAPES, writeRandomLlama, type RandomShapeName } from '../gguf/random-llama.js';
import { syntheticVocabulary } from '../gguf/synthetic-vocabulary.js';
import { benchTemplate } from './template.js';
import { WORDS } from './words.js';

/** Bytes of the generated file, and some to spare. */
const NEEDED: Readonly<Record<RandomShapeName, number>> = { tiny: 30e6, '1b': 0.8e9, '8b': 5e9 };

export interface GeneratedModel {
  readonly path: string;
  readonly bytes: number;
  readonly remove: () => void;
}

/**
 * Writes a guard with random weights: the work of a real one, and answers without meaning.
 * @throws GuardError('config_invalid') when the disk has no room for it
 */
export function generateModel(shape: RandomShapeName): GeneratedModel {
  const parent = tmpdir();
  const { bavail, bsize } = statfsSync(parent);
  const [free, needed] = [bavail * bsize, NEEDED[shape]];
  if (free < needed)
    throw new GuardError(
      'config_invalid',
      `The model of shape ${shape} needs ${gigabytes(needed)} in ${parent}, and ${gigabytes(free)} are free. Set TMPDIR to a folder with more room, or choose a smaller --shape.`,
    );
  const folder = mkdtempSync(join(parent, 'portcullis-bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const path = join(folder, `random-guard-${shape}.gguf`);
    const template = benchTemplate();
    const texts = [template.replaceAll('\\n', '\n'), 'User Agent', WORDS.join(' ')];
    const bytes = writeRandomLlama(path, {
      name: `random guard ${shape}`,
      shape: RANDOM_SHAPES[shape],
      tokenizer: syntheticVocabulary(texts),
      chatTemplate: template,
    });
    return { path, bytes, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
