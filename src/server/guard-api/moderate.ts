/**
 * `POST /v1/moderations` in OpenAI's shape (https://platform.openai.com/docs/api-reference/moderations),
 * with the categories of the policy's taxonomy in place of OpenAI's.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { GuardError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { judgeLast } from './judge-messages.js';
import type { GuardParts, ItemContext } from './parts.js';
import { readItem } from './read-item.js';

export interface ModerationResult {
  readonly flagged: boolean;
  /** Every category of the taxonomy: does it make the text unsafe? */
  readonly categories: Readonly<Record<string, boolean>>;
  /** Every category of the taxonomy: its probability in [0, 1]; 0 where the guard named none. */
  readonly category_scores: Readonly<Record<string, number>>;
  readonly category_applied_input_types: Readonly<Record<string, readonly ['text']>>;
}

export interface ModerationResponse {
  readonly id: string;
  readonly model: string;
  readonly results: readonly ModerationResult[];
}

const MAX_INPUTS = 2048;
const AT_ONCE = 4;

const part = z.strictObject({ type: z.literal('text'), text: z.string() });
const body = z.object({
  input: z
    .union([z.string(), z.array(z.string()).min(1).max(MAX_INPUTS), z.array(part).min(1).max(MAX_INPUTS)])
    .describe(`a text, a list of 1 to ${MAX_INPUTS} texts, or a list of parts {"type":"text","text":…}`),
});

/**
 * A list of texts has one result each; a list of parts is one text. Each is judged as a user's prompt.
 * Other keys of the body (`model`, …) are not read.
 * @param judgeId what the answer calls the model
 * @throws GuardError('invalid_request'), 'unjudgeable_content' for images, 'guard_unavailable' when the
 *   guard has no verdict on one of the texts
 */
export async function moderate(
  parts: GuardParts & { readonly judge: { readonly id: string } },
  request: unknown,
  { signal, ...item }: ItemContext,
): Promise<ModerationResponse> {
  const texts = readInput(request);
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const results: ModerationResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < texts.length; index = next++)
      results[index] = await moderateText(parts, texts[index] ?? '', { ...item, signal: stopped });
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, texts.length) }, work));
  } finally {
    // One text without a verdict: nobody waits for the others any more.
    stop.abort();
  }
  return { id: `modr-${randomUUID()}`, model: parts.judge.id, results };
}

function readInput(request: unknown): string[] {
  if (isJsonObject(request) && Array.isArray(request.input)) {
    const other = request.input.findIndex(
      (one) => isJsonObject(one) && typeof one.type === 'string' && one.type !== 'text',
    );
    if (other >= 0)
      throw new GuardError(
        'unjudgeable_content',
        `input[${other}] is not text, and the guard can judge text only.`,
      );
  }
  const { input } = readItem(request, body, 'The body');
  if (typeof input === 'string') return [input];
  const texts = input.filter((one) => typeof one === 'string');
  return texts.length > 0
    ? texts
    : [input.map((one) => (typeof one === 'string' ? one : one.text)).join('\n')];
}

async function moderateText(
  parts: GuardParts,
  text: string,
  context: ItemContext,
): Promise<ModerationResult> {
  const { categories: all } = parts.taxonomies.get(parts.policy.taxonomy);
  const record = <T>(valueOf: (id: string) => T): Record<string, T> =>
    Object.fromEntries(all.map(({ id }) => [id, valueOf(id)]));
  const category_applied_input_types = record(() => ['text'] as const);
  // An empty text says nothing, so there is nothing to ask the guard.
  if (text === '')
    return {
      flagged: false,
      categories: record(() => false),
      category_scores: record(() => 0),
      category_applied_input_types,
    };
  const judgement = await judgeLast(parts, [{ role: 'User', text }], context);
  if (judgement.verdict === 'unavailable')
    throw new GuardError(
      'guard_unavailable',
      `The guard has no verdict (${judgement.reason}). Please try again later.`,
      judgement.retryAfter === undefined ? {} : { retryAfter: judgement.retryAfter },
    );
  const scores = new Map(judgement.scored.categories.map(({ id, score }) => [id, score]));
  return {
    flagged: judgement.verdict === 'unsafe',
    categories: record((id) => judgement.categories.includes(id)),
    category_scores: record((id) => scores.get(id) ?? 0),
    category_applied_input_types,
  };
}
