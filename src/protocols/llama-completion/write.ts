/** What Portcullis says in the format of `/completion` and `/infill`. */
import type { JsonObject } from '../../core/json.js';
import type { DecodedRequest, ReplyFacts } from '../../core/wire-format.js';
import { factsObject } from '../facts.js';

/** An event with text, as the server sends them. */
export function completion(index: number, content: string, stop: boolean): JsonObject {
  return { index, content, stop };
}

/** The last event, or a whole reply. The real server counts tokens and times here; we spent none. */
export function ended(index: number, content: string, model: string): JsonObject {
  return {
    ...completion(index, content, true),
    model,
    tokens_predicted: 0,
    tokens_evaluated: 0,
    truncated: false,
    stop_type: 'content_filter',
    stopping_word: '',
    tokens_cached: 0,
  };
}

export function refusal(request: DecodedRequest, text: string, facts: ReplyFacts): JsonObject {
  return { ...ended(0, text, request.model), portcullis: factsObject(facts) };
}
