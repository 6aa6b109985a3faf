/**
 * Prompts of the endpoints that complete or embed plain text: a string, a list of them, token ids, a mixture
 * of both, or llama.cpp's objects with media. Every string is taken as text, whatever stands beside it.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js';
import type { Container } from './container.js';
import type { ConversationBuilder, TurnBuilder } from './conversation-builder.js';
import { createCaseCheck, expected, field, isAbsent, joinPath, requireArray } from './shape.js';

export interface PromptRules {
  /** A longer list is refused. */
  readonly most: number;
  /** llama.cpp's `{prompt_string, multimodal_data}` may stand for a prompt. */
  readonly objects: boolean;
  /** A turn for each prompt, since each is answered alone; or all in one turn. */
  readonly turns: 'each' | 'one';
}

const BASE64 = /^[A-Za-z0-9+/=_-]*$/;

const checkObject = createCaseCheck(['prompt_string', 'multimodal_data']);

/** The number of prompts that a value stands for: a list with numbers in it is one prompt. */
export function promptCount(value: JsonValue | undefined): number {
  return Array.isArray(value) && !hasNumbers(value) ? value.length : 1;
}

/**
 * Takes the prompts of a field.
 * Throws GuardError('invalid_request') for any other shape, and for a list that is empty or too long.
 */
export function readPrompts(
  builder: ConversationBuilder,
  body: JsonObject,
  key: string,
  rules: PromptRules,
): void {
  const value = field(body, key);
  let shared: TurnBuilder | undefined;
  const turn = (): TurnBuilder => {
    if (rules.turns === 'each') return builder.turn('user');
    return (shared ??= builder.turn('user'));
  };
  if (!Array.isArray(value) || hasNumbers(value)) {
    readPrompt(builder, turn(), body, key, '', rules);
    return;
  }
  if (value.length === 0 || value.length > rules.most)
    throw expected(
      key,
      `a list of 1 to ${rules.most} prompts`,
      value.length === 0 ? value : `${value.length} of them`,
    );
  value.forEach((_prompt, index) => readPrompt(builder, turn(), value, index, key, rules));
}

/** Takes one prompt: a string, or a list of strings and token ids. */
export function readMixed(
  builder: ConversationBuilder,
  turn: TurnBuilder,
  container: Container,
  key: string | number,
  path: string,
): void {
  const value = (container as Record<string | number, JsonValue>)[key];
  const here = joinPath(path, key);
  if (typeof value === 'string') {
    turn.take('text', container, key, path);
    return;
  }
  if (!Array.isArray(value)) throw expected(here, 'a string or a list of strings and token ids', value);
  value.forEach((entry, index) => {
    if (typeof entry === 'string') turn.take('text', value, index, here);
    else if (typeof entry !== 'number') throw expected(`${here}[${index}]`, 'a string or a token id', entry);
  });
  // Token ids in a field `prompt` are listed when the rest of the body is walked.
  if (hasNumbers(value) && !here.startsWith('prompt')) builder.unjudgeable('tokens', container, key, here);
}

function readPrompt(
  builder: ConversationBuilder,
  turn: TurnBuilder,
  container: Container,
  key: string | number,
  path: string,
  { objects }: PromptRules,
): void {
  const value = (container as Record<string | number, JsonValue>)[key];
  if (!objects || !isJsonObject(value)) {
    readMixed(builder, turn, container, key, path);
    return;
  }
  const here = joinPath(path, key);
  checkObject(value, here);
  const text = field(value, 'prompt_string');
  if (typeof text !== 'string') throw expected(`${here}.prompt_string`, 'a string', text);
  turn.take('text', value, 'prompt_string', here);
  const media = field(value, 'multimodal_data');
  if (isAbsent(media)) return;
  const list = requireArray(media, `${here}.multimodal_data`);
  list.forEach((data, index) => {
    const place = `${here}.multimodal_data[${index}]`;
    // Text here would be listed as a file, and a policy may let files pass.
    if (typeof data !== 'string' || !BASE64.test(data)) throw expected(place, 'base64', data);
    builder.unjudgeable('file', list, index, place);
  });
}

function hasNumbers(value: JsonValue[]): boolean {
  return value.some((entry) => typeof entry === 'number');
}
