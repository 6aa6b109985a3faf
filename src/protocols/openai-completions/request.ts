/**
 * Requests of `POST /v1/completions`, as OpenAI documents them and as vLLM and llama.cpp extend them.
 * Reference: https://platform.openai.com/docs/api-reference/completions/create
 */
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest } from '../../core/wire-format.js';
import { ConversationBuilder } from '../conversation-builder.js';
import { readSealedContext, SEALED_CONTEXT } from '../sealed-context.js';
import { promptCount, readPrompts } from '../prompts.js';
import { createCaseCheck, expected, field, isAbsent, readBoolean, readModel } from '../shape.js';
import { readStructure, STRUCTURE_FIELDS } from '../structure-fields.js';

/** A guard judges every choice, so their number (`n` for each prompt) is bounded. */
export const MAX_CHOICES = 64;

/** Strings here are names and switches, and skipped only while they look like such. */
const METADATA = [
  ...['model', 'user', 'request_id', 'cache_salt', 'guided_decoding_backend', 'service_tier'],
  ...['safety_identifier', 'prompt_cache_key'],
];

const refuseCaseVariants = createCaseCheck([
  ...METADATA,
  ...STRUCTURE_FIELDS,
  ...['prompt', 'suffix', 'echo', 'best_of', 'n', 'logprobs', 'stream', 'stream_options', 'stop'],
  ...['max_tokens', 'temperature', 'top_p', 'seed', 'logit_bias', ...SEALED_CONTEXT, 'prompt_logprobs'],
  ...['top_logprobs', 'guided_whitespace_pattern', 'n_cmpl', 'documents', 'messages', 'samplers'],
]);

export function decodeRequest(body: JsonObject): DecodedRequest {
  refuseCaseVariants(body, '');
  const builder = new ConversationBuilder(body);
  const model = readModel(body);
  const stream = readBoolean(body, 'stream', false);
  readBoolean(body, 'echo', false);
  const suffix = field(body, 'suffix');
  if (!isAbsent(suffix)) {
    if (typeof suffix !== 'string') throw expected('suffix', 'a string', suffix);
    // Before the prompt, which is the turn that is answered.
    builder.turn('user').take('text', body, 'suffix', '');
  }
  const prompt = field(body, 'prompt');
  if (!isAbsent(prompt))
    readPrompts(builder, body, 'prompt', { most: MAX_CHOICES, objects: false, turns: 'each' });
  const choices = readCount(body, 'n') * promptCount(prompt);
  if (choices > MAX_CHOICES)
    throw expected(
      'n',
      `so that n for each prompt makes at most ${MAX_CHOICES} choices`,
      `${choices} choices`,
    );
  const structured = readStructure(builder, body);
  readSealedContext(builder, body);
  builder.coverage.metadata(body, METADATA);
  return { conversation: builder.build(), model, stream, choices, structured, body };
}

function readCount(body: JsonObject, key: string): number {
  const value = field(body, key);
  if (isAbsent(value)) return 1;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_CHOICES)
    throw expected(key, `a whole number from 1 to ${MAX_CHOICES}`, value);
  return value;
}
