/**
 * Replies of chat completions, whole (`message`) and as chunks (`delta`): which strings are text, which
 * are metadata. Reference: https://platform.openai.com/docs/api-reference/chat/object and …/streaming
 */
import type { JsonObject, JsonValue } from '../../core/json.js';
import { isJsonObject } from '../../core/json.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import { FrameBuilder, malformed, remove } from '../frame-builder.js';
import { readLogprobs } from '../logprobs.js';
import { field, isAbsent, kindOf } from '../shape.js';
import { REASONING_FIELDS, TEXT_PARTS } from './message.js';

const BODY_METADATA = [
  'id',
  'object',
  'model',
  'system_fingerprint',
  'service_tier',
  'request_id',
  'provider',
];
const MESSAGE_METADATA = ['role'];
const CHOICE_METADATA = ['finish_reason', 'native_finish_reason', 'stop_reason'];

/** Azure's and others' verdicts about the text: severity words, no text of the model. */
const FILTER_FIELDS = ['content_filter_results', 'prompt_filter_results', 'content_filter_result'];

const BASE64 = /^[A-Za-z0-9+/_=-]*$/;

export interface ReplyShape {
  /** Where a choice keeps its message. */
  readonly messageField: 'message' | 'delta';
  /** How many choices there may be. */
  readonly choices: number;
  /** The model that the request named, where the request is known. */
  readonly model?: string;
}

/** Decodes one reply or one chunk. Throws GuardError('upstream_malformed' | 'unjudgeable_content'). */
export function decodeFrame(json: JsonObject, shape: ReplyShape): ReplyFrame {
  const builder = new FrameBuilder(json);
  const finished: number[] = [];
  const isError = !isAbsent(field(json, 'error'));
  const choices = field(json, 'choices');
  if (Array.isArray(choices)) {
    const seen: number[] = [];
    for (const [position, value] of choices.entries()) {
      const { index, ended } = readChoice(builder, value, position, shape);
      // Two messages of one choice in a whole reply would hide one of them from most clients.
      if (shape.messageField === 'message') {
        if (seen.includes(index)) throw malformed(`choice ${index} twice`);
        seen.push(index);
      }
      if (ended) finished.push(index);
    }
    builder.coverage.cover(json, 'choices');
  } else if (!isError) {
    throw malformed(`a reply whose choices are ${kindOf(choices)} instead of an array`);
  }
  // Decoded prompt tokens beside the reply: the prompt again, cut into pieces nobody can judge.
  if (Object.hasOwn(json, 'prompt_logprobs')) remove(json, 'prompt_logprobs');
  builder.coverage.metadata(json, BODY_METADATA, shape.model);
  coverFilterResults(builder, json);
  builder.takeOther(json, 0);
  const { texts, unjudged } = builder;
  return { json, texts, finished, isError, ...(unjudged.length === 0 ? {} : { unjudged }) };
}

function readChoice(
  builder: FrameBuilder,
  value: JsonValue,
  position: number,
  shape: ReplyShape,
): { index: number; ended: boolean } {
  if (!isJsonObject(value)) throw malformed(`a choice that is ${kindOf(value)} instead of an object`);
  const choice = value;
  const index = field(choice, 'index') ?? position;
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= shape.choices) {
    throw malformed(`a choice with index ${kindOf(index)}, where ${shape.choices} choices were asked for`);
  }
  const dropLogprobs = (): void => {
    if (Object.hasOwn(choice, 'logprobs')) choice.logprobs = null;
  };
  const firstText = builder.texts.length;
  const message = field(choice, shape.messageField);
  if (isJsonObject(message)) readMessage(builder, message, index, dropLogprobs);
  if (!isAbsent(field(choice, 'logprobs'))) {
    const text = builder.texts
      .slice(firstText)
      .map((piece) => piece.text)
      .join('');
    readLogprobs(builder, choice, 'logprobs', index, text);
  }
  builder.coverage.metadata(choice, CHOICE_METADATA);
  coverFilterResults(builder, choice);
  builder.takeOther(choice, index, { onEdit: dropLogprobs });
  return { index, ended: !isAbsent(field(choice, 'finish_reason')) };
}

