/**
 * Replies of the responses API that do not stream: which strings are text, which are metadata.
 * Reference: https://platform.openai.com/docs/api-reference/responses/object
 */
import type { JsonObject } from '../../core/json.js';
import { isJsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFrame } from '../../core/wire-format.js';
import { malformed } from '../frame-builder.js';
import { field, isAbsent, kindOf } from '../shape.js';
import { ONLY_CHOICE, optionsFor, ReplyReader } from './reply-reader.js';
import { RunningTexts } from './running-texts.js';

/**
 * Throws GuardError('upstream_malformed' | 'unjudgeable_content').
 * @param request what was asked: the server says much of it again
 */
export function decodeReply(json: JsonObject, request?: DecodedRequest): ReplyFrame {
  const isError = !isAbsent(field(json, 'error'));
  const output = field(json, 'output');
  if (!isError && !Array.isArray(output))
    throw malformed(`a response whose output is ${kindOf(output)} instead of an array`);
  if (Array.isArray(output) && !output.every(isJsonObject))
    throw malformed('an output item that is no object');
  const reader = new ReplyReader(json, request === undefined ? {} : optionsFor(request));
  reader.response(json);
  const texts = new RunningTexts();
  return {
    json,
    // Only `output_text` can say a text of the same reply again.
    texts: reader.builder.texts.map((text) => texts.restate(text)),
    finished: isError ? [] : [ONLY_CHOICE],
    isError,
    unjudged: reader.unjudged,
  };
}
