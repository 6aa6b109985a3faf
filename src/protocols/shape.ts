/** Reading fields of a client's JSON with errors that name the place, what was expected and what came. */
import { GuardError } from '../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js';

/** A value as an error message shows it: short, and only the kind of anything that is not short. */
export function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string' && value.length > 40) return 'a string';
  return JSON.stringify(value);
}

/** A value of a reply as an error message shows it: texts stay unsaid, because nobody has judged them. */
export function kindOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? 'a string' : describe(value);
}

export function expected(path: string, what: string, got: JsonValue | undefined): GuardError {
  return new GuardError('invalid_request', `${path} must be ${what}, got ${describe(got)}.`);
}

/** Own fields only, so that no name of Object.prototype is mistaken for a field. */
export function field(container: JsonObject, key: string): JsonValue | undefined {
  const value = container[key];
  return value !== undefined && Object.hasOwn(container, key) ? value : undefined;
}

/** True for fields that are absent or null, which every server we know treats alike. */
export function isAbsent(value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null;
}

export function requireObject(value: JsonValue | undefined, path: string): JsonObject {
  if (!isJsonObject(value)) throw expected(path, 'an object', value);
  return value;
}

export function requireArray(value: JsonValue | undefined, path: string): JsonValue[] {
  if (!Array.isArray(value)) throw expected(path, 'an array', value);
  return value;
}

/** A boolean; absent and null give the format's default. */
export function readBoolean(container: JsonObject, key: string, fallback: boolean): boolean {
  const value = field(container, key);
  if (isAbsent(value)) return fallback;
  if (typeof value !== 'boolean') throw expected(key, 'true or false', value);
  return value;
}

/** The `model` field; empty when the client leaves the choice to the server. */
export function readModel(body: JsonObject): string {
  const value = field(body, 'model');
  if (isAbsent(value)) return '';
  if (typeof value !== 'string') throw expected('model', 'a string', value);
  return value;
}

/** A member of a closed set of words, in exact case. */
export function readWord<Word extends string>(
  container: JsonObject,
  key: string,
  path: string,
  words: readonly Word[],
): Word {
  const value = field(container, key);
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw expected(`${path}.${key}`, `one of ${words.join(', ')}`, value);
  return word;
}

/** `a.b`, `a[3]`, or `a["odd key"]`. */
export function joinPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/**
 * Servers written in Go match field names without regard to case, others do not: a field `Messages`
 * would be the conversation to one and unknown to the other. So names that differ from a known one
 * in case only are refused.
 */
export function createCaseCheck(names: readonly string[]): (container: JsonObject, path: string) => void {
  const exact = new Set(names);
  const folded = new Map(names.map((name) => [fold(name), name]));
  return (container, path) => {
    for (const key of Object.keys(container)) {
      if (exact.has(key)) continue;
      const known = folded.get(fold(key));
      if (known === undefined) continue;
      throw new GuardError('invalid_request', `${joinPath(path, key)} is not a field; write "${known}".`);
    }
  };
}

/** Simple case folding; upper first, so that the long s and the Kelvin sign fold as Go folds them. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}
