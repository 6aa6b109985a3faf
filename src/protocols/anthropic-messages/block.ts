/**
 * Content blocks of a request. Every string of a block is text of its turn, also in blocks that nobody has
 * heard of; media and what is encrypted are listed as unjudged.
 * Reference: https://docs.anthropic.com/en/api/messages
 */
import type { Channel } from '../../core/conversation.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { Container } from '../container.js';
import type { ConversationBuilder, TurnBuilder } from '../conversation-builder.js';
import { isDataUrl, looksLikeFieldName } from '../coverage.js';
import { createCaseCheck, expected, field, isAbsent, joinPath, requireObject } from '../shape.js';
import { coverUnreadable, ENCRYPTED, holdsOpaque, holdsSignature, SIGNATURE } from './opaque.js';

/** Names and references; skipped only while they look like such. */
const METADATA = ['type', 'id', 'tool_use_id', 'media_type', 'cache_control', 'ttl', 'error_code'];

const checkBlock = createCaseCheck([
  ...METADATA,
  ...['text', 'source', 'content', 'name', 'input', 'thinking', 'data', SIGNATURE, 'title', 'context', 'url'],
  ...['citations', 'is_error', 'file_id', ...ENCRYPTED],
]);

/** Tool calls, by whoever runs the tool. */
const CALLS: readonly string[] = ['tool_use', 'server_tool_use', 'mcp_tool_use'];
/** What tools answer: a string or blocks under `content`. */
const RESULTS: readonly string[] = ['tool_result', 'mcp_tool_result'];

/** The turn that blocks are read into. */
export interface BlockReader {
  readonly builder: ConversationBuilder;
  readonly turn: TurnBuilder;
  /** What plain text is here: `text` or `tool_result`. */
  readonly channel: Channel;
}

/** A string, or a list of blocks. Throws GuardError('invalid_request') on anything else. */
export function readContent(reader: BlockReader, container: JsonObject, key: string, path: string): void {
  const content = field(container, key);
  const { turn, channel } = reader;
  if (typeof content === 'string') {
    turn.take(channel, container, key, path);
    return;
  }
  const contentPath = joinPath(path, key);
  if (!Array.isArray(content)) throw expected(contentPath, 'a string or a list of blocks', content);
  content.forEach((block, index) => {
    const blockPath = joinPath(contentPath, index);
    readBlock(reader, requireObject(block, blockPath), blockPath);
  });
}

function readBlock(reader: BlockReader, block: JsonObject, path: string): void {
  checkBlock(block, path);
  const type = field(block, 'type');
  if (typeof type !== 'string') throw expected(`${path}.type`, 'the type of the block', type);
  const { builder, turn, channel } = reader;
  if (type === 'text') requireText(block, 'text', path);
  else if (type === 'thinking') {
    requireText(block, 'thinking', path);
    if (holdsSignature(block)) builder.coverage.cover(block, SIGNATURE);
    turn.take('reasoning', block, 'thinking', path);
  } else if (CALLS.includes(type)) {
    const name = field(block, 'name');
    if (typeof name !== 'string' || name === '') throw expected(`${path}.name`, 'the name of the tool', name);
    turn.take('tool_name', block, 'name', path);
    turn.take('tool_arguments', block, 'input', path);
  } else if (RESULTS.includes(type)) {
    if (!isAbsent(field(block, 'content')))
      readContent({ ...reader, channel: 'tool_result' }, block, 'content', path);
  } else if (type === 'image' || type === 'document') requireObject(field(block, 'source'), `${path}.source`);
  readStrings({ ...reader, channel: type === 'text' ? channel : foreign(channel) }, block, path);
}

/** Documents, pages and results are what others have written, like the result of a tool. */
function foreign(channel: Channel): Channel {
  return channel === 'text' ? 'tool_result' : channel;
}

function requireText(block: JsonObject, key: string, path: string): void {
  const text = field(block, key);
  if (typeof text !== 'string') throw expected(`${path}.${key}`, 'a string', text);
}

/** Takes every string that is left in a container, blocks within it as blocks. */
function readStrings(reader: BlockReader, container: JsonObject | JsonValue[], path: string): void {
  const { builder } = reader;
  if (Array.isArray(container)) {
    container.forEach((value, index) => {
      readValue(reader, container, index, value, path);
    });
    return;
  }
  // Blocks of a tool's result were read one by one.
  if (builder.coverage.covers(container, 'type')) return;
  builder.coverage.metadata(container, METADATA);
  const kind = coverUnreadable(builder.coverage, container);
  if (kind !== undefined) builder.unjudgeable(kind, container, 'type', path);
  for (const key of ENCRYPTED) {
    if (holdsOpaque(container, key)) builder.unjudgeable('tokens', container, key, joinPath(path, key));
  }
  for (const [key, value] of Object.entries(container)) {
    // A name that reads like text is found at the end, with what is under it.
    if (looksLikeFieldName(key)) readValue(reader, container, key, value, path);
  }
}

function readValue(
  reader: BlockReader,
  container: Container,
  key: string | number,
  value: JsonValue,
  path: string,
): void {
  const { builder, turn, channel } = reader;
  if (builder.coverage.covers(container, key)) return;
  const valuePath = joinPath(path, key);
  if (typeof value === 'string') {
    if (!isDataUrl(value)) turn.take(channel, container, key, path);
  } else if (Array.isArray(value) || isJsonObject(value)) readStrings(reader, value, valuePath);
}
