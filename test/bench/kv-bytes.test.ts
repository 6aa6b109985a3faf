import { expect, test } from 'vitest';
import { kvBytes } from '../../src/bench/guard/kv-bytes.js';

const LLAMA_1B: readonly (readonly [string, string | number])[] = [
  ['general.architecture', 'llama'],
  ['llama.block_count', 16],
  ['llama.attention.head_count', 32],
  ['llama.attention.head_count_kv', 8],
  ['llama.embedding_length', 2048],
];

test('keys and values of the 1B shape take 32 KiB for a token', () => {
  expect(kvBytes({ metadata: new Map(LLAMA_1B) }, 4096)).toBe(4096 * 32 * 1024);
});

test('heads of a size of their own count with that size', () => {
  const metadata = new Map([
    ...LLAMA_1B,
    ['llama.attention.key_length', 128],
    ['llama.attention.value_length', 64],
  ]);
  expect(kvBytes({ metadata }, 1)).toBe(16 * 8 * (128 + 64) * 2);
});

test('metadata that do not tell give no figure', () => {
  expect(kvBytes({ metadata: new Map(LLAMA_1B.slice(0, 3)) }, 1)).toBeUndefined();
});
