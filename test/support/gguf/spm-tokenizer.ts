/** A small SentencePiece vocabulary, as Llama 2's is built: bytes, single characters, and a few words. */
import type { TokenizerData } from './llama3-tokenizer.js';

/** @param words spelled as the vocabulary does: `▁` is a space. Every beginning of a word is a token, too. */
export function spmTokenizer(words: readonly string[], specials: readonly string[]): TokenizerData {
  const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  const pieces = new Set(['▁', ...printable]);
  for (const word of words)
    for (let length = 2; length <= word.length; length++) pieces.add(word.slice(0, length));
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const tokens = ['<unk>', ...specials, ...bytes, ...pieces];
  const kind = (token: string, index: number): number => {
    if (index === 0) return 2;
    if (index <= specials.length) return 3;
    return index <= specials.length + bytes.length && token.startsWith('<0x') ? 6 : 1;
  };
  return {
    model: 'llama',
    tokens,
    types: tokens.map(kind),
    // Longer pieces are merged first.
    scores: tokens.map((token, index) => (kind(token, index) === 1 ? token.length * 10 - 1000 : 0)),
    merges: [],
    bos: tokens.indexOf('<s>'),
    eos: tokens.indexOf('</s>'),
    eot: undefined,
  };
}
