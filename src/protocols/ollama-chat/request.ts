/**
 * Requests of Ollama's `POST /api/chat`.
 * Reference: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { DecodedRequest } from '../../core/wire-format.js';
import { ConversationBuilder, type TurnBuilder } from '../conversation-builder.js';
import { COMMON_FIELDS, readCommonFields, readImages } from '../ollama/request.js';
import {
  createCaseCheck,
  expected,
  field,
  isAbsent,
  readBoolean,
  readModel,
  readWord,
  requireArray,
  requireObject,
} from '../shape.js';

const ROLES = ['system', 'user', 'assistant', 'tool'] as const;

const refuseCaseVariants = createCaseCheck([...COMMON_FIELDS, 'messages', 'tools']);
const checkMessage = createCaseCheck([
  ...['role', 'content', 'thinking', 'images', 'tool_calls', 'tool_name', 'tool_call_id'],
]);
const checkCall = createCaseCheck(['id', 'type', 'function', 'index', 'name', 'description', 'arguments']);

export function decodeRequest(body: JsonObject): DecodedRequest {
  refuseCaseVariants(body, '');
  const builder = new ConversationBuilder(body);
  const structured = readCommonFields(builder, body);
  const messages = field(body, 'messages');
  // No messages at all is how clients load a model.
  if (!isAbsent(messages)) {
    requireArray(messages, 'messages').forEach((message, index) => {
      readMessage(builder, message, `messages[${index}]`);
    });
  }
  const tools = field(body, 'tools');
  if (!isAbsent(tools)) {
    requireArray(tools, 'tools');
    builder.definitions(body, 'tools');
  }
  return {
    conversation: builder.build(),
    model: readModel(body),
    stream: readBoolean(body, 'stream', true),
    choices: 1,
    structured,
    body,
  };
}

function readMessage(builder: ConversationBuilder, value: JsonValue, path: string): void {
  const message = requireObject(value, path);
  checkMessage(message, path);
  const role = readWord(message, 'role', path, ROLES);
  builder.coverage.cover(message, 'role');
  const turn = builder.turn(role);
  for (const [key, channel] of [
    ['tool_name', 'tool_name'],
    ['thinking', 'reasoning'],
    ['content', role === 'tool' ? 'tool_result' : 'text'],
  ] as const) {
    const text = field(message, key);
    if (!isAbsent(text) && typeof text !== 'string') throw expected(`${path}.${key}`, 'a string', text);
    turn.take(channel, message, key, path);
  }
  readToolCalls(builder, turn, message, path);
  readImages(builder, message, `${path}.images`);
  builder.coverage.metadata(message, ['tool_call_id']);
}

function readToolCalls(
  builder: ConversationBuilder,
  turn: TurnBuilder,
  message: JsonObject,
  path: string,
): void {
  const calls = field(message, 'tool_calls');
  if (isAbsent(calls)) return;
  requireArray(calls, `${path}.tool_calls`).forEach((value, index) => {
    const callPath = `${path}.tool_calls[${index}]`;
    const call = requireObject(value, callPath);
    checkCall(call, callPath);
    builder.coverage.metadata(call, ['id', 'type']);
    const called = field(call, 'function');
    if (!isJsonObject(called)) throw expected(`${callPath}.function`, 'an object', called);
    checkCall(called, `${callPath}.function`);
    turn.take('tool_name', called, 'name', `${callPath}.function`);
    turn.take('tool_arguments', called, 'arguments', `${callPath}.function`);
  });
}
