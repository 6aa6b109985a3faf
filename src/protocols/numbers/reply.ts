/** Replies that are vectors: nothing in them is text, and what is text all the same is judged. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import { unwrapArray, wrapArray } from '../array-reply.js';
import { FrameBuilder, malformed } from '../frame-builder.js';
import { field, isAbsent, kindOf } from '../shape.js';
import { isBase64Floats } from './base64-floats.js';

const METADATA = ['object', 'model', 'id', 'encoding_format', 'service_tier', 'created_at'];

/**
 * Numbers take much room as JSON, and cost no judge anything: 2048 vectors of 4096 numbers with eight digits
 * have about 100 MB.
 */
export const VECTORS_LIMIT_BYTES = 128 * 1024 * 1024;

export interface VectorReply {
  /** Where an object keeps its list of `{embedding}`; absent where the reply itself is that list, or one entry. */
  readonly list?: string | undefined;
  /** Fields with a vector, or vectors, in the reply or in an entry of the list. One of them has to be there. */
  readonly vectors: readonly string[];
  /** Base64 may stand for a vector. */
  readonly base64: boolean;
  /** The model's name of the request, which may come back. */
  readonly model?: string;
}

/** Throws GuardError('upstream_malformed') for a reply without vectors that is no error either. */
export function decodeVectors(body: JsonValue, shape: VectorReply): ReplyFrame {
  if (!isJsonObject(body) && !Array.isArray(body)) throw malformed('JSON that is no object and no list');
  const json = Array.isArray(body) ? wrapArray(body) : body;
  const builder = new FrameBuilder(json);
  const isError = isJsonObject(body) && !isAbsent(field(body, 'error'));
  const entries = entriesOf(json, shape);
  if (!isError && entries === undefined)
    throw malformed(`a reply without ${[shape.list, ...shape.vectors].filter(Boolean).join(' or ')}`);
  for (const entry of entries ?? []) {
    if (!isJsonObject(entry)) throw malformed(`an embedding that is ${kindOf(entry)}`);
    builder.coverage.metadata(entry, METADATA, shape.model);
    for (const name of shape.vectors) {
      const vector = field(entry, name);
      if (shape.base64 && typeof vector === 'string' && isBase64Floats(vector))
        builder.coverage.cover(entry, name);
    }
  }
  builder.coverage.metadata(json, METADATA, shape.model);
  builder.takeOther(json, 0);
  return { json, texts: builder.texts, finished: [0], isError };
}

function entriesOf(json: JsonObject, { list, vectors }: VectorReply): JsonValue[] | undefined {
  const array = unwrapArray(json);
  if (array !== undefined) return list === undefined ? array : undefined;
  const listed = list === undefined ? undefined : field(json, list);
  if (Array.isArray(listed)) return listed;
  return list === undefined && vectors.some((name) => field(json, name) !== undefined) ? [json] : undefined;
}
