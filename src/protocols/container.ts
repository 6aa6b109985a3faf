/** Places in a JSON body, and writing to them. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js';

export type Container = JsonObject | JsonValue[];

/** Defines rather than assigns, so that a key `__proto__` stays an ordinary field. */
export function assign(container: Container, key: string | number, value: JsonValue): void {
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Edited JSON: itself where it still is an object or an array, else wrapped, so that the field keeps its type. */
export function asJson(text: string): JsonValue {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value) || Array.isArray(value)) return value;
  } catch {
    // Not JSON any more: wrapped below.
  }
  return { redacted: text };
}
