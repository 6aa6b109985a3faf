/** What stands where media are: bytes in base64, addresses, names of files at the server, numbers; or text after all. */
import type { JsonValue } from '../core/json.js';
import type { Container } from './container.js';
import { looksLikeFieldName, type Coverage } from './coverage.js';

/** Base64, a data URL, an address, an id: none of them has a space in it. */
const ONE_WORD = /^\S*$/;
const BASE64_LINE = /^[A-Za-z0-9+/_=-]*\r?$/;
/** Base64 as mail has it, in lines of 64 or 76 characters; words would be shorter. */
const SHORTEST_LINE = 60;

/** Covers what is under `key`, except for text. @returns whether that is all of it */
export function coverMedia(coverage: Coverage, container: Container, key: string | number): boolean {
  if (coverage.covers(container, key)) return true;
  const value = (container as Record<string | number, JsonValue>)[key] ?? null;
  if (typeof value === 'string' && !ONE_WORD.test(value) && !isInLines(value)) return false;
  if (typeof value === 'object' && value !== null) {
    let all = true;
    if (Array.isArray(value))
      for (const index of value.keys()) all = coverMedia(coverage, value, index) && all;
    else
      for (const name of Object.keys(value))
        all = looksLikeFieldName(name) && coverMedia(coverage, value, name) && all;
    if (!all) return false;
  }
  coverage.cover(container, key);
  return true;
}

/** One line after the other: a pattern over all of a long text would need as much of the stack. */
function isInLines(text: string): boolean {
  const lines = text.trimEnd().split('\n');
  return lines.every(
    (line, index) => BASE64_LINE.test(line) && (index === lines.length - 1 || line.length >= SHORTEST_LINE),
  );
}
