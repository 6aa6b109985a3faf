/** What Portcullis says in the format of Anthropic's messages. */
import type { ErrorCode, GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts } from '../../core/wire-format.js';
import type { Clock } from '../clock.js';
import { factsObject } from '../facts.js';

/**
 * How a refusal ends. Portcullis's categories are not Anthropic's, so `category` stays null.
 * Reference: https://docs.anthropic.com/en/docs/test-and-evaluate/strengthen-guardrails/handle-streaming-refusals
 */
function refusalEnd(): JsonObject {
  return {
    stop_reason: 'refusal',
    stop_sequence: null,
    stop_details: { type: 'refusal', category: null, explanation: null },
  };
}

/** The message of a reply that the upstream has not begun, and that has no content and no end yet. */
export function emptyMessage(model: string, clock: Clock): JsonObject {
  return {
    id: `msg_portcullis_${clock.id()}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0 },
  };
}

/** A whole reply with `text` as its only block. */
export function refusal(request: DecodedRequest, text: string, facts: ReplyFacts, clock: Clock): JsonObject {
  return {
    ...emptyMessage(request.model, clock),
    content: [{ type: 'text', text }],
    ...refusalEnd(),
    portcullis: factsObject(facts),
  };
}

export function messageStart(message: JsonObject): JsonObject {
  return { type: 'message_start', message };
}

/** A whole text block, as the three events it streams as. */
export function textBlock(index: number, text: string): JsonObject[] {
  return [
    { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index, delta: { type: 'text_delta', text } },
    blockStop(index),
  ];
}

export function blockStop(index: number): JsonObject {
  return { type: 'content_block_stop', index };
}

/** The end of a streamed reply; the facts are in its last event. */
export function refusedEnd(facts: ReplyFacts): JsonObject[] {
  return [
    { type: 'message_delta', delta: refusalEnd(), usage: { output_tokens: 0 } },
    { type: 'message_stop', portcullis: factsObject(facts) },
  ];
}

const ERROR_TYPES: Record<ErrorCode, string> = {
  invalid_json: 'invalid_request_error',
  invalid_request: 'invalid_request_error',
  unsupported_content_type: 'invalid_request_error',
  unsupported_encoding: 'invalid_request_error',
  body_too_large: 'request_too_large',
  endpoint_not_allowed: 'not_found_error',
  method_not_allowed: 'invalid_request_error',
  content_policy_violation: 'permission_error',
  unjudgeable_content: 'invalid_request_error',
  guard_unavailable: 'overloaded_error',
  guard_not_ready: 'overloaded_error',
  upstream_unreachable: 'api_error',
  upstream_timeout: 'timeout_error',
  upstream_malformed: 'api_error',
  upstream_interrupted: 'api_error',
  client_closed: 'api_error',
  config_invalid: 'api_error',
  internal: 'api_error',
};

/**
 * Anthropic's error object, as an HTTP body and as an event in a stream; SDKs raise both. Portcullis's own
 * code stands in `code`, and where Anthropic's SDK reads one (`details.error_code`).
 * Reference: https://docs.anthropic.com/en/api/errors
 */
export function errorBody(error: GuardError, requestId: string): JsonObject {
  return {
    type: 'error',
    error: {
      type: ERROR_TYPES[error.code],
      message: error.message,
      code: error.code,
      details: { error_code: error.code },
    },
    request_id: requestId,
  };
}
