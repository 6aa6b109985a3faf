/** Whole replies that are arrays, of servers that answer several prompts at once. Frames hold objects only. */
import type { JsonObject, JsonValue } from '../core/json.js';
import type { ReplyFrame } from '../core/wire-format.js';
import { field } from './shape.js';

/** Objects `{value: […]}` that stand for an array. */
const wrapped = new WeakSet<JsonObject>();

export function wrapArray(value: JsonValue[]): JsonObject {
  const json: JsonObject = { value };
  wrapped.add(json);
  return json;
}

/** The array that an object stands for, or undefined when it stands for itself. */
export function unwrapArray(json: JsonObject): JsonValue[] | undefined {
  const value = wrapped.has(json) ? field(json, 'value') : undefined;
  return Array.isArray(value) ? value : undefined;
}

/** As `WireFormat.replyBody`. */
export function replyBody({ json }: ReplyFrame): JsonValue {
  return unwrapArray(json) ?? json;
}
