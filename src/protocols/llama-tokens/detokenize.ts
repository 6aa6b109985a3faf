/**
 * llama.cpp's `POST /detokenize`: token ids in, which no guard can read, text out. vLLM has an endpoint of the
 * same name, which calls the text `prompt`.
 */
import type { JsonObject } from '../../core/json.js';
import type { WireFormat } from '../../core/wire-format.js';
import type { ConversationBuilder } from '../conversation-builder.js';
import { errorBody } from '../llama-server/write.js';
import { createCaseCheck, field, isAbsent, requireArray } from '../shape.js';
import { createUnstreamedFormat } from '../unstreamed.js';
import { decodeTextReply } from './text-reply.js';

const refuseCaseVariants = createCaseCheck(['tokens', 'model', 'stream']);

function read(_builder: ConversationBuilder, body: JsonObject): void {
  refuseCaseVariants(body, '');
  const tokens = field(body, 'tokens');
  // The ids are listed as unjudged, and strings among them judged, when the body is walked.
  if (!isAbsent(tokens)) requireArray(tokens, 'tokens');
}

export function createLlamaDetokenize(): WireFormat {
  return createUnstreamedFormat({
    id: 'llama-detokenize',
    framing: 'sse',
    read,
    decodeReply: (body) => decodeTextReply(body, 'content', 'prompt'),
    error: errorBody,
  });
}
