/**
 * The items of a request's `input`: messages, calls and their outputs, reasoning.
 * Reference: https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 */
import type { Channel, UnjudgedPart, WireRole } from '../../core/conversation.js';
import { GuardError } from '../../core/errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ConversationBuilder, TurnBuilder } from '../conversation-builder.js';
import { isDataUrl, looksLikeFieldName } from '../coverage.js';
import { createCaseCheck, expected, field, isAbsent, readWord, requireObject } from '../shape.js';
import { CALL_FIELDS, TEXT_PARTS } from './items.js';

const ROLES = ['system', 'developer', 'user', 'assistant'] as const;

/** Part type -> what it is, for those that no judge of text can read. */
const MEDIA_PARTS: ReadonlyMap<string, UnjudgedPart['kind']> = new Map([
  ['input_image', 'image'],
  ['output_image', 'image'],
  ['computer_screenshot', 'image'],
  ['input_audio', 'audio'],
  ['output_audio', 'audio'],
  ['input_video', 'image'],
  ['input_file', 'file'],
] as const);

const ITEM_METADATA = ['id', 'type', 'status', 'call_id', 'phase', 'server_label', 'approval_request_id'];

const checkItem = createCaseCheck([
  ...ITEM_METADATA,
  ...CALL_FIELDS.map(([key]) => key),
  ...['role', 'content', 'summary', 'encrypted_content', 'output', 'outputs', 'results', 'result', 'error'],
  ...['queries', 'tools', 'revised_prompt'],
]);
const checkPart = createCaseCheck([
  ...['type', 'text', 'refusal', 'image_url', 'file_id', 'file_data', 'file_url', 'input_audio', 'data'],
  ...['annotations', 'logprobs', 'transcript', 'filename', 'detail'],
]);

export function readInput(builder: ConversationBuilder, body: JsonObject): void {
  const input = field(body, 'input');
  if (typeof input === 'string') builder.turn('user').take('text', body, 'input', '');
  else if (Array.isArray(input)) readItems(builder, input, 'input');
  else throw expected('input', 'a string or a list of items', input);
}

export function readItems(builder: ConversationBuilder, items: readonly JsonValue[], path: string): void {
  items.forEach((value, index) => {
    const itemPath = `${path}[${index}]`;
    const item = requireObject(value, itemPath);
    checkItem(item, itemPath);
    readItem(builder, item, itemPath);
    builder.coverage.metadata(item, ITEM_METADATA);
  });
}

function readItem(builder: ConversationBuilder, item: JsonObject, path: string): void {
  const type = field(item, 'type');
  if (!isAbsent(type) && typeof type !== 'string') throw expected(`${path}.type`, 'a string', type);
  // Without a type it is a message, or an id that stands for an item at the server.
  if (type === 'item_reference' || (isAbsent(type) && isAbsent(field(item, 'role')))) throw reference(path);
  if (isAbsent(type) || type === 'message') readMessage(builder, item, path);
  else if (type === 'reasoning') readReasoning(builder, item, path);
  else readCall(builder, item, type, path);
  const sealed = field(item, 'encrypted_content');
  if (!isAbsent(sealed) && sealed !== '') {
    builder.unjudgeable('tokens', item, 'encrypted_content', `${path}.encrypted_content`);
  }
}

function reference(path: string): GuardError {
  return new GuardError(
    'unjudgeable_content',
    `${path} is a reference to an item that the server keeps, which the guard cannot see. Send the item itself.`,
  );
}

function readMessage(builder: ConversationBuilder, item: JsonObject, path: string): void {
  const role = readWord(item, 'role', path, ROLES);
  builder.coverage.cover(item, 'role');
  const turn = builder.turn(role);
  const content = field(item, 'content');
  if (typeof content !== 'string' && !Array.isArray(content))
    throw expected(`${path}.content`, 'a string or a list of parts', content);
  readContent(builder, turn, { container: item, key: 'content', channel: 'text', path });
}

function readReasoning(builder: ConversationBuilder, item: JsonObject, path: string): void {
  const turn = builder.turn('assistant');
  for (const key of ['summary', 'content'])
    readContent(builder, turn, { container: item, key, channel: 'reasoning', path });
}

