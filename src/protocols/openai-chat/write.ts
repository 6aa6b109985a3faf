/** What Portcullis says in the format of chat completions. */
import type { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts } from '../../core/wire-format.js';
import type { Clock } from '../clock.js';
import { factsObject } from '../facts.js';

/** What all chunks of one reply have in common. */
export interface ReplyHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

/** The head of a reply that the upstream has not begun. `created` is in Unix seconds. */
export function madeUpHead(model: string, clock: Clock): ReplyHead {
  return {
    id: `chatcmpl-portcullis-${clock.id()}`,
    created: Math.floor(clock.now().getTime() / 1000),
    model,
  };
}

/** A chunk for one choice, of no text and no end unless told otherwise. */
export function chunk(
  head: ReplyHead,
  choice: number,
  delta: JsonObject,
  finishReason: string | null,
): JsonObject {
  return {
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.created,
    model: head.model,
    choices: [{ index: choice, delta, logprobs: null, finish_reason: finishReason }],
  };
}

/** A whole reply in which every choice carries `text`. */
export function refusal(request: DecodedRequest, text: string, facts: ReplyFacts, clock: Clock): JsonObject {
  const head = madeUpHead(request.model, clock);
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: Array.from({ length: request.choices }, (_, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: null,
      finish_reason: 'content_filter',
    })),
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    portcullis: factsObject(facts),
  };
}

/**
 * OpenAI's error object, as an HTTP body and as an event in a stream; SDKs raise both.
 * Reference: https://platform.openai.com/docs/guides/error-codes
 */
export function errorBody(error: GuardError, requestId: string): JsonObject {
  return {
    error: {
      message: error.message,
      type: errorType(error),
      code: error.code,
      param: null,
      request_id: requestId,
    },
  };
}

function errorType(error: GuardError): string {
  if (error.code === 'content_policy_violation') return 'content_policy_violation';
  if (error.status >= 500) return 'server_error';
  return 'invalid_request_error';
}
