/**
 * Replies of `/completion` and `/infill`: one object, an array of them for several prompts, or the events of
 * a stream, which have the same fields.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import { unwrapArray, wrapArray } from '../array-reply.js';
import { FrameBuilder, malformed, remove } from '../frame-builder.js';
import { coverSamplers } from '../llama-server/request.js';
import { promptCount } from '../prompts.js';
import { field, isAbsent, kindOf } from '../shape.js';
import { PROBABILITIES, readProbabilities } from './probabilities.js';
import { MAX_CHOICES } from './request.js';

const METADATA = ['model', 'stop_type', 'model_alias', 'id'];
const SETTINGS = ['model', 'chat_format', 'reasoning_format', 'speculative.type', 'speculative.types'];

/** What a server may put in front of the prompt it echoes: one special token (`<s>`, `<|begin_of_text|>`). */
const BEGIN = /^<[^<>\s]{1,32}>\s?$/;

export interface ReplyContext {
  /** How many completions there may be. */
  readonly choices: number;
  /** The request's own prompts where they are known, which were judged and may come back. */
  readonly prompt?: JsonValue | undefined;
  readonly model?: string;
}

/** Throws GuardError('upstream_malformed'). */
export function decodeWhole(body: JsonValue, context: ReplyContext): ReplyFrame {
  if (isJsonObject(body)) return decodeEvent(body, context);
  if (!Array.isArray(body)) throw malformed('JSON that is no object and no list');
  if (body.length > MAX_CHOICES) throw malformed(`a list of ${body.length} completions`);
  const json = wrapArray(body);
  const builder = new FrameBuilder(json);
  body.forEach((value, index) => {
    if (!isJsonObject(value)) throw malformed(`a completion that is ${kindOf(value)} instead of an object`);
    readCompletion(builder, value, index, context);
    builder.takeOther(value, index, { onEdit: () => dropProbabilities(value) });
    builder.coverage.cover(body, index);
  });
  return { json, texts: builder.texts, finished: body.map((_value, index) => index), isError: false };
}

/** An event of a stream, or a whole reply to one prompt. */
export function decodeEvent(json: JsonObject, context: ReplyContext): ReplyFrame {
  const builder = new FrameBuilder(json);
  const isError = !isAbsent(field(json, 'error'));
  if (!isError && ['content', 'stop', 'prompt_progress'].every((name) => field(json, name) === undefined))
    throw malformed('a message without "content", "stop" or "error"');
  const index = isError ? 0 : completionIndex(json, context);
  const stop = field(json, 'stop');
  if (!isAbsent(stop) && typeof stop !== 'boolean') throw malformed(`"stop" as ${kindOf(stop)}`);
  readCompletion(builder, json, index, context);
  builder.takeOther(json, index, { onEdit: () => dropProbabilities(json) });
  return { json, texts: builder.texts, finished: stop === true ? [index] : [], isError };
}

/** Which completion an event belongs to; 0 in servers that do not count. */
export function completionIndex(json: JsonObject, { choices }: Pick<ReplyContext, 'choices'>): number {
  const index = field(json, 'index') ?? 0;
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= choices)
    throw malformed(`a completion with index ${kindOf(index)}, where ${choices} were asked for`);
  return index;
}

function readCompletion(
  builder: FrameBuilder,
  json: JsonObject,
  choice: number,
  { prompt, model = '' }: ReplyContext,
): void {
  const content = field(json, 'content');
  builder.take({ choice, channel: 'text', id: `${choice}/text`, container: json, key: 'content' }, () =>
    dropProbabilities(json),
  );
  readProbabilities(builder, json, choice, typeof content === 'string' ? content : '');
  // The text again, as numbers that nobody can read.
  remove(json, 'tokens');
  builder.coverage.metadata(json, METADATA, model);
  const echo = field(json, 'prompt');
  if (typeof echo === 'string' && textsOf(prompt).some((text) => isEcho(echo, text)))
    builder.coverage.cover(json, 'prompt');
  const settings = field(json, 'generation_settings');
  if (isJsonObject(settings)) {
    builder.coverage.metadata(settings, SETTINGS, model);
    coverSamplers(builder.coverage, settings);
  }
}

/** One prompt, or several that are answered each alone. A list with numbers in it is one prompt, half of it unread. */
function textsOf(prompt: JsonValue | undefined): string[] {
  const prompts = Array.isArray(prompt) && promptCount(prompt) === prompt.length ? prompt : [prompt];
  return prompts.flatMap((one) => {
    const text = isJsonObject(one) ? field(one, 'prompt_string') : one;
    return typeof text === 'string' ? [text] : [];
  });
}

function isEcho(echo: string, prompt: string): boolean {
  if (!echo.endsWith(prompt)) return false;
  const before = echo.slice(0, echo.length - prompt.length);
  return before === '' || BEGIN.test(before);
}

function dropProbabilities(json: JsonObject): void {
  for (const key of PROBABILITIES) remove(json, key);
}

/** The object that has room for the facts: the last completion of several. */
export function lastCompletion(json: JsonObject): JsonObject | undefined {
  const list = unwrapArray(json);
  if (list === undefined) return json;
  const last = list.at(-1);
  return isJsonObject(last) ? last : undefined;
}
