/** The text of tool definitions and JSON schemas: the model reads all of it, property names included. */
import type { Segment } from '../core/conversation.js';
import { isJsonObject, type JsonValue } from '../core/json.js';
import { joinPath } from './shape.js';

/** Words of the format itself; as keys they say nothing. */
const KEYWORDS = new Set([
  ...['type', 'function', 'custom', 'name', 'description', 'parameters', 'strict', 'schema', 'json_schema'],
  ...[
    'properties',
    'required',
    'items',
    'enum',
    'const',
    'default',
    'additionalProperties',
    'anyOf',
    'oneOf',
  ],
  ...[
    'allOf',
    'not',
    '$ref',
    '$defs',
    'definitions',
    '$schema',
    '$id',
    'title',
    'format',
    'pattern',
    'examples',
  ],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'uniqueItems', 'prefixItems', 'nullable', 'grammar', 'syntax', 'definition'],
]);

const TYPE_NAMES = new Set([
  ...['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'],
  ...['function', 'custom', 'json_schema', 'json_object', 'text', 'grammar'],
]);

/** Appends one segment for each string and each key that is not a keyword of JSON Schema. */
export function collectDefinitionText(value: JsonValue, path: string, into: Segment[]): void {
  if (typeof value === 'string') {
    if (value !== '') into.push({ channel: 'tool_definition', text: value, path });
  } else if (Array.isArray(value)) {
    value.forEach((entry, index) => collectDefinitionText(entry, joinPath(path, index), into));
  } else if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const innerPath = joinPath(path, key);
      if (!KEYWORDS.has(key)) into.push({ channel: 'tool_definition', text: key, path: innerPath });
      if (key === 'type' && typeof inner === 'string' && TYPE_NAMES.has(inner)) continue;
      collectDefinitionText(inner, innerPath, into);
    }
  }
}
