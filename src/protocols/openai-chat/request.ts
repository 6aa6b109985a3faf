/**
 * Requests of `POST /v1/chat/completions`, as OpenAI documents them and as vLLM, llama.cpp and Ollama
 * extend them. Reference: https://platform.openai.com/docs/api-reference/chat/create
 */
import type { DecodedRequest } from '../../core/wire-format.js';
import { isJsonObject, type JsonObject } from '../../core/json.js';
import { ConversationBuilder } from '../conversation-builder.js';
import { readSealedContext, SEALED_CONTEXT } from '../sealed-context.js';
import {
  createCaseCheck,
  expected,
  field,
  isAbsent,
  readBoolean,
  readModel,
  requireArray,
} from '../shape.js';
import { readMessage } from './message.js';

/** A guard judges every choice, so their number is bounded. */
const MAX_CHOICES = 16;

/** Strings here are names and switches, and skipped only while they look like such. */
const METADATA = [
  ...['model', 'user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'service_tier'],
  ...[
    'reasoning_effort',
    'verbosity',
    'tool_choice',
    'function_call',
    'request_id',
    'cache_salt',
    'keep_alive',
  ],
];

const FIELDS = [
  ...METADATA,
  ...['messages', 'stream', 'stream_options', 'n', 'tools', 'functions', 'response_format', 'prediction'],
  ...[
    'audio',
    'modalities',
    'metadata',
    'stop',
    'suffix',
    'prompt',
    'logprobs',
    'top_logprobs',
    'logit_bias',
  ],
  ...['max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'seed', 'store', 'parallel_tool_calls'],
  ...['json_schema', 'grammar', ...SEALED_CONTEXT, 'chat_template', 'chat_template_kwargs', 'documents'],
];

/** Fields of vLLM and llama.cpp that bind the reply to a grammar, so that edited text would break it. */
const STRUCTURE_FIELDS = [
  ...['guided_json', 'guided_regex', 'guided_choice', 'guided_grammar', 'structured_outputs'],
  ...['json_schema', 'grammar'],
];

const refuseCaseVariants = createCaseCheck([...FIELDS, ...STRUCTURE_FIELDS]);

export function decodeRequest(body: JsonObject): DecodedRequest {
  refuseCaseVariants(body, '');
  const builder = new ConversationBuilder(body);
  const model = readModel(body);
  const stream = readBoolean(body, 'stream', false);
  const choices = readChoices(body);
  const structured = readStructured(body);

  const messages = requireArray(field(body, 'messages'), 'messages');
  if (messages.length === 0) throw expected('messages', 'a list of at least one message', messages);
  messages.forEach((message, index) => {
    readMessage(builder, message, `messages[${index}]`);
  });

  readDefinitions(builder, body);
  readSealedContext(builder, body);
  readMetadata(builder, body);
  return { conversation: builder.build(), model, stream, choices, structured, body };
}

function readChoices(body: JsonObject): number {
  const value = field(body, 'n');
  if (isAbsent(value)) return 1;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_CHOICES) {
    throw expected('n', `a whole number from 1 to ${MAX_CHOICES}`, value);
  }
  return value;
}

function readStructured(body: JsonObject): boolean {
  const format = field(body, 'response_format');
  if (!isAbsent(format)) {
    if (!isJsonObject(format)) throw expected('response_format', 'an object', format);
    const type = field(format, 'type');
    if (typeof type !== 'string') throw expected('response_format.type', 'a string', type);
    if (type !== 'text') return true;
  }
  return STRUCTURE_FIELDS.some((name) => !isAbsent(field(body, name)));
}

function readDefinitions(builder: ConversationBuilder, body: JsonObject): void {
  for (const name of ['tools', 'functions']) {
    const value = field(body, name);
    if (isAbsent(value)) continue;
    requireArray(value, name);
    builder.definitions(body, name);
  }
  for (const name of ['response_format', ...STRUCTURE_FIELDS]) builder.definitions(body, name);
}

function readMetadata(builder: ConversationBuilder, body: JsonObject): void {
  const { coverage } = builder;
  coverage.metadata(body, METADATA);
  const metadata = field(body, 'metadata');
  if (isJsonObject(metadata)) coverage.metadata(metadata, Object.keys(metadata));
  const audio = field(body, 'audio');
  if (isJsonObject(audio)) coverage.metadata(audio, ['voice', 'format']);
  const modalities = field(body, 'modalities');
  if (Array.isArray(modalities)) {
    modalities.forEach((word, index) => {
      if (word === 'text' || word === 'audio') coverage.cover(modalities, index);
    });
  }
  const choice = field(body, 'tool_choice');
  if (isJsonObject(choice)) coverage.metadata(choice, ['type']);
  const prediction = field(body, 'prediction');
  if (isJsonObject(prediction)) coverage.metadata(prediction, ['type']);
}
