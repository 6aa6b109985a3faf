/**
 * Replies of legacy completions. A chunk has the shape of a whole reply.
 * Reference: https://platform.openai.com/docs/api-reference/completions/object
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.js';
import type { ReplyFrame } from '../../core/wire-format.js';
import { FrameBuilder, malformed, remove } from '../frame-builder.js';
import { readLogprobs } from '../logprobs.js';
import { field, isAbsent, kindOf } from '../shape.js';
import { readLegacyLogprobs } from './logprobs.js';

const BODY_METADATA = [
  ...['id', 'object', 'model', 'system_fingerprint', 'service_tier', 'request_id', 'provider'],
  'obfuscation',
];
const CHOICE_METADATA = ['finish_reason', 'native_finish_reason', 'stop_reason'];

export interface ReplyShape {
  /** How many choices there may be. */
  readonly choices: number;
  /** A choice may stand in a whole reply only once. */
  readonly whole: boolean;
  /** The model that the request named, where the request is known. */
  readonly model?: string;
}

/** Throws GuardError('upstream_malformed' | 'unjudgeable_content'). */
export function decodeFrame(json: JsonObject, shape: ReplyShape): ReplyFrame {
  const builder = new FrameBuilder(json);
  const finished: number[] = [];
  const isError = !isAbsent(field(json, 'error'));
  const choices = field(json, 'choices');
  if (Array.isArray(choices)) {
    const seen = new Set<number>();
    choices.forEach((value, position) => {
      const { index, ended } = readChoice(builder, value, position, shape);
      // Two texts of one choice in a whole reply would hide one of them from most clients.
      if (shape.whole && seen.has(index)) throw malformed(`choice ${index} twice`);
      seen.add(index);
      if (ended) finished.push(index);
    });
    builder.coverage.cover(json, 'choices');
  } else if (!isError) {
    throw malformed(`a reply whose choices are ${kindOf(choices)} instead of an array`);
  }
  remove(json, 'prompt_logprobs');
  builder.coverage.metadata(json, BODY_METADATA, shape.model);
  builder.takeOther(json, 0);
  return { json, texts: builder.texts, finished, isError };
}

function readChoice(
  builder: FrameBuilder,
  choice: JsonValue,
  position: number,
  { choices }: ReplyShape,
): { index: number; ended: boolean } {
  if (!isJsonObject(choice)) throw malformed(`a choice that is ${kindOf(choice)} instead of an object`);
  const index = field(choice, 'index') ?? position;
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= choices)
    throw malformed(`a choice with index ${kindOf(index)}, where ${choices} choices were asked for`);
  const dropLogprobs = (): void => {
    if (Object.hasOwn(choice, 'logprobs')) choice.logprobs = null;
  };
  const text = field(choice, 'text');
  builder.take(
    { choice: index, channel: 'text', id: `${index}/text`, container: choice, key: 'text' },
    dropLogprobs,
  );
  const spoken = typeof text === 'string' ? text : '';
  readLegacyLogprobs(builder, choice, index, spoken);
  readLogprobs(builder, choice, 'logprobs', index, spoken);
  // vLLM: the prompt again, cut into tokens.
  remove(choice, 'prompt_logprobs');
  builder.coverage.metadata(choice, CHOICE_METADATA);
  builder.takeOther(choice, index, { onEdit: dropLogprobs });
  return { index, ended: !isAbsent(field(choice, 'finish_reason')) };
}

/** The numbers of the choices in a frame. */
export function choiceIndexes(message: JsonObject): number[] {
  const choices = field(message, 'choices');
  if (!Array.isArray(choices)) return [];
  return choices.filter(isJsonObject).map((choice, position) => {
    const index = field(choice, 'index');
    return typeof index === 'number' ? index : position;
  });
}
