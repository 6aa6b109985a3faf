/**
 * llama.cpp's own `POST /embedding` and `POST /embeddings`: an array of `{index, embedding}`, from older
 * servers one object. Reference: tools/server/README.md of llama.cpp.
 */
import type { JsonObject } from '../../core/json.js';
import type { WireFormat } from '../../core/wire-format.js';
import type { ConversationBuilder } from '../conversation-builder.js';
import { errorBody } from '../llama-server/write.js';
import { decodeVectors, VECTORS_LIMIT_BYTES } from '../numbers/reply.js';
import { readPrompts } from '../prompts.js';
import { createCaseCheck, expected, field, isAbsent } from '../shape.js';
import { createUnstreamedFormat } from '../unstreamed.js';

/** As many as OpenAI's endpoint takes. */
const MOST_INPUTS = 2048;

/** The server reads the first of them that is there. */
const INPUTS = ['input', 'content'];
const METADATA = ['user', 'encoding_format'];

const refuseCaseVariants = createCaseCheck([...INPUTS, ...METADATA, 'model', 'embd_normalize', 'stream']);

function read(builder: ConversationBuilder, body: JsonObject): void {
  refuseCaseVariants(body, '');
  const given = INPUTS.filter((name) => !isAbsent(field(body, name)));
  if (given.length === 0) throw expected('content', 'a string or a list of prompts', undefined);
  for (const name of given)
    readPrompts(builder, body, name, { most: MOST_INPUTS, objects: true, turns: 'one' });
  builder.coverage.metadata(body, METADATA);
}

export function createLlamaEmbedding(): WireFormat {
  return createUnstreamedFormat({
    id: 'llama-embedding',
    framing: 'sse',
    read,
    // These endpoints have no base64.
    decodeReply: (body, request) =>
      decodeVectors(body, { vectors: ['embedding'], base64: false, model: request?.model ?? '' }),
    error: errorBody,
    replyLimitBytes: VECTORS_LIMIT_BYTES,
  });
}
