/** Requests whose reply has to be of a given shape, so that edited text would break it. */
import { isJsonObject, type JsonObject } from '../core/json.js';
import type { ConversationBuilder } from './conversation-builder.js';
import { expected, field, isAbsent } from './shape.js';

/** Fields of vLLM and llama.cpp that bind the reply to a grammar. */
export const STRUCTURE_FIELDS = [
  ...['guided_json', 'guided_regex', 'guided_choice', 'guided_grammar', 'structured_outputs'],
  ...['json_schema', 'grammar', 'response_format'],
];

/** Takes the text of schemas and grammars. True when the reply has to be of a shape. */
export function readStructure(builder: ConversationBuilder, body: JsonObject): boolean {
  for (const name of STRUCTURE_FIELDS) builder.definitions(body, name);
  const format = field(body, 'response_format');
  if (!isAbsent(format) && !isJsonObject(format)) throw expected('response_format', 'an object', format);
  return STRUCTURE_FIELDS.some((name) => {
    const value = field(body, name);
    if (isAbsent(value) || value === '') return false;
    return name !== 'response_format' || !isJsonObject(value) || field(value, 'type') !== 'text';
  });
}
