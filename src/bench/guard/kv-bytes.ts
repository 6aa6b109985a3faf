/** Memory that a model's keys and values take. */
import type { GgufHeader } from '../../classifiers/guard/native/gguf-header.js';

/** Half precision. */
const BYTES = 2;

/**
 * For each token of each lane and each layer, a key and a value of `kvHeads` times `headDim` numbers.
 * @returns bytes; undefined where the metadata do not tell
 */
export function kvBytes({ metadata }: Pick<GgufHeader, 'metadata'>, tokens: number): number | undefined {
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string') return undefined;
  const read = (key: string): number | undefined => {
    const value = metadata.get(`${architecture}.${key}`);
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
  };
  const layers = read('block_count');
  const heads = read('attention.head_count');
  const kvHeads = read('attention.head_count_kv') ?? heads;
  const width = read('embedding_length');
  if (layers === undefined || heads === undefined || kvHeads === undefined || width === undefined)
    return undefined;
  const keyDim = read('attention.key_length') ?? width / heads;
  const valueDim = read('attention.value_length') ?? keyDim;
  return layers * kvHeads * (keyDim + valueDim) * BYTES * tokens;
}
