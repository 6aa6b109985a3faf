/**
 * Log probabilities repeat the reply's text token by token. They ride along in the frame of their text,
 * which is released whole; where a frame's tokens are not its text (a server that holds text back but
 * not its tokens) they are a text of their own.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js';
import { bytesText, looksLikeToken, tooManyBytes } from './token.js';
import { remove, type FrameBuilder } from './frame-builder.js';
import { field } from './shape.js';

/** vLLM's `return_tokens_as_token_ids`: the ids of tokens, unreadable to a judge. */
const TOKEN_ID = /^token_id:\d+$/;

/**
 * @param container holds the log probabilities under `key`: a list of `{token, top_logprobs}` (Ollama)
 *   or an object with such lists (`content`, `refusal`: OpenAI)
 * @param text the frame's text of the same choice
 */
export function readLogprobs(
  builder: FrameBuilder,
  container: JsonObject,
  key: string,
  choice: number,
  text: string,
): void {
  const logprobs = field(container, key);
  if (typeof logprobs !== 'object' || logprobs === null) return;
  const lists: (JsonValue | undefined)[] = Array.isArray(logprobs)
    ? [logprobs]
    : isJsonObject(logprobs)
      ? [field(logprobs, 'content'), field(logprobs, 'refusal')]
      : [];
  const entries = lists.flatMap((list) => (Array.isArray(list) ? list.filter(isJsonObject) : []));
  const tokens = entries.map((entry) => field(entry, 'token')).filter((token) => typeof token === 'string');
  if (tokens.some((token) => TOKEN_ID.test(token))) {
    remove(container, key);
    return;
  }
  for (const entry of entries) {
    // Anything else that stands there is no token, and is judged like every unknown field.
    if (typeof field(entry, 'token') === 'string') builder.coverage.cover(entry, 'token');
    const top = field(entry, 'top_logprobs');
    if (!Array.isArray(top)) continue;
    for (const alternative of top) {
      if (!isJsonObject(alternative)) continue;
      const token = field(alternative, 'token');
      // Alternatives are not the text, so only what can be a single token passes as one.
      if (typeof token === 'string' && looksLikeToken(token)) builder.coverage.cover(alternative, 'token');
      if (tooManyBytes(alternative)) remove(alternative, 'bytes');
    }
  }
  const drop = (): void => remove(container, key);
  const spelled = tokens.join('');
  if (!text.includes(spelled))
    builder.takeRemovable({ choice, channel: 'other', id: `${choice}/other/logprobs` }, spelled, drop);
  // The tokens once more, as numbers: usually the same text, and nobody would see it if it were another.
  const inBytes = bytesText(entries);
  if (!text.includes(inBytes) && inBytes !== spelled)
    builder.takeRemovable({ choice, channel: 'other', id: `${choice}/other/logprobs/bytes` }, inBytes, drop);
}
