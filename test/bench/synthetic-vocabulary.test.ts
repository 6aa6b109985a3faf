import { expect, test } from 'vitest';
import { syntheticVocabulary } from '../../src/bench/gguf/synthetic-vocabulary.js';

test('a vocabulary of the size of Llama 3, without a token twice', () => {
  const { tokens, types, merges, bos, eos, eot } = syntheticVocabulary(['bread and “butter”\n']);
  expect(tokens).toHaveLength(128_256);
  // A doubled token ends llama.cpp's process.
  expect(new Set(tokens).size).toBe(128_256);
  expect(types.filter((type) => type === 3)).toHaveLength(256);
  expect(types.slice(128_000).every((type) => type === 3)).toBe(true);
  expect([bos, eos, eot].map((id) => tokens[id ?? -1])).toEqual([
    '<|begin_of_text|>',
    '<|end_of_text|>',
    '<|eot_id|>',
  ]);
  const known = new Set(tokens);
  for (const token of ['safe', 'unsafe', 'S', '1', '999', 'ĊĊ', 'bread', 'Ġand'])
    expect(known).toContain(token);
  for (const merge of merges) {
    const [left = '', right = ''] = merge.split(' ');
    expect(known.has(left) && known.has(right) && known.has(left + right)).toBe(true);
  }
});
