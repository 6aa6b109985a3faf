/** What Portcullis says in Ollama's formats. */
import type { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import type { ReplyFacts } from '../../core/wire-format.js';
import { factsObject } from '../facts.js';

/** Ollama's errors are `{"error": "message"}`, as a body and as a line of a stream. */
export function errorBody(error: GuardError, requestId: string): JsonObject {
  return { error: error.message, code: error.code, request_id: requestId };
}

/** The fields that end a reply. The real server counts nanoseconds and tokens here; we spent none. */
export function contentFilterEnd(facts: ReplyFacts): JsonObject {
  return {
    done_reason: 'content_filter',
    done: true,
    total_duration: 0,
    load_duration: 0,
    prompt_eval_count: 0,
    prompt_eval_duration: 0,
    eval_count: 0,
    eval_duration: 0,
    portcullis: factsObject(facts),
  };
}
