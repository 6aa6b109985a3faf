/** Replies with one text and nothing else: what tokens stand for, or a chat as its template renders it. */
import type { JsonValue } from '../../core/json.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import { FrameBuilder, malformed, requireObjectReply } from '../frame-builder.js';
import { field, isAbsent, kindOf } from '../shape.js';

/** @param keys where the text may stand; the first that is there */
export function decodeTextReply(body: JsonValue, ...keys: readonly [string, ...string[]]): ReplyFrame {
  const json = requireObjectReply(body);
  const builder = new FrameBuilder(json);
  const isError = !isAbsent(field(json, 'error'));
  const key = keys.find((name) => Object.hasOwn(json, name)) ?? keys[0];
  const text = field(json, key);
  if (typeof text === 'string') {
    builder.take({ choice: 0, channel: 'text', id: '0/text', container: json, key });
  } else if (!isError) throw malformed(`"${key}" as ${kindOf(text)} instead of a string`);
  builder.takeOther(json, 0);
  return { json, texts: builder.texts, finished: [0], isError };
}
