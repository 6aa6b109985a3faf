/** What Portcullis says in the format of the responses API. */
import type { GuardError } from '../../core/errors.js';
import type { JsonObject, JsonValue } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts } from '../../core/wire-format.js';
import type { Clock } from '../clock.js';
import { factsObject } from '../facts.js';
import { errorBody } from '../openai-chat/write.js';

/** What names a response. */
export interface ResponseHead {
  readonly id: string;
  readonly model: string;
  /** Unix seconds. */
  readonly created: number;
}

/** The head of a response that the upstream has not begun. */
export function madeUpHead(model: string, clock: Clock): ResponseHead {
  return { id: `resp_portcullis_${clock.id()}`, model, created: Math.floor(clock.now().getTime() / 1000) };
}

/** A response in progress that has no output yet; clients read all of these fields. */
export function openedResponse(head: ResponseHead): JsonObject {
  return {
    id: head.id,
    object: 'response',
    created_at: head.created,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    model: head.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: null,
  };
}

/** The same response, ended by the content filter. Nobody knows what it cost, but clients read the counts. */
export function filteredResponse(
  response: JsonObject,
  output: readonly JsonObject[],
  facts: ReplyFacts,
): JsonObject {
  return {
    ...response,
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    output: [...output],
    usage: {
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    },
    portcullis: factsObject(facts),
  };
}

export function messageItem(id: string, status: string, content: readonly JsonValue[]): JsonObject {
  return { id, type: 'message', status, role: 'assistant', content: [...content] };
}

export function textPart(text: string): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: [], text };
}

/** A whole response whose message is `text`. */
export function refusal(request: DecodedRequest, text: string, facts: ReplyFacts, clock: Clock): JsonObject {
  const response = openedResponse(madeUpHead(request.model, clock));
  const message = messageItem(`msg_portcullis_${clock.id()}`, 'completed', [textPart(text)]);
  return filteredResponse(response, [message], facts);
}

/**
 * The documented `error` event, and the object `error` that HTTP bodies have: OpenAI's SDKs raise only what
 * has the latter, others read the former.
 */
export function errorEvent(error: GuardError, requestId: string, sequence: number): JsonObject {
  const body = errorBody(error, requestId);
  return {
    type: 'error',
    sequence_number: sequence,
    code: error.code,
    message: error.message,
    param: null,
    ...body,
  };
}
