/** What log probabilities say of single tokens. */
import type { JsonObject, JsonValue } from '../core/json.js';
import { field } from './shape.js';

/** In UTF-16 units. */
const LONGEST_TOKEN = 64;
/** The same in UTF-8. */
const MOST_BYTES = 3 * LONGEST_TOKEN;

/** No vocabulary that we know has tokens of several words: spaces stand around a word, not within a token. */
const ONE_WORD = /^\s*\S*\s*$/;

/** True for what can be a single token: then it says too little to be judged by itself. */
export function looksLikeToken(text: string): boolean {
  return text.length <= LONGEST_TOKEN && ONE_WORD.test(text);
}

/** More `bytes` than a token has, or bytes of several words. */
export function tooManyBytes(entry: JsonObject): boolean {
  const bytes = bytesOf(field(entry, 'bytes'));
  return bytes.length > MOST_BYTES || !looksLikeToken(Buffer.from(bytes).toString());
}

/** What the `bytes` of tokens spell together, without halves of characters: the next frame has the others. */
export function bytesText(entries: readonly JsonObject[]): string {
  const bytes = entries.flatMap((entry) => bytesOf(field(entry, 'bytes')));
  return bytes.length === 0 ? '' : Buffer.from(bytes).toString().replaceAll('\ufffd', '');
}

function bytesOf(value: JsonValue | undefined): number[] {
  return Array.isArray(value) ? value.filter((byte) => typeof byte === 'number') : [];
}
