/**
 * Requests of `POST /v1/responses`, as OpenAI documents them and as vLLM, llama.cpp and Ollama serve them.
 * Reference: https://platform.openai.com/docs/api-reference/responses/create
 */
import { GuardError } from '../../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { DecodedRequest } from '../../core/wire-format.js';
import { ConversationBuilder } from '../conversation-builder.js';
import {
  createCaseCheck,
  expected,
  field,
  isAbsent,
  readBoolean,
  readModel,
  requireArray,
  requireObject,
} from '../shape.js';
import { readSealedContext, SEALED_CONTEXT } from '../sealed-context.js';
import { readInput, readItems } from './input.js';

/** Strings here are names and switches, and skipped only while they look like such. */
const METADATA = [
  ...['model', 'user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'service_tier'],
  ...['truncation', 'tool_choice', 'request_id', 'cache_salt', 'keep_alive'],
];

/**
 * Fields that bring text into the model's context which is kept at the server: nobody judged it here,
 * and nobody can.
 */
const STORED_CONTEXT: readonly (readonly [string, string])[] = [
  ['previous_response_id', 'names turns that the server keeps'],
  ['conversation', 'names turns that the server keeps'],
  ['prompt', 'names a template that the server keeps'],
];

/** Fields of vLLM and llama.cpp that bind the reply to a grammar, so that edited text would break it. */
const STRUCTURE_FIELDS = [
  ...['response_format', 'structured_outputs', 'guided_json', 'guided_regex', 'guided_choice'],
  ...['guided_grammar', 'json_schema', 'grammar'],
];

/** What `include` may ask for, as documented. */
const INCLUDED = new Set([
  ...['file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources'],
  ...[
    'message.input_image.image_url',
    'computer_call_output.output.image_url',
    'message.output_text.logprobs',
  ],
  ...['code_interpreter_call.outputs', 'reasoning.encrypted_content'],
]);

const refuseCaseVariants = createCaseCheck([
  ...METADATA,
  ...STORED_CONTEXT.map(([name]) => name),
  ...STRUCTURE_FIELDS,
  ...[
    'input',
    'instructions',
    'tools',
    'text',
    'stream',
    'stream_options',
    'include',
    'metadata',
    'reasoning',
  ],
  ...['background', 'store', 'max_output_tokens', 'max_tool_calls', 'parallel_tool_calls', 'temperature'],
  ...['top_p', 'top_logprobs', 'context_management', ...SEALED_CONTEXT],
]);

/** Throws GuardError('invalid_request' | 'unjudgeable_content') that names the place. */
export function decodeRequest(body: JsonObject): DecodedRequest {
  refuseCaseVariants(body, '');
  const builder = new ConversationBuilder(body);
  const model = readModel(body);
  const stream = readBoolean(body, 'stream', false);
  refuseStoredContext(body);
  const structured = readStructured(body);

  readInstructions(builder, body);
  readInput(builder, body);
  readDefinitions(builder, body);
  readSealedContext(builder, body);
  readMetadata(builder, body);
  return { conversation: builder.build(), model, stream, choices: 1, structured, body };
}

function refuseStoredContext(body: JsonObject): void {
  for (const [name, what] of STORED_CONTEXT) {
    if (isAbsent(field(body, name))) continue;
    throw new GuardError(
      'unjudgeable_content',
      `${name} ${what}, which the guard cannot see. Send all items of the conversation in "input", and the system's text in "instructions".`,
    );
  }
  if (readBoolean(body, 'background', false)) {
    throw new GuardError(
      'invalid_request',
      'background must be false: the reply of a background response is fetched later, past the guard.',
    );
  }
}

/** A string; responses echo a list of items here, so clients may send one too. */
function readInstructions(builder: ConversationBuilder, body: JsonObject): void {
  const value = field(body, 'instructions');
  if (isAbsent(value)) return;
  if (typeof value === 'string') builder.turn('system').take('text', body, 'instructions', '');
  else if (Array.isArray(value)) readItems(builder, value, 'instructions');
  else throw expected('instructions', 'a string', value);
}

function readStructured(body: JsonObject): boolean {
  const text = field(body, 'text');
  if (!isAbsent(text)) {
    const format = field(requireObject(text, 'text'), 'format');
    if (!isAbsent(format)) {
      const type = field(requireObject(format, 'text.format'), 'type');
      if (typeof type !== 'string') throw expected('text.format.type', 'a string', type);
      if (type !== 'text') return true;
    }
  }
  return STRUCTURE_FIELDS.some((name) => !isAbsent(field(body, name)));
}

function readDefinitions(builder: ConversationBuilder, body: JsonObject): void {
  const tools = field(body, 'tools');
  if (!isAbsent(tools)) {
    requireArray(tools, 'tools');
    builder.definitions(body, 'tools');
  }
  const text = field(body, 'text');
  if (isJsonObject(text)) builder.definitions(text, 'format');
  for (const name of STRUCTURE_FIELDS) builder.definitions(body, name);
}

function readMetadata(builder: ConversationBuilder, body: JsonObject): void {
  const { coverage } = builder;
  coverage.metadata(body, METADATA);
  const within = (name: string, fields?: readonly string[]): void => {
    const value = field(body, name);
    if (isJsonObject(value)) coverage.metadata(value, fields ?? Object.keys(value));
  };
  within('metadata');
  within('reasoning', ['effort', 'summary', 'generate_summary']);
  within('text', ['verbosity']);
  within('tool_choice', ['type', 'mode']);
  const include: JsonValue | undefined = field(body, 'include');
  if (Array.isArray(include)) {
    include.forEach((word, index) => {
      if (typeof word === 'string' && INCLUDED.has(word)) coverage.cover(include, index);
    });
  }
}
