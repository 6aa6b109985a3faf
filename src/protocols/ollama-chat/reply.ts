/** Replies of Ollama's chat: one message a line, tool calls always whole. */
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import { unjudgeableReply, type FrameBuilder } from '../frame-builder.js';
import { decodeOllamaFrame, ONLY_CHOICE, type LineContext } from '../ollama/reply.js';
import { field } from '../shape.js';

export function decodeFrame(json: JsonObject, context: LineContext): ReplyFrame {
  return decodeOllamaFrame(json, 'message', context, (builder, dropLogprobs) => {
    const message = field(json, 'message');
    if (!isJsonObject(message)) return;
    builder.coverage.metadata(message, ['role']);
    const images = field(message, 'images');
    if (Array.isArray(images) && images.length > 0) throw unjudgeableReply('images');
    for (const [key, channel, id] of [
      ['thinking', 'reasoning', '0/thinking'],
      ['content', 'text', '0/text'],
      ['tool_name', 'tool_name', '0/tool_name'],
    ] as const) {
      builder.take({ choice: ONLY_CHOICE, channel, id, container: message, key }, dropLogprobs);
    }
    toolCallsOf(json).forEach((call, position) => {
      // Numbered on from earlier lines: each line brings new calls, whole.
      readToolCall(builder, call, context.toolCallsBefore + position, dropLogprobs);
    });
  });
}

export function toolCallsOf(json: JsonObject): JsonObject[] {
  const message = field(json, 'message');
  const calls = isJsonObject(message) ? field(message, 'tool_calls') : undefined;
  return Array.isArray(calls) ? calls.filter(isJsonObject) : [];
}

function readToolCall(builder: FrameBuilder, call: JsonObject, number: number, onEdit: () => void): void {
  builder.coverage.metadata(call, ['id', 'type']);
  const called = field(call, 'function');
  if (!isJsonObject(called)) return;
  for (const [key, channel] of [
    ['name', 'tool_name'],
    ['arguments', 'tool_arguments'],
  ] as const) {
    const id = `0/tool/${number}/${key}`;
    builder.take({ choice: ONLY_CHOICE, channel, id, container: called, key }, onEdit);
  }
}
