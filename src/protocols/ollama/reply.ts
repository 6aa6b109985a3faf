/**
 * What the replies of Ollama's chat and generate have in common. A reply that does not stream has the
 * same shape as the last line of one that does.
 * Reference: https://github.com/ollama/ollama/blob/main/docs/api.md
 */
import type { JsonObject } from '../../core/json.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import { FrameBuilder, malformed, remove, unjudgeableReply } from '../frame-builder.js';
import { readLogprobs } from '../logprobs.js';
import { field, isAbsent, kindOf } from '../shape.js';

const METADATA = ['model', 'created_at', 'done_reason', 'remote_model', 'remote_host'];

/** Ollama has no `n`. */
export const ONLY_CHOICE = 0;

/** What is known when a line is decoded. */
export interface LineContext {
  /** The number of tool calls in earlier lines. */
  readonly toolCallsBefore: number;
  /** The model that the request named; empty where the request is not known. */
  readonly model: string;
}

/**
 * @param readText takes the format's own texts from the frame
 * @param textField the field without which a line is no reply of this format
 */
export function decodeOllamaFrame(
  json: JsonObject,
  textField: string,
  context: LineContext,
  readText: (builder: FrameBuilder, dropLogprobs: () => void) => void,
): ReplyFrame {
  const builder = new FrameBuilder(json);
  const isError = !isAbsent(field(json, 'error'));
  const done = field(json, 'done');
  if (!isError && field(json, textField) === undefined && done === undefined) {
    throw malformed(`a line without "${textField}", "done" or "error"`);
  }
  if (done !== undefined && typeof done !== 'boolean') throw malformed(`"done" as ${kindOf(done)}`);
  if (!isAbsent(field(json, 'image')) && field(json, 'image') !== '') throw unjudgeableReply('an image');
  // The conversation as token ids: clients would send it back, and no judge could read it then.
  remove(json, 'context');

  const dropLogprobs = (): void => remove(json, 'logprobs');
  readText(builder, dropLogprobs);
  const text = builder.texts.map((piece) => piece.text).join('');
  readLogprobs(builder, json, 'logprobs', ONLY_CHOICE, text);
  builder.coverage.metadata(json, METADATA, context.model);
  builder.takeOther(json, ONLY_CHOICE, { onEdit: dropLogprobs });
  const { texts } = builder;
  return {
    json,
    texts,
    finished: done === true ? [ONLY_CHOICE] : [],
    // Calls come whole, each with ids of its own.
    finishedTexts: texts.filter(({ channel }) => channel === 'tool_arguments').map(({ id }) => id),
    isError,
  };
}
