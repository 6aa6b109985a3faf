/** Writes a trained model as a head file (src/classifiers/guard/embedded/head-file.ts describes it). */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { HEAD_FORMAT, HEAD_VERSION, type HeadFile } from '../src/classifiers/guard/embedded/head-file.js';
import { CUTTING } from '../src/classifiers/guard/embedded/windows.js';
import type { Calibration } from './calibration.js';
import { CATEGORIES, INPUT_SCALE, LEXICAL_SHARE, type Model } from './model.js';

export function writeHead(path: string, model: Model, calibration: Calibration, encoderPath: string): void {
  const { network, lexical } = model;
  const { inputs, hidden, outputs } = network;
  const dimension = inputs - 1;
  /** From a row for each column of the file to the file's order; the embedding's rows carry the input scale. */
  const turned = (weights: Float32Array, columns: number): Float32Array =>
    weights.map((_, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      const value = weights[column * inputs + row] ?? 0;
      // The last row belongs to the agent flag.
      return row < dimension ? value * INPUT_SCALE : value;
    });
  const head: HeadFile = {
    format: HEAD_FORMAT,
    version: HEAD_VERSION,
    taxonomy: 'mlcommons-v0.5',
    encoder: {
      file: basename(encoderPath),
      sha256: createHash('sha256').update(readFileSync(encoderPath)).digest('hex'),
      dimension,
      cutting: CUTTING,
    },
    categories: CATEGORIES,
    calibration,
    tensors: {
      hiddenWeights: tensor([inputs, hidden], turned(network.w1, hidden)),
      hiddenBias: tensor([hidden], network.b1),
      outputWeights: tensor([hidden, outputs], network.w2),
      skipWeights: tensor([inputs, outputs], turned(network.w3, outputs)),
      outputBias: tensor([outputs], network.b),
      lexicalWeights: tensor(
        [lexical.length],
        lexical.map((value) => value * LEXICAL_SHARE),
      ),
    },
  };
  writeFileSync(path, JSON.stringify(head, null, 1) + '\n');
}

function tensor(shape: number[], values: Float32Array): HeadFile['tensors']['hiddenBias'] {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4);
  return { shape, data: bytes.toString('base64') };
}
