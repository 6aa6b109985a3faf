/**
 * How texts are cut for the encoder: in single sentences, in which a short hazard is not diluted by
 * harmless text around it. How sentences belong together is seen by windows over them, which cost
 * nothing (windows.ts; docs/embedded-guard.md has the measurement). All numbers count tokens.
 */

/** The longest sentence; a longer one is cut in overlapping parts. With [CLS] and [SEP] it fills 64 rows. */
export const SENTENCE_TOKENS = 62;

/** What neighbouring parts of a long sentence share. */
export const SENTENCE_OVERLAP = 20;

/** Sentences shorter than this are joined with what follows. */
export const SENTENCE_MIN_TOKENS = 6;

/** Sentences from this length on are filled up; see fillUp. */
export const FILLED_FROM_TOKENS = 47;

/**
 * The sentences of a text, in order. None for a text without tokens. They depend only on the text before
 * their end: when a text grows at its end, all but the last stay what they were, and a cache of them keeps
 * its worth.
 */
export function cutSentences(text: string, tokenize: (text: string) => readonly number[]): Uint32Array[] {
  return joinShort(splitSentences(text).map(tokenize))
    .flatMap((sentence) => overlapping(sentence, SENTENCE_TOKENS, SENTENCE_OVERLAP))
    .map((piece) => Uint32Array.from(piece));
}

/**
 * Cuts after line ends, after sentence ends followed by white space, and after full-width sentence
 * ends; the parts add up to the text. One pass, whatever the text.
 */
export function splitSentences(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let ended = false;
  let previous = '';
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    const afterSpace = ended && BLANK.has(previous) && !BLANK.has(char);
    const afterLine = previous === '\n' && char !== '\n';
    if (afterSpace || afterLine || WIDE_ENDS.has(previous)) {
      parts.push(text.slice(start, index));
      start = index;
      ended = false;
    }
    if (ENDS.has(char)) ended = true;
    else if (!BLANK.has(char) && !CLOSERS.has(char)) ended = false;
    previous = char;
  }
  if (start < text.length) parts.push(text.slice(start));
  return parts;
}

const ENDS = new Set('.!?…;:');
const CLOSERS = new Set('"\')]”’»');
const WIDE_ENDS = new Set('。！？');
const BLANK = new Set(' \t\r');

/**
 * What the encoder reads for a sentence: the sentence, and where it is nearly full, its own beginning once
 * more up to SENTENCE_TOKENS. llama.cpp computes 64 rows ([CLS] and [SEP] included) in less time than any
 * number from 49 to 63, and an average over a text and a part of it again says nearly the same.
 */
export function fillUp(sentence: Uint32Array): Uint32Array {
  const length =
    sentence.length < FILLED_FROM_TOKENS ? sentence.length : Math.max(sentence.length, SENTENCE_TOKENS);
  return Uint32Array.from({ length }, (_, index) => sentence[index % sentence.length] ?? 0);
}

/** Joins sentences to their successors until each has the least length; a short last one joins its predecessor. */
function joinShort(sentences: readonly (readonly number[])[]): number[][] {
  const joined: number[][] = [];
  for (const sentence of sentences) {
    const last = joined.at(-1);
    if (last !== undefined && last.length < SENTENCE_MIN_TOKENS) last.push(...sentence);
    else joined.push([...sentence]);
  }
  return joined;
}

/** Parts at fixed distances; the last is longer than the overlap unless it is the only one. */
function overlapping(tokens: readonly number[], size: number, overlap: number): number[][] {
  const parts: number[][] = [];
  for (let start = 0; start < tokens.length; start += size - overlap) {
    parts.push(tokens.slice(start, start + size));
    if (start + size >= tokens.length) break;
  }
  return parts;
}
