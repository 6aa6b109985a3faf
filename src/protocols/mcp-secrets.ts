/** Secrets in the definition of an MCP server: for that server only, and not for a judge to read or to keep. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.js';
import { field } from './shape.js';

/** As a header holds it: a scheme perhaps, and one word. Several words are text, which some templates show the model. */
const SECRET = /^(?:(?:Bearer|Basic|Token|ApiKey) )?[\x21-\x7e]{0,8192}$/i;
const HEADER_NAME = /^[\w-]{1,64}$/;

/** True for a field of a tool of type `mcp` that holds nothing but a secret: a token, or headers with such. */
export function isSecret(tool: JsonObject, key: string): boolean {
  if (field(tool, 'type') !== 'mcp') return false;
  const value = field(tool, key);
  if (key === 'authorization') return holdsSecret(value);
  if (key !== 'headers' || !isJsonObject(value)) return false;
  return Object.entries(value).every(([name, header]) => HEADER_NAME.test(name) && holdsSecret(header));
}

function holdsSecret(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && SECRET.test(value);
}
