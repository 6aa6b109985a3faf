/**
 * `completion_probabilities` (or `probs`): the text token by token, with alternatives. Released with the
 * text they spell; where they spell something else, they are a text of their own.
 */
import { isJsonObject, type JsonObject } from '../../core/json.js';
import { remove, type FrameBuilder } from '../frame-builder.js';
import { field } from '../shape.js';
import { bytesText, looksLikeToken, tooManyBytes } from '../token.js';

export const PROBABILITIES = ['completion_probabilities', 'probs'];

const ALTERNATIVES = ['top_logprobs', 'top_probs', 'probs'];
/** The token in newer servers, and in older ones. */
const TOKENS = ['token', 'content', 'tok_str'];

/** @param text what the same object says */
export function readProbabilities(
  builder: FrameBuilder,
  container: JsonObject,
  choice: number,
  text: string,
): void {
  for (const key of PROBABILITIES) {
    const list = field(container, key);
    if (!Array.isArray(list)) continue;
    let spelled = '';
    for (const entry of list) {
      if (!isJsonObject(entry)) continue;
      for (const name of TOKENS) {
        const token = field(entry, name);
        if (typeof token !== 'string') continue;
        spelled += token;
        builder.coverage.cover(entry, name);
      }
      for (const name of ALTERNATIVES) coverAlternatives(builder, entry, name);
    }
    const drop = (): void => remove(container, key);
    if (!text.includes(spelled))
      builder.takeRemovable({ choice, channel: 'other', id: `${choice}/other/${key}` }, spelled, drop);
    // The tokens once more, as numbers: usually the same text, and nobody would see it if it were another.
    const inBytes = bytesText(list.filter(isJsonObject));
    if (!text.includes(inBytes) && inBytes !== spelled)
      builder.takeRemovable({ choice, channel: 'other', id: `${choice}/other/${key}/bytes` }, inBytes, drop);
  }
}

function coverAlternatives(builder: FrameBuilder, entry: JsonObject, key: string): void {
  const list = field(entry, key);
  for (const alternative of Array.isArray(list) ? list : []) {
    if (!isJsonObject(alternative)) continue;
    for (const name of TOKENS) {
      const token = field(alternative, name);
      // Alternatives are not the text, so only what can be a single token passes as one.
      if (typeof token === 'string' && looksLikeToken(token)) builder.coverage.cover(alternative, name);
    }
    if (tooManyBytes(alternative)) remove(alternative, 'bytes');
  }
}
