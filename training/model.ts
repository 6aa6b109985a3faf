/** Fits network and lexical weights on rows, and scores texts: what training and judging have in common. */
import { lexicalBuckets } from '../src/classifiers/guard/embedded/lexical.js';
import type { EmbeddedPiece } from '../src/classifiers/guard/embedded/piece-encoder.js';
import { piecesOf, windowsOver } from '../src/classifiers/guard/embedded/windows.js';
import type { Row } from './dataset.js';
import { runLexical, trainLexical } from './lexical-model.js';
import { runNetwork, trainNetwork, type Network } from './network.js';
import { rowWeight } from './row-policy.js';

export const CATEGORIES = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S8', 'S9', 'S10', 'S11'];
export const BUCKETS = 2 ** 15;

/** Embeddings have length 1; larger inputs make the common learning rate fit. Folded into the weights on export. */
export const INPUT_SCALE = 4.4;

/** How much of the lexical logit is added to the network's; chosen on held-out sources. */
export const LEXICAL_SHARE = 0.7;

/** Pieces of one safe text used for training. */
const SAFE_PIECES = 6;

export interface Example {
  readonly row: Row;
  readonly sentences: readonly EmbeddedPiece[];
}

export interface Model {
  readonly network: Network;
  readonly lexical: Float32Array;
}

export interface TextScore {
  /** Logit of "unsafe", of the worst piece. */
  readonly logit: number;
  /** Logits of the categories, of that piece. */
  readonly categories: Float32Array;
}

export function fitModel(
  examples: readonly Example[],
  seed: number,
  options = { hidden: 48, epochs: 5 },
): Model {
  const balance = categoryBalance(examples);
  const samples = examples.flatMap(({ row, sentences }) => {
    const chosen = trainingPieces(row, sentences);
    // An unsafe label is shared by its windows; a safe one holds for every piece.
    const share = row.label === 'unsafe' ? chosen.length : Math.sqrt(chosen.length);
    return chosen.map((piece) => ({
      x: networkInput(piece, row.role),
      buckets: lexicalBuckets(piece.tokenIds, BUCKETS),
      unsafe: row.label === 'unsafe',
      weight: rowWeight(row) / share,
      categories: target(row),
      categoryWeight: balance(row) / share,
    }));
  });
  return {
    network: trainNetwork(samples, CATEGORIES.length + 1, { ...options, seed }),
    lexical: trainLexical(samples, BUCKETS, seed + 1),
  };
}

/**
 * Of an unsafe text only the windows: which of its sentences are harmful is not known, and most are
 * not. Of a safe text a spread of all pieces, so that harmless fragments are known to be harmless.
 */
function trainingPieces(row: Row, sentences: readonly EmbeddedPiece[]): readonly EmbeddedPiece[] {
  if (row.label === 'unsafe') {
    const windows = windowsOver(sentences);
    return windows.length === 0 ? sentences : windows;
  }
  const pieces = piecesOf(sentences);
  const step = Math.max(1, pieces.length / SAFE_PIECES);
  return Array.from(
    { length: Math.min(pieces.length, SAFE_PIECES) },
    (_, n) => pieces[Math.floor(n * step)],
  ).filter((piece) => piece !== undefined);
}

/** The worst piece's logits; a text without tokens has the lowest possible. */
export function scoreText(model: Model, { row, sentences }: Example): TextScore {
  let worst: TextScore = { logit: -Infinity, categories: new Float32Array(CATEGORIES.length) };
  for (const piece of piecesOf(sentences)) {
    const z = runNetwork(model.network, networkInput(piece, row.role));
    const logit =
      (z[0] ?? 0) + LEXICAL_SHARE * runLexical(model.lexical, lexicalBuckets(piece.tokenIds, BUCKETS));
    if (logit > worst.logit) worst = { logit, categories: z.slice(1) };
  }
  return worst;
}

function networkInput(piece: EmbeddedPiece, role: Row['role']): Float32Array {
  const x = new Float32Array(piece.embedding.length + 1);
  for (const [index, value] of piece.embedding.entries()) x[index] = value * INPUT_SCALE;
  x[piece.embedding.length] = role === 'Agent' ? 1 : 0;
  return x;
}

function target(row: Row): Float32Array | undefined {
  if (row.label === 'safe' || row.categories.length === 0) return undefined;
  return Float32Array.from(CATEGORIES, (id) => (row.categories.includes(id) ? 1 / row.categories.length : 0));
}

/** Rare categories count more, by the inverse square root of their frequency; 0.5 on average. */
function categoryBalance(examples: readonly Example[]): (row: Row) => number {
  const counts = new Map<string, number>();
  for (const { row } of examples) for (const id of row.categories) counts.set(id, (counts.get(id) ?? 0) + 1);
  const share = (id: string): number => 1 / Math.sqrt(counts.get(id) ?? 1);
  let sum = 0;
  let total = 0;
  for (const [id, count] of counts) {
    sum += count * share(id);
    total += count;
  }
  const unit = (0.5 * total) / sum;
  return (row) => Math.max(0, ...row.categories.map((id) => unit * share(id)));
}