/** Calls of tools, what tools answered, and items that are not known: those are judged as `other` text. */
function readCall(builder: ConversationBuilder, item: JsonObject, type: string, path: string): void {
  const isOutput = type.endsWith('_output');
  const role: WireRole = isOutput ? 'tool' : 'assistant';
  const turn = builder.turn(role);
  for (const [key, channel] of CALL_FIELDS) turn.take(channel, item, key, path);
  const outputs = (): TurnBuilder => (isOutput ? turn : builder.turn('tool'));
  for (const key of ['output', 'outputs', 'results'] as const) {
    if (!isAbsent(field(item, key)))
      readContent(builder, outputs(), { container: item, key, channel: 'tool_result', path });
  }
  for (const key of ['content', 'summary'])
    readContent(builder, turn, { container: item, key, channel: 'other', path });
  if (type === 'image_generation_call' && !isAbsent(field(item, 'result')))
    builder.unjudgeable('image', item, 'result', `${path}.result`);
  builder.definitions(item, 'tools');
}

interface ContentPlace {
  readonly container: JsonObject;
  readonly key: string;
  /** What plain text here is. */
  readonly channel: Channel;
  readonly path: string;
}

/** A string, one part, or a list of parts; parts of no known type are refused in messages only. */
function readContent(builder: ConversationBuilder, turn: TurnBuilder, place: ContentPlace): void {
  const { container, key, channel, path } = place;
  const value = field(container, key);
  if (typeof value === 'string') turn.take(channel, container, key, path);
  const parts = Array.isArray(value) ? value : isJsonObject(value) ? [value] : [];
  parts.forEach((part, index) => {
    const partPath = Array.isArray(value) ? `${path}.${key}[${index}]` : `${path}.${key}`;
    if (isJsonObject(part)) readPart(builder, turn, part, channel, partPath);
    else if (typeof part === 'string' && Array.isArray(value))
      turn.take(channel, value, index, `${path}.${key}`);
    else throw expected(partPath, 'an object', part);
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
  builder.coverage.metadata(part, ['type']);
  const type = field(part, 'type');
  const word = typeof type === 'string' ? type : '';
  const media = MEDIA_PARTS.get(word);
  const textPart = TEXT_PARTS.get(word);
  if (textPart !== undefined) {
    const { key } = textPart;
    const text = field(part, key);
    if (typeof text !== 'string') throw expected(`${path}.${key}`, 'a string', text);
    turn.take(channel === 'text' ? textPart.channel : channel, part, key, path);
  } else if (media !== undefined) {
    readMedia(builder, part, media, path);
  } else if (channel === 'tool_result' || channel === 'other') {
    // Results of the server's own tools have many shapes: logs, rows, hits. What is not taken here is judged as `other`.
    if (word === 'image') readMedia(builder, part, 'image', path);
    else {
      builder.coverage.metadata(part, ['file_id']);
      for (const [key, text] of Object.entries(part)) {
        // A name that reads like text is found at the end, with what is under it.
        if (builder.coverage.covers(part, key) || !looksLikeFieldName(key)) continue;
        if (typeof text === 'string' && !isDataUrl(text)) turn.take(channel, part, key, path);
      }
    }
  } else {
    throw expected(
      `${path}.type`,
      `one of ${[...TEXT_PARTS.keys(), ...MEDIA_PARTS.keys()].join(', ')}`,
      type,
    );
  }
}

/** The part's own strings (a file's name) stay to be judged; what holds or names the media is covered. */
function readMedia(
  builder: ConversationBuilder,
  part: JsonObject,
  kind: UnjudgedPart['kind'],
  path: string,
): void {
  const holders = [
    'image_url',
    'file_id',
    'file_data',
    'file_url',
    'input_audio',
    'data',
    'url',
    'video_url',
  ];
  const [first = 'type', ...others] = holders.filter((name) => Object.hasOwn(part, name));
  builder.unjudgeable(kind, part, first, path);
  for (const name of others) builder.coverage.cover(part, name);
  builder.coverage.metadata(part, ['detail']);
}
