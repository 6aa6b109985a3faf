/**
 * Requests of llama.cpp's own `POST /completion` (`/completions` is the same) and `POST /infill`.
 * Reference: tools/server/README.md of llama.cpp.
 */
import type { JsonObject, JsonValue } from '../../core/json.js';
import type { DecodedRequest } from '../../core/wire-format.js';
import { ConversationBuilder } from '../conversation-builder.js';
import { coverResponseFields, coverSamplers } from '../llama-server/request.js';
import { promptCount, readMixed, readPrompts } from '../prompts.js';
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
import { readStructure, STRUCTURE_FIELDS } from '../structure-fields.js';

/** A guard judges every completion, so their number (`n_cmpl` for each prompt) is bounded. */
export const MAX_CHOICES = 64;

const METADATA = ['model', 'chat_format', 'reasoning_format', 'reasoning_effort'];

const FIELDS = [
  ...METADATA,
  ...STRUCTURE_FIELDS,
  ...['prompt', 'stream', 'stop', 'n_predict', 'n_cmpl', 'n', 'n_probs', 'samplers', 'response_fields'],
  ...['return_tokens', 'post_sampling_probs', 'cache_prompt', 'id_slot', 'seed', 'temperature', 'logit_bias'],
  ...['dry_sequence_breakers', 'lora', 'return_progress', 'timings_per_token', 'max_tokens'],
];
const checkCompletion = createCaseCheck(FIELDS);
const checkInfill = createCaseCheck([...FIELDS, 'input_prefix', 'input_suffix', 'input_extra']);
const checkExtra = createCaseCheck(['filename', 'text']);

export function decodeCompletion(body: JsonObject): DecodedRequest {
  checkCompletion(body, '');
  const builder = new ConversationBuilder(body);
  const prompt = field(body, 'prompt');
  if (isAbsent(prompt)) throw expected('prompt', 'a string or a list of prompts', prompt);
  readPrompts(builder, body, 'prompt', { most: MAX_CHOICES, objects: true, turns: 'each' });
  return finish(builder, body, promptCount(prompt));
}

export function decodeInfill(body: JsonObject): DecodedRequest {
  checkInfill(body, '');
  const builder = new ConversationBuilder(body);
  const extra = field(body, 'input_extra');
  if (!isAbsent(extra)) readExtra(builder, requireArray(extra, 'input_extra'));
  // One turn: the model reads them as one text.
  const turn = builder.turn('user');
  for (const name of ['input_prefix', 'input_suffix', 'prompt'])
    if (!isAbsent(field(body, name))) readMixed(builder, turn, body, name, '');
  return finish(builder, body, 1);
}

function readExtra(builder: ConversationBuilder, chunks: readonly JsonValue[]): void {
  chunks.forEach((value, index) => {
    const path = `input_extra[${index}]`;
    const chunk = requireObject(value, path);
    checkExtra(chunk, path);
    const turn = builder.turn('user');
    for (const name of ['filename', 'text']) {
      const text = field(chunk, name);
      if (!isAbsent(text) && typeof text !== 'string') throw expected(`${path}.${name}`, 'a string', text);
      turn.take('text', chunk, name, path);
    }
  });
}

function finish(builder: ConversationBuilder, body: JsonObject, prompts: number): DecodedRequest {
  const stream = readBoolean(body, 'stream', false);
  const choices = prompts * Math.max(readCount(body, 'n_cmpl'), readCount(body, 'n'));
  if (choices > MAX_CHOICES)
    throw expected('n_cmpl', `so that it makes at most ${MAX_CHOICES} completions`, choices);
  const structured = readStructure(builder, body);
  requireStop(body);
  builder.coverage.metadata(body, METADATA);
  coverSamplers(builder.coverage, body);
  coverResponseFields(builder.coverage, body);
  return {
    conversation: builder.build(),
    model: readModel(body),
    stream,
    choices,
    // Several completions come as an array, which a refusal does not fit into.
    structured: structured || (!stream && choices > 1),
    body,
  };
}

/** `stop: true` is the end of a stream; without it, an end could not be told from a break, nor a reply from anything else. */
function requireStop(body: JsonObject): void {
  const fields = field(body, 'response_fields');
  if (Array.isArray(fields) && fields.length > 0 && !fields.includes('stop'))
    throw expected('response_fields', 'a list with "stop" in it', fields);
}

function readCount(body: JsonObject, key: string): number {
  const value = field(body, key);
  if (isAbsent(value)) return 1;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_CHOICES)
    throw expected(key, `a whole number from 1 to ${MAX_CHOICES}`, value);
  return value;
}
