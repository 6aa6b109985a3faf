/** What the requests of llama.cpp's own endpoints have in common: names of things, which are no text. */
import type { JsonObject, JsonValue } from '../../core/json.js';
import type { Coverage } from '../coverage.js';
import { field } from '../shape.js';

/** Steps of sampling, as `samplers` lists them. */
const SAMPLERS = new Set([
  ...['dry', 'top_k', 'typ_p', 'typical_p', 'top_p', 'min_p', 'xtc', 'temperature', 'temp', 'infill'],
  ...['penalties', 'top_n_sigma', 'adaptive_p'],
]);

/** Fields of the reply, as `response_fields` may ask for them. */
const RESPONSE_FIELDS = new Set([
  ...['index', 'content', 'tokens', 'id_slot', 'stop', 'model', 'tokens_predicted', 'tokens_evaluated'],
  ...['generation_settings', 'prompt', 'has_new_line', 'truncated', 'stop_type', 'stopping_word'],
  ...['tokens_cached', 'timings', 'completion_probabilities'],
]);

/** Words in `samplers`. */
export function coverSamplers(coverage: Coverage, container: JsonObject): void {
  coverWords(coverage, field(container, 'samplers'), (word) => SAMPLERS.has(word));
}

/** Names in `response_fields`: `content`, `generation_settings/n_predict`. */
export function coverResponseFields(coverage: Coverage, body: JsonObject): void {
  coverWords(coverage, field(body, 'response_fields'), (word) => {
    const [root = '', inner, ...more] = word.split('/');
    return (
      RESPONSE_FIELDS.has(root) && more.length === 0 && (inner === undefined || /^[\w.]{1,40}$/.test(inner))
    );
  });
}

function coverWords(
  coverage: Coverage,
  value: JsonValue | undefined,
  known: (word: string) => boolean,
): void {
  if (!Array.isArray(value)) return;
  value.forEach((word, index) => {
    if (typeof word === 'string' && known(word)) coverage.cover(value, index);
  });
}
