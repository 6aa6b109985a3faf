/**
 * Requests of `POST /v1/messages` and `/v1/messages/count_tokens`, as Anthropic documents them and as
 * Ollama, llama.cpp and vLLM read them. Reference: https://docs.anthropic.com/en/api/messages
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
  readWord,
  requireArray,
  requireObject,
} from '../shape.js';
import { readStructure, STRUCTURE_FIELDS } from '../structure-fields.js';
import { readSealedContext, SEALED_CONTEXT } from '../sealed-context.js';
import { readContent } from './block.js';

/** `system` in the middle of a chat is the newest of them. */
const ROLES = ['user', 'assistant', 'system'] as const;

/** Strings here are names and switches, and skipped only while they look like such. */
const METADATA = [
  ...['model', 'service_tier', 'inference_geo', 'speed', 'container', 'user_profile_id', 'workspace_id'],
  ...['anthropic_version', 'keep_alive'],
];

/** Objects of switches: the `type`s in them are names. */
const SWITCHES = ['thinking', 'tool_choice', 'cache_control', 'context_management', 'container'];

const checkBody = createCaseCheck([
  ...METADATA,
  ...SWITCHES,
  ...STRUCTURE_FIELDS,
  ...['messages', 'system', 'stream', 'tools', 'metadata', 'stop_sequences', 'mcp_servers', 'diagnostics'],
  ...['output_format', 'output_config', 'max_tokens', 'temperature', 'top_p', 'top_k', ...SEALED_CONTEXT],
]);
const checkMessage = createCaseCheck(['role', 'content', 'id', 'type']);
const checkServer = createCaseCheck(['type', 'name', 'url', 'authorization_token', 'tool_configuration']);

/** As it may stand in a header: visible ASCII. */
const TOKEN = /^[\x21-\x7e]{0,8192}$/;

/** Throws GuardError('invalid_request') with the offending path in the message. */
export function decodeRequest(body: JsonObject): DecodedRequest {
  checkBody(body, '');
  const builder = new ConversationBuilder(body);
  const model = readModel(body);
  const stream = readBoolean(body, 'stream', false);

  if (!isAbsent(field(body, 'system'))) {
    const turn = builder.turn('system');
    readContent({ builder, turn, channel: 'text' }, body, 'system', '');
  }
  const messages = requireArray(field(body, 'messages'), 'messages');
  if (messages.length === 0) throw expected('messages', 'a list of at least one message', messages);
  messages.forEach((message, index) => {
    readMessage(builder, message, `messages[${index}]`);
  });

  if (!isAbsent(field(body, 'tools'))) requireArray(field(body, 'tools'), 'tools');
  builder.definitions(body, 'tools');
  const structured = readOutputFormat(builder, body);
  readServers(builder, body);
  readSealedContext(builder, body);
  readMetadata(builder, body);
  return { conversation: builder.build(), model, stream, choices: 1, structured, body };
}

function readMessage(builder: ConversationBuilder, value: JsonValue, path: string): void {
  const message = requireObject(value, path);
  checkMessage(message, path);
  const role = readWord(message, 'role', path, ROLES);
  builder.coverage.cover(message, 'role');
  builder.coverage.metadata(message, ['id', 'type']);
  const turn = builder.turn(role === 'user' && isToolResult(field(message, 'content')) ? 'tool' : role);
  readContent({ builder, turn, channel: 'text' }, message, 'content', path);
}

/** Results of tools come in the name of the user; a message of nothing else is the tools' own. */
function isToolResult(content: JsonValue | undefined): content is JsonValue[] {
  const isResult = (block: JsonValue): boolean =>
    isJsonObject(block) && field(block, 'type') === 'tool_result';
  return Array.isArray(content) && content.length > 0 && content.every(isResult);
}

/** Reads the schema that the reply has to follow. @returns whether there is one */
function readOutputFormat(builder: ConversationBuilder, body: JsonObject): boolean {
  const config = field(body, 'output_config');
  if (!isAbsent(config)) requireObject(config, 'output_config');
  const places = [
    { container: body, key: 'output_format' },
    ...(isJsonObject(config) ? [{ container: config, key: 'format' }] : []),
  ];
  // vLLM and llama.cpp bind replies to grammars of their own.
  let structured = readStructure(builder, body);
  for (const { container, key } of places) {
    const format = field(container, key);
    if (isAbsent(format)) continue;
    if (!isJsonObject(format)) throw expected(key, 'an object', format);
    builder.definitions(container, key);
    structured ||= field(format, 'type') !== 'text';
  }
  if (isJsonObject(config)) builder.coverage.metadata(config, ['effort']);
  return structured;
}

/** Tools that the model's server calls by itself: their text is judged, their secrets are nobody's to read. */
function readServers(builder: ConversationBuilder, body: JsonObject): void {
  const servers = field(body, 'mcp_servers');
  if (isAbsent(servers)) return;
  requireArray(servers, 'mcp_servers').forEach((value, index) => {
    const path = `mcp_servers[${index}]`;
    const server = requireObject(value, path);
    checkServer(server, path);
    builder.coverage.metadata(server, ['type']);
    const token = field(server, 'authorization_token');
    if (isAbsent(token)) return;
    if (typeof token !== 'string' || !TOKEN.test(token))
      throw new GuardError(
        'invalid_request',
        `${path}.authorization_token must be a token as a header holds it: up to 8192 visible ASCII characters.`,
      );
    builder.coverage.cover(server, 'authorization_token');
  });
}

function readMetadata(builder: ConversationBuilder, body: JsonObject): void {
  const { coverage } = builder;
  coverage.metadata(body, METADATA);
  const metadata = field(body, 'metadata');
  if (isJsonObject(metadata)) coverage.metadata(metadata, Object.keys(metadata));
  const coverTypes = (value: JsonValue | undefined): void => {
    if (Array.isArray(value)) value.forEach(coverTypes);
    if (!isJsonObject(value)) return;
    coverage.metadata(value, ['type', 'display', 'ttl', 'id', 'skill_id', 'version']);
    Object.values(value).forEach(coverTypes);
  };
  for (const name of SWITCHES) coverTypes(field(body, name));
}
