/** Ollama's `POST /api/generate`: one prompt, one completion. */
import type { WireRole } from '../../core/conversation.js';
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFrame, WireFormat } from '../../core/wire-format.js';
import type { FormatOptions } from '../clock.js';
import { ConversationBuilder } from '../conversation-builder.js';
import { createOllamaFormat } from '../ollama/format.js';
import { decodeOllamaFrame, ONLY_CHOICE, type LineContext } from '../ollama/reply.js';
import { COMMON_FIELDS, readCommonFields, readImages } from '../ollama/request.js';
import { createCaseCheck, expected, field, isAbsent, readBoolean, readModel } from '../shape.js';

/** Text fields in the order in which the model reads them; the prompt is the last, as the judged turn. */
const TEXT_FIELDS: readonly (readonly [string, WireRole])[] = [
  ['template', 'system'],
  ['system', 'system'],
  ['suffix', 'user'],
  ['prompt', 'user'],
];

const refuseCaseVariants = createCaseCheck([
  ...COMMON_FIELDS,
  ...['prompt', 'suffix', 'system', 'context', 'raw', 'images', 'width', 'height', 'steps'],
]);

function decodeRequest(body: JsonObject): DecodedRequest {
  refuseCaseVariants(body, '');
  const builder = new ConversationBuilder(body);
  const structured = readCommonFields(builder, body);
  for (const [name, role] of TEXT_FIELDS) {
    const value = field(body, name);
    // No prompt at all is how clients load a model.
    if (isAbsent(value)) continue;
    // Token ids are listed as such when the rest of the body is walked.
    if (name === 'prompt' && Array.isArray(value)) continue;
    if (typeof value !== 'string') throw expected(name, 'a string', value);
    builder.turn(role).take('text', body, name, '');
  }
  readImages(builder, body, 'images');
  return {
    conversation: builder.build(),
    model: readModel(body),
    stream: readBoolean(body, 'stream', true),
    choices: 1,
    structured,
    body,
  };
}

function decodeFrame(json: JsonObject, context: LineContext): ReplyFrame {
  return decodeOllamaFrame(json, 'response', context, (builder, dropLogprobs) => {
    builder.take(
      { choice: ONLY_CHOICE, channel: 'reasoning', id: '0/thinking', container: json, key: 'thinking' },
      dropLogprobs,
    );
    builder.take(
      { choice: ONLY_CHOICE, channel: 'text', id: '0/text', container: json, key: 'response' },
      dropLogprobs,
    );
  });
}

export function createOllamaGenerate(options: FormatOptions = {}): WireFormat {
  return createOllamaFormat(
    'ollama-generate',
    decodeRequest,
    { decode: decodeFrame, textFields: (text) => ({ response: text }), countToolCalls: () => 0 },
    options,
  );
}
