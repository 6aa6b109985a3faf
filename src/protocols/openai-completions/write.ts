/** What Portcullis says in the format of legacy completions. */
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
    id: `cmpl-portcullis-${clock.id()}`,
    created: Math.floor(clock.now().getTime() / 1000),
    model,
  };
}

/** A chunk for one choice. */
export function chunk(
  head: ReplyHead,
  choice: number,
  text: string,
  finishReason: string | null,
): JsonObject {
  return {
    id: head.id,
    object: 'text_completion',
    created: head.created,
    model: head.model,
    choices: [{ index: choice, text, logprobs: null, finish_reason: finishReason }],
  };
}

/** A whole reply in which every choice carries `text`. */
export function refusal(request: DecodedRequest, text: string, facts: ReplyFacts, clock: Clock): JsonObject {
  const head = madeUpHead(request.model, clock);
  return {
    id: head.id,
    object: 'text_completion',
    created: head.created,
    model: head.model,
    choices: Array.from({ length: request.choices }, (_, index) => ({
      index,
      text,
      logprobs: null,
      finish_reason: 'content_filter',
    })),
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    portcullis: factsObject(facts),
  };
}
