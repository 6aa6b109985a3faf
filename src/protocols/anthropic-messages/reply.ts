/**
 * Replies of `POST /v1/messages`, whole and as the events of a stream: which strings are text, which are
 * metadata. Reference: https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
import type { Channel } from '../../core/conversation.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import { FrameBuilder, malformed } from '../frame-builder.js';
import { field, isAbsent, kindOf } from '../shape.js';
import {
  coverOpaque,
  readBlock,
  textId,
  textIds,
  thinkingId,
  toolId,
  type BlockFrame,
} from './reply-block.js';

const METADATA = ['type', 'id', 'role', 'model', 'stop_reason', 'stop_sequence', 'request_id'];
/** Objects of numbers, with the names of tiers and reasons among them. */
const NUMBERS = ['usage', 'container', 'context_management', 'diagnostics', 'stop_details'];

interface DeltaPlace {
  /** The field that holds the text. */
  readonly name: string;
  readonly channel: Channel;
  readonly id: (index: number) => string;
}

/** By the delta's type. */
const DELTAS: ReadonlyMap<string, DeltaPlace> = new Map<string, DeltaPlace>([
  ['text_delta', { name: 'text', channel: 'text', id: textId }],
  ['thinking_delta', { name: 'thinking', channel: 'reasoning', id: thinkingId }],
  [
    'input_json_delta',
    { name: 'partial_json', channel: 'tool_arguments', id: (index) => toolId(index, 'arguments') },
  ],
]);

/** A whole message. `model` is the one that the request named. Throws GuardError('upstream_malformed'). */
export function decodeMessage(json: JsonObject, model: string): ReplyFrame {
  const frame = openFrame(json);
  if (isErrorMessage(json)) return closeFrame(frame, json, { isError: true });
  readMessage(frame, json, '', model, false);
  return closeFrame(frame, json, { finished: true });
}

/** One event of a stream. `model` is the one that the request named. */
export function decodeEvent(json: JsonObject, model: string): ReplyFrame {
  const frame = openFrame(json);
  if (isErrorMessage(json)) return closeFrame(frame, json, { isError: true });
  const type = field(json, 'type');
  if (typeof type !== 'string') throw malformed(`an event whose type is ${kindOf(type)}`);
  let finished = false;
  let finishedTexts: readonly string[] = [];
  if (type === 'message_start') {
    const message = field(json, 'message');
    if (!isJsonObject(message)) throw malformed(`a message_start whose message is ${kindOf(message)}`);
    readMessage(frame, message, 'message', model, true);
  } else if (type === 'content_block_start') {
    const block = field(json, 'content_block');
    if (!isJsonObject(block)) throw malformed(`a content_block_start whose block is ${kindOf(block)}`);
    readBlock(frame, block, blockIndex(json), 'content_block', true);
  } else if (type === 'content_block_delta') readDelta(frame, json);
  else if (type === 'content_block_stop') finishedTexts = textIds(blockIndex(json));
  else if (type === 'message_delta') finished = readEnd(frame, json);
  else if (type === 'message_stop') finished = true;
  return closeFrame(frame, json, { finished, finishedTexts });
}

/** The index of the block that an event is about. */
export function blockIndex(json: JsonObject): number {
  const index = field(json, 'index');
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0)
    throw malformed(`a content block with index ${kindOf(index)}`);
  return index;
}

/** Anthropic's error, or that of a server that answers in OpenAI's shape whatever it was asked in. */
function isErrorMessage(json: JsonObject): boolean {
  return field(json, 'type') === 'error' || !isAbsent(field(json, 'error'));
}

function openFrame(json: JsonObject): BlockFrame {
  return { builder: new FrameBuilder(json), unjudged: [] };
}

interface FrameEnds {
  readonly isError?: boolean;
  readonly finished?: boolean;
  readonly finishedTexts?: readonly string[];
}

function closeFrame(
  { builder, unjudged }: BlockFrame,
  json: JsonObject,
  { isError = false, finished = false, finishedTexts = [] }: FrameEnds,
): ReplyFrame {
  builder.coverage.metadata(json, METADATA);
  const error = field(json, 'error');
  if (isJsonObject(error)) builder.coverage.metadata(error, ['type', 'code']);
  builder.takeOther(json, 0);
  return {
    json,
    texts: builder.texts,
    finished: finished ? [0] : [],
    ...(finishedTexts.length === 0 ? {} : { finishedTexts }),
    isError,
    ...(unjudged.length === 0 ? {} : { unjudged }),
  };
}

function readMessage(
  frame: BlockFrame,
  message: JsonObject,
  path: string,
  model: string,
  begins: boolean,
): void {
  const content = field(message, 'content');
  // vLLM leaves fields of the first event away that have nothing to say yet.
  if (!Array.isArray(content) && !(begins && isAbsent(content)))
    throw malformed(`a message whose content is ${kindOf(content)} instead of a list of blocks`);
  (Array.isArray(content) ? content : []).forEach((block: JsonValue, index) => {
    if (!isJsonObject(block)) throw malformed(`a content block that is ${kindOf(block)}`);
    readBlock(frame, block, index, `${path === '' ? '' : `${path}.`}content[${index}]`, begins);
  });
  const { coverage } = frame.builder;
  coverage.metadata(message, METADATA, model);
  for (const name of NUMBERS) coverNames(frame, field(message, name));
}

function readDelta(frame: BlockFrame, json: JsonObject): void {
  const index = blockIndex(json);
  const delta = field(json, 'delta');
  if (!isJsonObject(delta)) throw malformed(`a content_block_delta whose delta is ${kindOf(delta)}`);
  const type = field(delta, 'type');
  const known = typeof type === 'string' ? DELTAS.get(type) : undefined;
  if (known !== undefined && typeof field(delta, known.name) === 'string') {
    const { name, channel, id } = known;
    frame.builder.take({ choice: 0, channel, id: id(index), container: delta, key: name });
  }
  coverOpaque(frame, delta, 'delta');
}

/** @returns whether the message ends with this event */
function readEnd(frame: BlockFrame, json: JsonObject): boolean {
  for (const name of NUMBERS) coverNames(frame, field(json, name));
  const delta = field(json, 'delta');
  if (!isJsonObject(delta)) return false;
  frame.builder.coverage.metadata(delta, METADATA);
  for (const name of NUMBERS) coverNames(frame, field(delta, name));
  return !isAbsent(field(delta, 'stop_reason'));
}

function coverNames({ builder }: BlockFrame, value: JsonValue | undefined): void {
  const cover = (inner: JsonValue | undefined): void => {
    if (Array.isArray(inner)) inner.forEach(cover);
    if (!isJsonObject(inner)) return;
    builder.coverage.metadata(inner, Object.keys(inner));
    Object.values(inner).forEach(cover);
  };
  cover(value);
}
