/**
 * The rule that nothing escapes: a decoder marks the strings it has taken as text or knows to be
 * metadata; everything else in the body is found here and judged too.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js';
import type { Container } from './container.js';
import { joinPath } from './shape.js';

/** Metadata must look like it: a word, an id, a number, a date. Anything with a space in it is text. */
const METADATA = /^[\w.:/\\@+=,-]{0,256}$/;

/** Keys that may pass as names of fields. Others (sentences, other scripts) are text. */
const FIELD_NAME = /^[\w.$-]{1,64}$/;

/** Media inside JSON: base64 in a data URL. */
const DATA_URL = /^data:[^,\s]{0,200};base64,/i;

/** Fields that hold token ids where a server has them. */
const TOKEN_FIELDS = new Set([
  'prompt',
  'context',
  'tokens',
  'token_ids',
  'prompt_token_ids',
  'output_token_ids',
  'input_ids',
]);

export function looksLikeMetadata(text: string): boolean {
  return METADATA.test(text);
}

export function isDataUrl(text: string): boolean {
  return DATA_URL.test(text);
}

export function looksLikeFieldName(key: string): boolean {
  return FIELD_NAME.test(key);
}

/** What was already dealt with, by container and key. */
export class Coverage {
  readonly #covered = new WeakMap<Container, Set<string | number>>();

  /** The value at this place, and all inside it, is dealt with. */
  cover(container: Container, key: string | number): void {
    const keys = this.#covered.get(container);
    if (keys === undefined) this.#covered.set(container, new Set([key]));
    else keys.add(key);
  }

  /**
   * These fields are metadata, as long as their strings, and their names, look like it; else they stay to be
   * judged.
   * `echo` is a string that may come back in them as it is: the model's name of a judged request.
   */
  metadata(container: JsonObject, names: Iterable<string>, echo = ''): void {
    for (const name of names) {
      const value = Object.hasOwn(container, name) ? container[name] : undefined;
      if (typeof value !== 'string') continue;
      // A covered field is never looked at again: its name must not be a sentence either.
      if ((looksLikeMetadata(value) || value === echo) && looksLikeFieldName(name))
        this.cover(container, name);
    }
  }

  covers(container: Container, key: string | number): boolean {
    return this.#covered.get(container)?.has(key) ?? false;
  }
}

export interface UncoveredVisitor {
  /** A non-empty string that nobody has dealt with. */
  text(text: string, container: Container, key: string | number, path: string): void;
  /** A key that is no field name. Return true to take the whole entry; else its value is walked. */
  oddKey(container: JsonObject, key: string, path: string): boolean;
  /** A field with token ids in it. Return true to take it whole; else it is walked for strings. */
  tokens(container: JsonObject, key: string, path: string): boolean;
}

const MAX_DEPTH = 64;

/**
 * False for JSON that nests deeper than 64 levels: it would overflow the stack somewhere on its way.
 * To be asked before anything else walks the value.
 */
export function depthIsBounded(value: JsonValue, levels = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((inner: JsonValue) => depthIsBounded(inner, levels - 1));
}

/** Visits everything in `container` that is not covered, in the order of the body. */
export function walkUncovered(
  container: Container,
  path: string,
  coverage: Coverage,
  visitor: UncoveredVisitor,
): void {
  if (Array.isArray(container)) {
    container.forEach((value, index) => {
      visit(value, container, index);
    });
    return;
  }
  for (const key of Object.keys(container)) {
    if (coverage.covers(container, key)) continue;
    const value = container[key] ?? null;
    if (!looksLikeFieldName(key) && visitor.oddKey(container, key, joinPath(path, key))) continue;
    const isTokens = TOKEN_FIELDS.has(key) && hasTokenIds(value);
    if (isTokens && visitor.tokens(container, key, joinPath(path, key))) continue;
    visit(value, container, key);
  }

  function visit(value: JsonValue, parent: Container, key: string | number): void {
    if (coverage.covers(parent, key)) return;
    if (typeof value === 'string') {
      if (value !== '') visitor.text(value, parent, key, joinPath(path, key));
    } else if (isJsonObject(value) || Array.isArray(value)) {
      walkUncovered(value, joinPath(path, key), coverage, visitor);
    }
  }
}

/** Every string and every key inside a value, in order. */
export function allStrings(value: JsonValue): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(allStrings);
  if (isJsonObject(value))
    return Object.entries(value).flatMap(([key, inner]) => [key, ...allStrings(inner)]);
  return [];
}

function hasTokenIds(value: JsonValue): boolean {
  return Array.isArray(value) && value.some((entry) => typeof entry === 'number' || hasTokenIds(entry));
}
