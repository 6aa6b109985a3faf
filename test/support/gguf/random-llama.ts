/** Llama models with random weights: right in shape and cost, senseless in what they say. */
import { BLOCK, GGML, type GgmlType } from './gguf-writer.js';
import { writeLlamaFile, type LlamaShape } from './llama-file.js';
import { llama3Tokenizer, MINI_CUT, type TokenizerData, type VocabularyCut } from './llama3-tokenizer.js';
import { randomTensorBytes, seededRandom } from './random-weights.js';

interface Preset extends LlamaShape {
  readonly type: GgmlType;
  /** Type of the output matrix; default `type`. */
  readonly outputType?: GgmlType;
  readonly tied: boolean;
  readonly deviation: number;
  readonly cut?: VocabularyCut;
}

const SMALL = {
  layers: 2,
  dim: 64,
  ffn: 128,
  heads: 4,
  kvHeads: 2,
  contextLength: 8192,
  tied: true,
  deviation: 0.2,
};

export const PRESETS = {
  /** 0.3 MB: a cut vocabulary. */
  mini: { ...SMALL, type: GGML.F16, cut: MINI_CUT },
  /** 24 MB: the whole vocabulary. */
  tiny: { ...SMALL, type: GGML.F16 },
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
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

export interface RandomLlamaOptions {
  readonly chatTemplate?: string | undefined;
  readonly architecture?: string | undefined;
  readonly tokenizer?: TokenizerData | undefined;
  readonly seed?: number | undefined;
}

/** Bytes of random weights that big tensors repeat. */
const POOL_BYTES = 4 << 20;

/** @returns the file's size in bytes */
export function writeRandomLlama(
  path: string,
  presetName: PresetName,
  options: RandomLlamaOptions = {},
): number {
  const preset: Preset = PRESETS[presetName];
  const random = seededRandom(options.seed ?? 1);
  const pools = new Map<GgmlType, Buffer>();
  const pool = (type: GgmlType): Buffer => {
    const known = pools.get(type);
    if (known !== undefined) return known;
    const block = BLOCK[type][1];
    const made = randomTensorBytes(type, Math.floor(POOL_BYTES / block) * block, preset.deviation, random);
    pools.set(type, made);
    return made;
  };
  const output = preset.tied ? 'token_embd.weight' : 'output.weight';
  return writeLlamaFile(path, {
    name: `random-${presetName}`,
    shape: preset,
    tied: preset.tied,
    tokenizer: options.tokenizer ?? llama3Tokenizer(preset.cut),
    chatTemplate: options.chatTemplate,
    architecture: options.architecture,
    weights(name) {
      const type = name === output ? (preset.outputType ?? preset.type) : preset.type;
      return {
        type,
        fill(put, bytes) {
          if (bytes <= POOL_BYTES) put(randomTensorBytes(type, bytes, preset.deviation, random));
          else while (put(pool(type)) > 0);
        },
      };
    },
  });
}
