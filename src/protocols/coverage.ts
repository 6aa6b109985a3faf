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

/** Names that were found to be such: the same few come back in every message of a stream. */
const knownNames = new Set<string>();
const MAX_KNOWN_NAMES = 1000;

/** Media inside JSON: base64 in a data URL, and nothing but base64: else any text would be media that begins so. */
const DATA_URL = /^data:[\w.+/-]{0,100}(?:;[\w.+-]{1,40}=[\w.+"-]{1,60}){0,4};base64,[A-Za-z0-9+/_=-]*$/i;

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
  if (knownNames.has(key)) return true;
  if (!FIELD_NAME.test(key)) return false;
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.add(key);
  return true;
}

/** More places than this are looked up in a map; a frame of a stream has about ten. */
const FEW = 24;

/** What was already dealt with, by container and key. */
export class Coverage {
  /** The first places, as pairs: looking through a few is quicker than keeping them in order. */
  readonly #containers: Container[] = [];
  readonly #keys: (string | number)[] = [];
  #more: Map<Container, Set<string | number>> | undefined;

  /** The value at this place, and all inside it, is dealt with. */
  cover(container: Container, key: string | number): void {
    if (this.#containers.length < FEW) {
      this.#containers.push(container);
      this.#keys.push(key);
      return;
    }
    this.#more ??= new Map();
    const keys = this.#more.get(container);
    if (keys === undefined) this.#more.set(container, new Set([key]));
    else keys.add(key);
  }

  /**
   * These fields are metadata, as long as their strings, and their names, look like it; else they stay to be
   * judged.
   * `echo` is a string that may come back in them as it is: the model's name of a judged request.
   */
  metadata(container: JsonObject, names: Iterable<string>, echo = ''): void {
    for (const name of names) {
      const value = container[name];
      if (typeof value !== 'string' || !Object.hasOwn(container, name)) continue;
      // A covered field is never looked at again: its name must not be a sentence either.
      if ((looksLikeMetadata(value) || value === echo) && looksLikeFieldName(name))
        this.cover(container, name);
    }
  }

  covers(container: Container, key: string | number): boolean {
    for (let at = 0; at < this.#containers.length; at += 1)
      if (this.#containers[at] === container && this.#keys[at] === key) return true;
    return this.#more?.get(container)?.has(key) ?? false;
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
  if (Array.isArray(value)) {
    for (const inner of value) if (!depthIsBounded(inner, levels - 1)) return false;
    return true;
  }
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (typeof inner === 'object' && inner !== null && !depthIsBounded(inner, levels - 1)) return false;
  }
  return true;
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
      visitValue(value, container, index, path, coverage, visitor);
    });
    return;
  }
  for (const key of Object.keys(container)) {
    if (coverage.covers(container, key)) continue;
    const value = container[key] ?? null;
    if (!looksLikeFieldName(key) && visitor.oddKey(container, key, joinPath(path, key))) continue;
    if (TOKEN_FIELDS.has(key) && hasTokenIds(value) && visitor.tokens(container, key, joinPath(path, key)))
      continue;
    visitValue(value, container, key, path, coverage, visitor);
  }
}

function visitValue(
  value: JsonValue,
  parent: Container,
  key: string | number,
  path: string,
  coverage: Coverage,
  visitor: UncoveredVisitor,
): void {
  if (value === '' || value === null || (typeof value !== 'string' && typeof value !== 'object')) return;
  if (coverage.covers(parent, key)) return;
  if (typeof value === 'string') visitor.text(value, parent, key, joinPath(path, key));
  else walkUncovered(value, joinPath(path, key), coverage, visitor);
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
