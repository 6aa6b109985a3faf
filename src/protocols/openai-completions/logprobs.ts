/**
 * The older shape of log probabilities: `{tokens, token_logprobs, top_logprobs, text_offset}`, where the
 * alternatives are the keys of objects. They spell the text, so they leave with it and go with it.
 * Servers that send the newer shape here (llama.cpp) are read by `protocols/logprobs.ts`.
 */
import { isJsonObject, type JsonObject } from '../../core/json.js';
import { remove, type FrameBuilder } from '../frame-builder.js';
import { field } from '../shape.js';
import { looksLikeToken } from '../token.js';

/** vLLM's `return_tokens_as_token_ids`: unreadable to a judge. */
const TOKEN_ID = /^token_id:\d+$/;

/** @param text the frame's text of the same choice */
export function readLegacyLogprobs(
  builder: FrameBuilder,
  choice: JsonObject,
  index: number,
  text: string,
): void {
  const logprobs = field(choice, 'logprobs');
  if (!isJsonObject(logprobs)) return;
  const drop = (): void => remove(choice, 'logprobs');
  const tokens = field(logprobs, 'tokens');
  const spelled = Array.isArray(tokens) ? tokens.filter((token) => typeof token === 'string') : [];
  if (spelled.some((token) => TOKEN_ID.test(token))) {
    drop();
    return;
  }
  if (Array.isArray(tokens)) {
    tokens.forEach((token, position) => {
      if (typeof token === 'string') builder.coverage.cover(tokens, position);
    });
  }
  const top = field(logprobs, 'top_logprobs');
  for (const alternatives of Array.isArray(top) ? top : []) {
    if (!isJsonObject(alternatives)) continue;
    for (const [token, logprob] of Object.entries(alternatives)) {
      // Alternatives are not the text, so only what can be a single token passes as one.
      if (looksLikeToken(token) && (typeof logprob === 'number' || logprob === null))
        builder.coverage.cover(alternatives, token);
    }
  }
  const all = spelled.join('');
  if (text.includes(all)) return;
  // Tokens ahead of their text, or bytes that are no whole character: a text of their own.
  builder.takeRemovable({ choice: index, channel: 'other', id: `${index}/other/logprobs` }, all, drop);
}
