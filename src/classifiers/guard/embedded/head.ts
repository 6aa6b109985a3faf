/**
 * The head: a small network with one hidden layer that reads a piece's embedding and who spoke, plus
 * a linear model of the piece's tokens. It answers how likely the piece is unsafe and which hazard
 * category it would be.
 */
import { createHash } from 'node:crypto';
import type { CategoryScore } from '../../../core/assessment.js';
import type { GuardRole } from '../../../core/conversation.js';
import { readHeadFile, readTensor, type HeadFile } from './head-file.js';
import { lexicalBuckets } from './lexical.js';
import type { EmbeddedPiece } from './piece-encoder.js';
import { CUTTING } from './windows.js';

export interface HeadScore {
  /** In [0, 1]; 0.5 is the operating point. */
  readonly score: number;
  /** Every category, highest score first; the first has the score of the whole. */
  readonly categories: readonly CategoryScore[];
}

export interface EmbeddedHead {
  readonly taxonomy: string;
  /** What the head was trained on; `sha256` is the encoder file's. */
  readonly encoder: HeadFile['encoder'];
  /** SHA-256 of the head file, hexadecimal. */
  readonly fingerprint: string;
  /** Scores one piece. Throws when the embedding's length is not `encoder.dimension`. */
  score(piece: EmbeddedPiece, role: GuardRole): HeadScore;
}

/** Loads a head. Throws with a message that names file and fault. */
export function loadHead(path: string): EmbeddedHead {
  const { bytes, head } = readHeadFile(path);
  if (head.encoder.cutting !== CUTTING)
    throw new Error(
      `The head file ${path} was trained on texts cut as ${head.encoder.cutting}, but this version cuts them as ${CUTTING}. Train the head again (docs/embedded-guard.md).`,
    );
  const network = createNetwork(head);
  const lexical = createLexical(head);
  return {
    taxonomy: head.taxonomy,
    encoder: head.encoder,
    fingerprint: createHash('sha256').update(bytes).digest('hex'),
    score({ embedding, tokenIds }, role) {
      const logits = network(embedding, role);
      const unsafe = (logits[0] ?? NaN) + lexical(tokenIds);
      const { slope, offset } = head.calibration[role];
      const score = 1 / (1 + Math.exp(-(slope * unsafe + offset)));
      if (!Number.isFinite(score)) throw new Error('The head gave a score that is not a number.');
      return { score, categories: rankCategories(head.categories, logits, score) };
    },
  };
}

/** Throws when the encoder file is not the one the head was trained on. */
export function assertEncoderMatches(head: EmbeddedHead, encoderSha256: string): void {
  if (head.encoder.sha256 !== encoderSha256)
    throw new Error(
      `The head was trained on ${head.encoder.file} with SHA-256 ${head.encoder.sha256}, but the encoder file has ${encoderSha256}. Use that encoder, or train the head again (docs/embedded-guard.md).`,
    );
}

/**
 * relu(x W1 + b1) W2 + x W3 + b, where x is the embedding and a last input that is 1 for an Agent.
 */
function createNetwork(head: HeadFile): (embedding: Float32Array, role: GuardRole) => Float32Array {
  const dimension = head.encoder.dimension;
  const inputs = dimension + 1;
  const outputs = head.categories.length + 1;
  const hidden = head.tensors.hiddenBias.shape[0] ?? 0;
  const hiddenWeights = readTensor(head, 'hiddenWeights', [inputs, hidden]);
  const hiddenBias = readTensor(head, 'hiddenBias', [hidden]);
  const outputWeights = readTensor(head, 'outputWeights', [hidden, outputs]);
  const skipWeights = readTensor(head, 'skipWeights', [inputs, outputs]);
  const outputBias = readTensor(head, 'outputBias', [outputs]);

  return (embedding, role) => {
    if (embedding.length !== dimension)
      throw new Error(
        `The encoder gave ${embedding.length} values where the head needs ${dimension}. Encoder and head do not belong together.`,
      );
    const x = new Float32Array(inputs);
    x.set(embedding);
    x[dimension] = role === 'Agent' ? 1 : 0;
    const activations = multiplyAdd(x, hiddenWeights, hiddenBias).map((value) => Math.max(value, 0));
    return multiplyAdd(activations, outputWeights, multiplyAdd(x, skipWeights, outputBias));
  };
}

/** The sum of the weights of a piece's buckets over the square root of their number. */
function createLexical(head: HeadFile): (tokenIds: Uint32Array) => number {
  const buckets = head.tensors.lexicalWeights.shape[0] ?? 0;
  if (buckets < 2 || !Number.isInteger(Math.log2(buckets)))
    throw new Error(`The head's lexicalWeights are ${buckets} values; their number must be a power of two.`);
  const weights = readTensor(head, 'lexicalWeights', [buckets]);
  return (tokenIds) => {
    const found = lexicalBuckets(tokenIds, buckets);
    const sum = found.reduce((total, bucket) => total + (weights[bucket] ?? 0), 0);
    return sum / Math.sqrt(Math.max(1, found.length));
  };
}

/** x M + bias, M row by row with as many columns as the bias is long. */
function multiplyAdd(x: Float32Array, matrix: Float32Array, bias: Float32Array): Float32Array {
  const columns = bias.length;
  const out = Float32Array.from(bias);
  for (const [row, value] of x.entries()) {
    if (value === 0) continue;
    const start = row * columns;
    for (let column = 0; column < columns; column++)
      out[column] = (out[column] ?? 0) + value * (matrix[start + column] ?? 0);
  }
  return out;
}

/**
 * The categories' outputs say which hazard it would be, given that it is one. The likeliest carries
 * the whole score, the others their share relative to it, so that no category exceeds the verdict.
 */
function rankCategories(ids: readonly string[], logits: Float32Array, score: number): CategoryScore[] {
  const best = Math.max(...logits.subarray(1));
  return ids
    .map((id, index) => ({ id, score: score * Math.exp((logits[index + 1] ?? NaN) - best) }))
    .sort((a, b) => b.score - a.score);
}
