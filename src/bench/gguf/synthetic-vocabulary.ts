/**
 * A vocabulary of Llama 3's size and kind whose words nobody wrote: the bytes, the words it is told, the
 * numbers, and made-up words to fill it up. So a benchmark needs no model's own vocabulary.
 *
 * llama.cpp takes a word that is in a vocabulary of this kind whole, without looking at the merges
 * (`ignore_merges` of its "llama-bpe"); words it has not seen fall to bytes.
 */
import { byteLetters, spelled } from './byte-letters.js';
import type { TokenizerData } from './tokenizer-data.js';

/** Of Llama 3: 128,000 ordinary tokens and 256 special ones. */
export const ORDINARY_TOKENS = 128_000;
const SPECIAL_TOKENS = 256;

/** The special tokens that Llama 3's chats are made of. */
export const LLAMA3_SPECIALS = [
  '<|begin_of_text|>',
  '<|end_of_text|>',
  '<|start_header_id|>',
  '<|end_header_id|>',
  '<|eot_id|>',
] as const;

/** @param texts every word and mark of them becomes one token */
export function syntheticVocabulary(texts: readonly string[]): TokenizerData {
  const ordinary = new Set<string>(byteLetters());
  for (const word of ['safe', 'unsafe', 'S', ...piecesOf(texts.join('\n'))]) {
    ordinary.add(spelled(word));
    if (/^\p{L}/u.test(word)) ordinary.add(spelled(` ${word}`));
  }
  for (let number = 0; number < 1000; number++) ordinary.add(String(number));
  for (const marks of ['\n', '\n\n', '.\n', '.\n\n', ':\n\n', ':\n']) ordinary.add(spelled(marks));
  const known = ordinary.size;
  for (const word of madeUpWords()) {
    if (ordinary.size >= ORDINARY_TOKENS) break;
    ordinary.add(word);
  }
  const specials = Array.from(
    { length: SPECIAL_TOKENS },
    (_, index) => LLAMA3_SPECIALS[index] ?? `<|reserved_special_token_${index - LLAMA3_SPECIALS.length}|>`,
  );
  const tokens = [...ordinary, ...specials];
  return {
    tokens,
    types: [...[...ordinary].map(() => 1), ...specials.map(() => 3)],
    merges: mergesOf([...ordinary].slice(known), ordinary),
    bos: tokens.indexOf('<|begin_of_text|>'),
    eos: tokens.indexOf('<|end_of_text|>'),
    eot: tokens.indexOf('<|eot_id|>'),
  };
}

/** As Llama 3's tokenizer cuts a text before it looks at its words; a leading space belongs to its word. */
function piecesOf(text: string): string[] {
  return text.match(/[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+/gu) ?? [];
}

const CONSONANTS = 'bcdfghjklmnpqrstvwxyz'.split('');
const VOWELS = 'aeiou'.split('');

/** Syllables, then words of two, three and four of them; each begins with one that came before it. */
function* madeUpWords(): Generator<string> {
  const syllables = CONSONANTS.flatMap((consonant) => VOWELS.map((vowel) => consonant + vowel));
  yield* CONSONANTS.map((letter) => `Ġ${letter}`);
  let last = ['Ġ', ''].flatMap((space) => syllables.map((syllable) => space + syllable));
  for (;;) {
    yield* last;
    last = last.flatMap((word) => syllables.map((syllable) => word + syllable));
  }
}

/** Each made-up word is its beginning and its last letter, or its last two where the beginning is no word. */
function mergesOf(words: readonly string[], known: ReadonlySet<string>): string[] {
  return words.flatMap((word) => {
    const merges: string[] = [];
    for (const cut of [1, 2]) {
      const [begin, end] = [word.slice(0, -cut), word.slice(-cut)];
      if (begin !== '' && known.has(begin) && known.has(end)) merges.push(`${begin} ${end}`);
    }
    return merges;
  });
}
