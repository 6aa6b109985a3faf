/** Any JSON, or plain text, that an application answers: every string is text of the agent. */
import type { JsonObject, JsonValue } from '../../core/json.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import { FrameBuilder } from '../frame-builder.js';
import { field } from '../shape.js';

/** Names that applications give to ids and kinds; skipped only while the value looks like such. */
const METADATA = ['id', 'object', 'type', 'event', 'role', 'model', 'created_at', 'finish_reason'];

/** JSON that stands for something that is not a JSON object. */
const wrapped = new WeakMap<JsonObject, 'text' | 'value'>();

/** Pieces at the same place in the messages of a stream are one text. */
export function decodeObject(json: JsonObject): ReplyFrame {
  const builder = new FrameBuilder(json);
  builder.coverage.metadata(json, METADATA);
  builder.takeOther(json, 0, { channel: 'text' });
  return { json, texts: builder.texts, finished: [], isError: false };
}

/** A plain-text event or body. Its frame's JSON is `{text}`; `unwrap` gives the text back. */
export function decodeText(text: string): ReplyFrame {
  const json: JsonObject = textMessage(text);
  const builder = new FrameBuilder(json);
  builder.take({ choice: 0, channel: 'text', id: '0/text', container: json, key: 'text' });
  return { json, texts: builder.texts, finished: [], isError: false };
}

/** A body that is an array, a string, …: its frame's JSON is `{value}`; `unwrap` gives the value back. */
export function decodeValue(value: JsonValue): ReplyFrame {
  const json: JsonObject = { value };
  wrapped.set(json, 'value');
  const builder = new FrameBuilder(json);
  builder.takeOther(json, 0, { channel: 'text' });
  return { json, texts: builder.texts, finished: [], isError: false };
}

export function textMessage(text: string): JsonObject {
  const json: JsonObject = { text };
  wrapped.set(json, 'text');
  return json;
}

/** What a message stands for: plain text, or the JSON value to be serialized. */
export function unwrap(
  json: JsonObject,
): { readonly text: string } | { readonly text: undefined; readonly value: JsonValue } {
  const kind = wrapped.get(json);
  if (kind === 'value') return { text: undefined, value: field(json, 'value') ?? null };
  const text = field(json, 'text');
  if (kind === 'text' && typeof text === 'string') return { text };
  return { text: undefined, value: json };
}
