/** The text of tool definitions and JSON schemas: the model reads all of it, property names included. */
import type { Segment } from '../core/conversation.js';
import { isJsonObject, type JsonValue } from '../core/json.js';
import { assign, type Container } from './container.js';
import { isSecret } from './mcp-secrets.js';
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
  ...['input_schema', 'cache_control', 'ttl'],
]);

const TYPE_NAMES = new Set([
  ...['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'],
  ...['function', 'custom', 'json_schema', 'json_object', 'text', 'grammar', 'ephemeral'],
]);

/** Appends one segment for each string inside a value and each key that is not a keyword of JSON Schema. */
export function collectDefinitionText(value: JsonValue, path: string, into: Segment[]): void {
  const collect = (container: Container, key: string | number, inner: JsonValue): void => {
    const innerPath = joinPath(path, key);
    if (typeof inner !== 'string') collectDefinitionText(inner, innerPath, into);
    else if (inner !== '')
      into.push({
        channel: 'tool_definition',
        text: inner,
        path: innerPath,
        replace: (text) => assign(container, key, text),
      });
  };
  if (Array.isArray(value)) value.forEach((entry, index) => collect(value, index, entry));
  else if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (!KEYWORDS.has(key)) into.push({ channel: 'tool_definition', text: key, path: joinPath(path, key) });
      if (key === 'type' && typeof inner === 'string' && TYPE_NAMES.has(inner)) continue;
      if (isSecret(value, key)) continue;
      collect(value, key, inner);
    }
  }
}
