/**
 * How texts are cut, at two scales: windows of some hundred words, which see how sentences belong
 * together, and single sentences, in which a short hazard is not diluted by harmless text around it
 * (docs/embedded-guard.md has the measurement). All numbers count tokens.
 */

/** A full window. */
export const WINDOW_TOKENS = 128;

/** What neighbouring windows share. */
export const WINDOW_OVERLAP = 32;

/** The longest sentence; a longer one is cut in overlapping parts. */
export const SENTENCE_TOKENS = 48;

/** What neighbouring parts of a long sentence share. */
export const SENTENCE_OVERLAP = 24;

/** Sentences shorter than this are joined with what follows. */
export const SENTENCE_MIN_TOKENS = 6;

/** Names this way of cutting; part of the encoder's and the head's identity. */
export const CUTTING = `w${WINDOW_TOKENS}/${WINDOW_OVERLAP}+s${SENTENCE_TOKENS}/${SENTENCE_OVERLAP}/${SENTENCE_MIN_TOKENS}`;

/**
 * All pieces of a text, windows first; a piece that both scales give comes once. None for a text
 * without tokens. Pieces depend only on the text before their end: when a text grows at its end, all
 * but the last window and the last sentence stay what they were, and a cache of them keeps its worth.
 */
export function cutPieces(text: string, tokenize: (text: string) => readonly number[]): Uint32Array[] {
  const sentences = splitSentences(text).map(tokenize);
  const windows = overlapping(sentences.flat(), WINDOW_TOKENS, WINDOW_OVERLAP);
  const parts = joinShort(sentences).flatMap((sentence) =>
    overlapping(sentence, SENTENCE_TOKENS, SENTENCE_OVERLAP),
  );
  const unique = new Map([...windows, ...parts].map((piece) => [piece.join(), piece]));
  return [...unique.values()].map((piece) => Uint32Array.from(piece));
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
