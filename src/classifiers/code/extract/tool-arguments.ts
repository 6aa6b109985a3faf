/** Finds the strings in a tool call's JSON arguments, with their places. */

export interface ArgumentString {
  /** The decoded string. */
  readonly value: string;
  /** Where it stands between its quotes in the JSON text. */
  readonly start: number;
  readonly end: number;
  /** The key it belongs to, also through arrays; undefined at the top. */
  readonly key: string | undefined;
}

const MAX_DEPTH = 200;

/**
 * Every string value (not the keys) of a JSON text, in order; undefined when it is not JSON. Strings
 * that are JSON objects or arrays themselves are opened, at the place of the outer string.
 */
export function argumentStrings(json: string): ArgumentString[] | undefined {
  try {
    JSON.parse(json);
  } catch {
    return undefined;
  }
  // The text is valid JSON, so that a scan for quotes sees exactly its strings.
  const found: ArgumentString[] = [];
  const keys: (string | undefined)[] = [];
  let key: string | undefined;
  for (let at = 0; at < json.length; at++) {
    const char = json.charAt(at);
    if (char === '{' || char === '[') {
      keys.push(key);
      if (keys.length > MAX_DEPTH) return undefined;
    } else if (char === '}' || char === ']') key = keys.pop();
    else if (char === ',') key = keys.at(-1) ?? key;
    else if (char === '"') {
      const start = at + 1;
      let end = start;
      while (json.charAt(end) !== '"') end += json.charAt(end) === '\\' ? 2 : 1;
      const value = JSON.parse(json.slice(at, end + 1)) as string;
      at = end;
      if (/^\s*:/.test(json.slice(end + 1, end + 64))) key = value;
      else found.push(...opened({ value, start, end, key }));
    }
  }
  return found;
}

function opened(outer: ArgumentString): ArgumentString[] {
  if (!/^\s*[{[]/.test(outer.value)) return [outer];
  const inner = argumentStrings(outer.value);
  if (inner === undefined || inner.length === 0) return [outer];
  return inner.map((item) => ({ ...item, start: outer.start, end: outer.end, key: item.key ?? outer.key }));
}
