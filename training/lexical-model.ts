/**
 * Trains the lexical half of the head: a logistic regression on the hashed tokens and token pairs of a
 * piece, by AdaGrad (Duchi, Hazan and Singer, 2011). Few passes and a small pull to zero keep it from
 * learning the sources' wording by heart.
 */
import { Random } from './random.js';
import { sigmoid } from './vectors.js';

export interface LexicalSample {
  readonly buckets: readonly number[];
  readonly unsafe: boolean;
  readonly weight: number;
}

const EPOCHS = 5;
const RATE = 0.3;
const PULL = 2e-5;

/** One weight for each bucket. A piece's logit is their mean times the square root of their number. */
export function trainLexical(samples: readonly LexicalSample[], buckets: number, seed: number): Float32Array {
  const random = new Random(seed);
  const weights = new Float32Array(buckets);
  const squares = new Float32Array(buckets).fill(1e-2);
  let bias = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++)
    for (const index of random.permutation(samples.length)) {
      const sample = samples[index];
      if (sample === undefined) continue;
      const scale = 1 / Math.sqrt(Math.max(1, sample.buckets.length));
      const error = sigmoid(runLexical(weights, sample.buckets) + bias) - (sample.unsafe ? 1 : 0);
      const slope = sample.weight * error;
      bias -= 0.01 * slope;
      for (const bucket of sample.buckets) {
        const weight = weights[bucket] ?? 0;
        const g = slope * scale + PULL * weight;
        const square = (squares[bucket] ?? 0) + g * g;
        squares[bucket] = square;
        weights[bucket] = weight - (RATE * g) / Math.sqrt(square);
      }
    }
  return weights;
}

/** The logit of a piece, without the bias (the calibration has one). */
export function runLexical(weights: Float32Array, buckets: readonly number[]): number {
  let sum = 0;
  for (const bucket of buckets) sum += weights[bucket] ?? 0;
  return sum / Math.sqrt(Math.max(1, buckets.length));
}
