/**
 * OpenAI's `POST /v1/embeddings`, which vLLM, llama.cpp and Ollama speak too.
 * Reference: https://platform.openai.com/docs/api-reference/embeddings/create
 */
import type { JsonObject } from '../../core/json.js';
import type { WireFormat } from '../../core/wire-format.js';
import type { ConversationBuilder } from '../conversation-builder.js';
import { decodeVectors, VECTORS_LIMIT_BYTES } from '../numbers/reply.js';
import { readMessage } from '../openai-chat/message.js';
import { errorBody } from '../openai-chat/write.js';
import { readPrompts } from '../prompts.js';
import { createCaseCheck, expected, field, isAbsent, requireArray } from '../shape.js';
import { createUnstreamedFormat } from '../unstreamed.js';

/** As many as OpenAI takes. */
const MOST_INPUTS = 2048;

/** The second is llama.cpp's, which reads it where there is no input, here too. */
const INPUTS = ['input', 'content'];

/** Names and switches; the last two are vLLM's, of the numbers in base64. */
const METADATA = ['user', 'encoding_format', 'request_id', 'cache_salt', 'embed_dtype', 'endianness'];

const refuseCaseVariants = createCaseCheck([
  ...INPUTS,
  ...['model', 'messages', 'dimensions', 'stream', 'chat_template', 'truncate_prompt_tokens'],
  ...METADATA,
]);

function read(builder: ConversationBuilder, body: JsonObject): void {
  refuseCaseVariants(body, '');
  const messages = field(body, 'messages');
  // vLLM embeds a chat, rendered by its template, in place of an input.
  if (!isAbsent(messages)) {
    requireArray(messages, 'messages').forEach((message, index) => {
      readMessage(builder, message, `messages[${index}]`);
    });
  }
  const given = INPUTS.filter((name) => !isAbsent(field(body, name)));
  if (given.length === 0 && isAbsent(messages)) throw expected('input', 'a string or a list', undefined);
  for (const name of given)
    readPrompts(builder, body, name, { most: MOST_INPUTS, objects: true, turns: 'one' });
  // Other encodings are raw bytes, which nobody here reads.
  const encoding = field(body, 'encoding_format');
  if (!isAbsent(encoding) && encoding !== 'float' && encoding !== 'base64')
    throw expected('encoding_format', 'float or base64', encoding);
  builder.coverage.metadata(body, METADATA);
}

export function createOpenAiEmbeddings(): WireFormat {
  return createUnstreamedFormat({
    id: 'openai-embeddings',
    framing: 'sse',
    read,
    decodeReply: (body, request) =>
      decodeVectors(body, {
        list: 'data',
        vectors: ['embedding'],
        base64: request !== undefined && field(request.body, 'encoding_format') === 'base64',
        model: request?.model ?? '',
      }),
    error: errorBody,
    replyLimitBytes: VECTORS_LIMIT_BYTES,
  });
}
