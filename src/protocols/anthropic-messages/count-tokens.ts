/** `POST /v1/messages/count_tokens`: the request of a message, answered with numbers. */
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFrame } from '../../core/wire-format.js';
import { FrameBuilder } from '../frame-builder.js';
import { field, isAbsent } from '../shape.js';
import { decodeRequest } from './request.js';

/** As `decodeRequest`; the reply is numbers for a program, so a block must be an error. */
export function decodeCountRequest(body: JsonObject): DecodedRequest {
  return { ...decodeRequest(body), structured: true };
}

export function decodeCount(json: JsonObject): ReplyFrame {
  const builder = new FrameBuilder(json);
  builder.coverage.metadata(json, ['type', 'request_id']);
  const error = field(json, 'error');
  if (isJsonObject(error)) builder.coverage.metadata(error, ['type', 'code']);
  builder.takeOther(json, 0);
  return { json, texts: builder.texts, finished: [0], isError: !isAbsent(error) };
}