function readMessage(builder: FrameBuilder, message: JsonObject, choice: number, onEdit: () => void): void {
  builder.coverage.metadata(message, MESSAGE_METADATA);
  for (const key of REASONING_FIELDS) {
    if (typeof field(message, key) !== 'string') continue;
    // An id per field: vLLM has sent the same reasoning under two names at once.
    builder.take({ choice, channel: 'reasoning', id: `${choice}/${key}`, container: message, key }, onEdit);
  }
  readContent(builder, message, choice, onEdit);
  if (typeof field(message, 'refusal') === 'string') {
    builder.take(
      { choice, channel: 'refusal', id: `${choice}/refusal`, container: message, key: 'refusal' },
      onEdit,
    );
  }
  const audio = field(message, 'audio');
  if (isJsonObject(audio)) {
    const data = field(audio, 'data');
    // Anything else than base64 that stands there is judged like every unknown field.
    if (typeof data === 'string' && data !== '' && BASE64.test(data)) {
      builder.coverage.cover(audio, 'data');
      builder.unjudged.push({ kind: 'audio', path: `choices[${choice}].audio` });
    }
    builder.coverage.metadata(audio, ['id']);
    builder.take(
      { choice, channel: 'text', id: `${choice}/transcript`, container: audio, key: 'transcript' },
      onEdit,
    );
  }
  readToolCalls(builder, message, choice, onEdit);
}

function readContent(builder: FrameBuilder, message: JsonObject, choice: number, onEdit: () => void): void {
  const content = field(message, 'content');
  if (typeof content === 'string') {
    builder.take(
      { choice, channel: 'text', id: `${choice}/text`, container: message, key: 'content' },
      onEdit,
    );
  }
  if (!Array.isArray(content)) return;
  content.forEach((part) => {
    if (!isJsonObject(part)) return;
    const type = field(part, 'type');
    const known = typeof type === 'string' ? TEXT_PARTS.get(type) : undefined;
    if (known === undefined || typeof field(part, known.name) !== 'string') return;
    builder.coverage.cover(part, 'type');
    const id = `${choice}/${known.channel}`;
    builder.take({ choice, channel: known.channel, id, container: part, key: known.name }, onEdit);
  });
}

function readToolCalls(builder: FrameBuilder, message: JsonObject, choice: number, onEdit: () => void): void {
  const calls = field(message, 'tool_calls');
  if (Array.isArray(calls)) {
    for (const [position, call] of calls.entries()) {
      if (!isJsonObject(call)) continue;
      const index = field(call, 'index') ?? position;
      if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) {
        throw malformed(`a tool call with index ${kindOf(index)}`);
      }
      builder.coverage.metadata(call, ['id', 'type']);
      for (const kind of ['function', 'custom']) {
        readCalled(builder, field(call, kind), choice, `tool/${index}`, onEdit);
      }
    }
  }
  readCalled(builder, field(message, 'function_call'), choice, 'function_call', onEdit);
}

function readCalled(
  builder: FrameBuilder,
  called: JsonValue | undefined,
  choice: number,
  id: string,
  onEdit: () => void,
): void {
  if (!isJsonObject(called)) return;
  for (const [key, channel] of [
    ['name', 'tool_name'],
    ['arguments', 'tool_arguments'],
    ['input', 'tool_arguments'],
  ] as const) {
    builder.take({ choice, channel, id: `${choice}/${id}/${key}`, container: called, key }, onEdit);
  }
}

function coverFilterResults(builder: FrameBuilder, container: JsonObject): void {
  for (const name of FILTER_FIELDS) {
    const value = field(container, name);
    if (value !== undefined) coverStrings(builder, value);
  }
}

/** Covers all metadata in `value`, however deep. */
function coverStrings(builder: FrameBuilder, value: JsonValue): void {
  if (Array.isArray(value)) for (const inner of value) coverStrings(builder, inner);
  if (!isJsonObject(value)) return;
  builder.coverage.metadata(value, Object.keys(value));
  for (const inner of Object.values(value)) coverStrings(builder, inner);
}
