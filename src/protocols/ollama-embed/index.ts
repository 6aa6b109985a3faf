/**
 * Ollama's `POST /api/embed`, and `POST /api/embeddings`, which it replaced.
 * Reference: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings
 */
import type { JsonObject } from '../../core/json.js';
import type { WireFormat } from '../../core/wire-format.js';
import type { ConversationBuilder } from '../conversation-builder.js';
import { decodeVectors, VECTORS_LIMIT_BYTES } from '../numbers/reply.js';
import { COMMON_FIELDS, readCommonFields } from '../ollama/request.js';
import { errorBody } from '../ollama/write.js';
import { readPrompts } from '../prompts.js';
import { createCaseCheck, field, isAbsent } from '../shape.js';
import { createUnstreamedFormat } from '../unstreamed.js';

/** As many as OpenAI's endpoint takes. */
const MOST_INPUTS = 2048;

const refuseCaseVariants = createCaseCheck([...COMMON_FIELDS, 'input', 'prompt', 'dimensions']);

interface EmbedShape {
  readonly id: string;
  /** The field with the text. */
  readonly input: string;
  /** The field of the reply with the numbers. */
  readonly vectors: string;
}

function createFormat({ id, input, vectors }: EmbedShape): WireFormat {
  const read = (builder: ConversationBuilder, body: JsonObject): void => {
    refuseCaseVariants(body, '');
    readCommonFields(builder, body);
    // No text at all is how clients load a model.
    if (!isAbsent(field(body, input)))
      readPrompts(builder, body, input, { most: MOST_INPUTS, objects: false, turns: 'one' });
  };
  return createUnstreamedFormat({
    id,
    framing: 'ndjson',
    read,
    decodeReply: (body, request) =>
      decodeVectors(body, { vectors: [vectors], base64: false, model: request?.model ?? '' }),
    error: errorBody,
    replyLimitBytes: VECTORS_LIMIT_BYTES,
  });
}

export function createOllamaEmbed(): WireFormat {
  return createFormat({ id: 'ollama-embed', input: 'input', vectors: 'embeddings' });
}

export function createOllamaEmbeddings(): WireFormat {
  return createFormat({ id: 'ollama-embeddings', input: 'prompt', vectors: 'embedding' });
}
