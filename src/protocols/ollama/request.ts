/** What the requests of Ollama's chat and generate have in common. */
import { isJsonObject, type JsonObject } from '../../core/json.js';
import type { ConversationBuilder } from '../conversation-builder.js';
import { expected, field, isAbsent } from '../shape.js';

export const COMMON_FIELDS = [
  ...['model', 'stream', 'format', 'options', 'keep_alive', 'think', 'logprobs', 'top_logprobs'],
  ...['truncate', 'shift', 'template', '_debug_render_only'],
];

/** `format` and the fields that are metadata. True when the reply has to be JSON. */
export function readCommonFields(builder: ConversationBuilder, body: JsonObject): boolean {
  // `think` is a switch or a level ("high"); anything longer stays to be judged.
  builder.coverage.metadata(body, ['model', 'keep_alive', 'think']);
  const options = field(body, 'options');
  if (!isAbsent(options) && !isJsonObject(options)) throw expected('options', 'an object', options);
  return readFormat(builder, body);
}

function readFormat(builder: ConversationBuilder, body: JsonObject): boolean {
  const format = field(body, 'format');
  if (isAbsent(format) || format === '') return false;
  if (format === 'json') builder.coverage.cover(body, 'format');
  else if (isJsonObject(format)) builder.definitions(body, 'format');
  else throw expected('format', '"json" or a JSON schema', format);
  return true;
}

/** Lists each image of an `images` field. */
export function readImages(builder: ConversationBuilder, container: JsonObject, path: string): void {
  const images = field(container, 'images');
  if (isAbsent(images)) return;
  if (!Array.isArray(images)) throw expected(path, 'an array of base64 strings', images);
  images.forEach((_image, index) => {
    builder.unjudgeable('image', images, index, `${path}[${index}]`);
  });
}
