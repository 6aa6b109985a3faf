/** One message of a request: its role, its content parts, its tool calls. */
import type { Channel, UnjudgedPart, WireRole } from '../../core/conversation.js';
import { GuardError } from '../../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ConversationBuilder, TurnBuilder } from '../conversation-builder.js';
import {
  createCaseCheck,
  expected,
  field,
  isAbsent,
  readWord,
  requireArray,
  requireObject,
} from '../shape.js';

/** `function` is the older name of `tool`. */
const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/** Reasoning, as the servers name it: DeepSeek and llama.cpp, vLLM and OpenRouter, Ollama. */
export const REASONING_FIELDS = ['reasoning_content', 'reasoning', 'thinking'] as const;

/** Part type -> the field that holds its text. */
export const TEXT_PARTS: ReadonlyMap<string, { readonly name: string; readonly channel: Channel }> = new Map([
  ['text', { name: 'text', channel: 'text' }],
  ['input_text', { name: 'text', channel: 'text' }],
  ['output_text', { name: 'text', channel: 'text' }],
  ['refusal', { name: 'refusal', channel: 'refusal' }],
  ['thinking', { name: 'thinking', channel: 'reasoning' }],
  ['reasoning', { name: 'reasoning', channel: 'reasoning' }],
] as const);

/** Part type -> what it is, for those that no judge of text can read. */
const MEDIA_PARTS: ReadonlyMap<string, UnjudgedPart['kind']> = new Map([
  ['image_url', 'image'],
  ['input_image', 'image'],
  ['image_embeds', 'image'],
  ['video_url', 'image'],
  ['input_audio', 'audio'],
  ['audio_url', 'audio'],
  ['file', 'file'],
  ['input_file', 'file'],
] as const);

const FIELDS = ['role', 'content', 'name', 'tool_calls', 'tool_call_id', 'function_call', 'refusal', 'audio'];
const checkMessage = createCaseCheck([...FIELDS, ...REASONING_FIELDS, 'prefix', 'images']);
const checkPart = createCaseCheck(['type', 'text', ...MEDIA_PARTS.keys()]);
const checkCall = createCaseCheck([
  'id',
  'type',
  'index',
  'function',
  'custom',
  'name',
  'arguments',
  'input',
]);

export function readMessage(builder: ConversationBuilder, value: JsonValue, path: string): void {
  const message = requireObject(value, path);
  checkMessage(message, path);
  const wireName = readWord(message, 'role', path, ROLES);
  const role: WireRole = wireName === 'function' ? 'tool' : wireName;
  builder.coverage.cover(message, 'role');
  const turn = builder.turn(role);

  const name = field(message, 'name');
  if (!isAbsent(name) && typeof name !== 'string') throw expected(`${path}.name`, 'a string', name);
  turn.take(role === 'tool' ? 'tool_name' : 'other', message, 'name', path);
  for (const key of REASONING_FIELDS) takeText(turn, 'reasoning', message, key, path);
  readContent(builder, turn, message, role, path);
  takeText(turn, 'refusal', message, 'refusal', path);
  readToolCalls(builder, turn, message, path);
  builder.coverage.metadata(message, ['tool_call_id']);
  for (const [key, kind] of [
    ['audio', 'audio'],
    ['images', 'image'],
  ] as const) {
    const media = field(message, key);
    if (!isAbsent(media)) builder.unjudgeable(kind, message, key, `${path}.${key}`);
  }
}

function takeText(
  turn: TurnBuilder,
  channel: Channel,
  container: JsonObject,
  key: string,
  path: string,
): void {
  const value = field(container, key);
  if (!isAbsent(value) && typeof value !== 'string') throw expected(`${path}.${key}`, 'a string', value);
  turn.take(channel, container, key, path);
}

function readContent(
  builder: ConversationBuilder,
  turn: TurnBuilder,
  message: JsonObject,
  role: WireRole,
  path: string,
): void {
  const content = field(message, 'content');
  const channel: Channel = role === 'tool' ? 'tool_result' : 'text';
  // Only a model may say nothing: its message can be tool calls alone.
  if (isAbsent(content) && role === 'assistant') return;
  if (typeof content === 'string') {
    turn.take(channel, message, 'content', path);
    return;
  }
  if (!Array.isArray(content)) throw expected(`${path}.content`, 'a string or a list of parts', content);
  content.forEach((part, index) => {
    const partPath = `${path}.content[${index}]`;
    if (typeof part === 'string') turn.take(channel, content, index, `${path}.content`);
    else readPart(builder, turn, requireObject(part, partPath), channel, partPath);
  });
}

function readPart(
  builder: ConversationBuilder,
  turn: TurnBuilder,
  part: JsonObject,
  channel: Channel,
  path: string,
): void {
  checkPart(part, path);
  const type = field(part, 'type');
  const word = typeof type === 'string' ? type : '';
  const textPart = TEXT_PARTS.get(word);
  const media = MEDIA_PARTS.get(word);
  if (textPart !== undefined) {
    const { name } = textPart;
    const text = field(part, name);
    if (typeof text !== 'string') throw expected(`${path}.${name}`, 'a string', text);
    turn.take(textPart.channel === 'text' ? channel : textPart.channel, part, name, path);
  } else if (media !== undefined) {
    builder.unjudgeable(media, part, word, path);
  } else {
    throw expected(
      `${path}.type`,
      `one of ${[...TEXT_PARTS.keys(), ...MEDIA_PARTS.keys()].join(', ')}`,
      type,
    );
  }
  builder.coverage.cover(part, 'type');
}

function readToolCalls(
  builder: ConversationBuilder,
  turn: TurnBuilder,
  message: JsonObject,
  path: string,
): void {
  const calls = field(message, 'tool_calls');
  if (!isAbsent(calls)) {
    requireArray(calls, `${path}.tool_calls`).forEach((value, index) => {
      const callPath = `${path}.tool_calls[${index}]`;
      const call = requireObject(value, callPath);
      checkCall(call, callPath);
      builder.coverage.metadata(call, ['id', 'type']);
      const kinds = (['function', 'custom'] as const).filter((kind) => isJsonObject(field(call, kind)));
      if (kinds.length === 0) throw expected(`${callPath}.function`, 'an object', field(call, 'function'));
      for (const kind of kinds) readCalled(turn, requireObject(field(call, kind), callPath), callPath, kind);
    });
  }
  const legacy = field(message, 'function_call');
  if (!isAbsent(legacy)) {
    readCalled(turn, requireObject(legacy, `${path}.function_call`), path, 'function_call');
  }
}

function readCalled(turn: TurnBuilder, called: JsonObject, path: string, kind: string): void {
  const calledPath = `${path}.${kind}`;
  checkCall(called, calledPath);
  const name = field(called, 'name');
  if (typeof name !== 'string' || name === '') {
    throw new GuardError('invalid_request', `${calledPath}.name must be the name of the tool.`);
  }
  turn.take('tool_name', called, 'name', calledPath);
  turn.take('tool_arguments', called, kind === 'custom' ? 'input' : 'arguments', calledPath);
}
