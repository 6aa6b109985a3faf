/** Any JSON body of an application: a chat where it looks like one, else one User turn of all its strings. */
import type { WireRole } from '../../core/conversation.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { DecodedRequest } from '../../core/wire-format.js';
import { ConversationBuilder, type TurnBuilder } from '../conversation-builder.js';
import { field } from '../shape.js';

const ROLES: readonly WireRole[] = ['system', 'developer', 'user', 'assistant', 'tool'];

/**
 * Never refuses a shape: the application behind us knows its own. Whatever is not read as a message is
 * judged as text of the user.
 */
export function decodeRequest(body: JsonObject): DecodedRequest {
  const builder = new ConversationBuilder(body);
  const messages = field(body, 'messages');
  const isChat = Array.isArray(messages) && messages.some(isJsonObject);
  if (isChat) {
    for (const message of messages) readMessage(builder, message);
    builder.coverage.metadata(body, ['model']);
  }
  const model = field(body, 'model');
  return {
    conversation: builder.build(isChat ? 'other' : 'text'),
    model: typeof model === 'string' ? model : '',
    stream: field(body, 'stream') === true,
    choices: readChoices(body),
    structured: false,
    body,
  };
}

/** True for bodies that a client of OpenAI's chat would send, to answer it in its own format. */
export function looksLikeOpenAi(request: DecodedRequest): boolean {
  return request.model !== '' && Array.isArray(field(request.body, 'messages'));
}

function readMessage(builder: ConversationBuilder, message: JsonValue): void {
  if (!isJsonObject(message)) return;
  const role = ROLES.find((word) => word === field(message, 'role'));
  if (role === undefined) return;
  builder.coverage.cover(message, 'role');
  const turn = builder.turn(role);
  const content = field(message, 'content');
  if (typeof content === 'string') turn.take('text', message, 'content', '');
  else if (Array.isArray(content)) readParts(builder, turn, content);
}

function readParts(builder: ConversationBuilder, turn: TurnBuilder, parts: JsonValue[]): void {
  parts.forEach((part, index) => {
    if (typeof part === 'string') turn.take('text', parts, index, 'content');
    if (!isJsonObject(part) || typeof field(part, 'text') !== 'string') return;
    turn.take('text', part, 'text', `content[${index}]`);
    builder.coverage.metadata(part, ['type']);
  });
}

function readChoices(body: JsonObject): number {
  const n = field(body, 'n');
  return typeof n === 'number' && Number.isInteger(n) && n >= 1 && n <= 16 ? n : 1;
}
