/** Llama models with random weights: right in shape and cost, senseless in what they say. */
import { BLOCK, GGML, type GgmlType } from './gguf-writer.js';
import { writeLlamaFile, type LlamaShape } from './llama-file.js';
import { randomTensorBytes, seededRandom } from './random-weights.js';
import type { TokenizerData } from './tokenizer-data.js';

export interface RandomShape extends LlamaShape {
  readonly type: GgmlType;
  /** Type of the output matrix; default `type`. */
  readonly outputType?: GgmlType;
  /** The output matrix is the embedding matrix. */
  readonly tied: boolean;
  /** Standard deviation of the weights. */
  readonly deviation: number;
}

export const RANDOM_SHAPES = {
  /** 24 MB with a vocabulary of Llama 3's size. */
  tiny: {
    layers: 2,
    dim: 64,
    ffn: 128,
    heads: 4,
    kvHeads: 2,
    contextLength: 8192,
    type: GGML.F16,
    tied: true,
    deviation: 0.2,
  },
  /** The shapes of Llama 3.2 1B and Llama 3 8B. */
  '1b': {
    layers: 16,
    dim: 2048,
    ffn: 8192,
    heads: 32,
    kvHeads: 8,
    contextLength: 131072,
    type: GGML.Q4_0,
    outputType: GGML.Q6_K,
    tied: true,
    deviation: 0.02,
  },
  '8b': {
    layers: 32,
    dim: 4096,
    ffn: 14336,
    heads: 32,
    kvHeads: 8,
    contextLength: 8192,
    type: GGML.Q4_0,
    outputType: GGML.Q6_K,
    tied: false,
    deviation: 0.02,
  },
} as const satisfies Record<string, RandomShape>;

export type RandomShapeName = keyof typeof RANDOM_SHAPES;

export interface RandomLlamaOptions {
  readonly name: string;
  readonly shape: RandomShape;
  readonly tokenizer: TokenizerData;
  readonly chatTemplate?: string | undefined;
  /** Default `llama`. */
  readonly architecture?: string | undefined;
  /** Default 1. */
  readonly seed?: number | undefined;
}

/** Bytes of random weights that big tensors repeat. */
const POOL_BYTES = 4 << 20;

/** @returns the file's size in bytes */
export function writeRandomLlama(path: string, options: RandomLlamaOptions): number {
  const { shape } = options;
  const random = seededRandom(options.seed ?? 1);
  const pools = new Map<GgmlType, Buffer>();
  const pool = (type: GgmlType): Buffer => {
    const known = pools.get(type);
    if (known !== undefined) return known;
    const block = BLOCK[type][1];
    const made = randomTensorBytes(type, Math.floor(POOL_BYTES / block) * block, shape.deviation, random);
    pools.set(type, made);
    return made;
  };
  const output = shape.tied ? 'token_embd.weight' : 'output.weight';
  return writeLlamaFile(path, {
    name: options.name,
    shape,
    tied: shape.tied,
    tokenizer: options.tokenizer,
    chatTemplate: options.chatTemplate,
    architecture: options.architecture,
    weights(name) {
      const type = name === output ? (shape.outputType ?? shape.type) : shape.type;
      return {
        type,
        fill(put, bytes) {
          if (bytes <= POOL_BYTES) put(randomTensorBytes(type, bytes, shape.deviation, random));
          else while (put(pool(type)) > 0);
        },
      };
    },
  });
}
