/** One content block of a reply, whole or as the beginning of a streamed one. */
import type { UnjudgedPart } from '../../core/conversation.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { FrameBuilder } from '../frame-builder.js';
import { field } from '../shape.js';
import { coverUnreadable, ENCRYPTED, holdsOpaque, holdsSignature, SIGNATURE } from './opaque.js';

const METADATA = ['type', 'id', 'tool_use_id', 'error_code', 'media_type', 'retrieved_at'];
const CALLS: readonly string[] = ['tool_use', 'server_tool_use', 'mcp_tool_use'];

/** Ids of the texts of the block with this index. Anthropic's replies have one choice, 0. */
export const textId = (index: number): string => `0/text/${index}`;
export const thinkingId = (index: number): string => `0/thinking/${index}`;
export const toolId = (index: number, part: 'name' | 'arguments' | 'input'): string =>
  `0/tool/${index}/${part}`;

/** All that the block with this index can have. */
export const textIds = (index: number): string[] => [
  textId(index),
  thinkingId(index),
  ...(['name', 'arguments', 'input'] as const).map((part) => toolId(index, part)),
];

export interface BlockFrame {
  readonly builder: FrameBuilder;
  readonly unjudged: UnjudgedPart[];
}

/**
 * Takes the texts that have ids of their own, and lists what cannot be judged. Strings that are left are for
 * `takeOther`.
 * @param begins true for a block whose text and input may go on in deltas
 */
export function readBlock(
  { builder, unjudged }: BlockFrame,
  block: JsonObject,
  index: number,
  path: string,
  begins: boolean,
): void {
  const type = field(block, 'type');
  if (type === 'text') take(builder, 'text', textId(index), block, 'text');
  else if (type === 'thinking') take(builder, 'reasoning', thinkingId(index), block, 'thinking');
  else if (typeof type === 'string' && CALLS.includes(type)) {
    take(builder, 'tool_name', toolId(index, 'name'), block, 'name');
    const input = field(block, 'input');
    // `{}` is what streams begin with: no text, and not a part of the JSON that follows.
    const isEmpty = isJsonObject(input) && Object.keys(input).length === 0;
    if (begins && isEmpty) builder.coverage.cover(block, 'input');
    else takeValue(builder, toolId(index, begins ? 'input' : 'arguments'), block, 'input');
  }
  coverOpaque({ builder, unjudged }, block, path);
}

function take(
  builder: FrameBuilder,
  channel: 'text' | 'reasoning' | 'tool_name',
  id: string,
  block: JsonObject,
  key: string,
): void {
  if (typeof field(block, key) !== 'string') return;
  builder.take({ choice: 0, channel, id, container: block, key });
}

function takeValue(builder: FrameBuilder, id: string, block: JsonObject, key: string): void {
  const value = field(block, key);
  if (typeof value !== 'string' && !isJsonObject(value) && !Array.isArray(value)) return;
  builder.take({ choice: 0, channel: 'tool_arguments', id, container: block, key });
}

/** Covers names of types, signatures and encrypted text, at any depth; media are listed. */
export function coverOpaque(frame: BlockFrame, value: JsonValue, path: string): void {
  const { builder, unjudged } = frame;
  if (Array.isArray(value)) {
    value.forEach((entry, index) => {
      coverOpaque(frame, entry, `${path}[${index}]`);
    });
    return;
  }
  if (!isJsonObject(value)) return;
  const { coverage } = builder;
  coverage.metadata(value, METADATA);
  if (holdsSignature(value)) coverage.cover(value, SIGNATURE);
  const kind = coverUnreadable(coverage, value);
  if (kind !== undefined) unjudged.push({ kind, path });
  for (const key of ENCRYPTED) {
    if (!holdsOpaque(value, key)) continue;
    coverage.cover(value, key);
    unjudged.push({ kind: 'tokens', path: `${path}.${key}` });
  }
  for (const [key, inner] of Object.entries(value)) {
    if (!coverage.covers(value, key)) coverOpaque(frame, inner, `${path}.${key}`);
  }
}
