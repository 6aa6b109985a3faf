/** What is done to recorded JSON and bytes, each step from a seed of its own, so that steps can be left out. */
import type { JsonObject, JsonValue } from '../../src/core/json.js';
import { randomFrom, type Random } from './random.js';

/** Text that no server sends as a name or an id: where it stands, there is text. */
export const MARKER = 'VENOM drinks for all of us tonight';

const NUMBERS = ['1e999', '-1', '0', '1e308', '99999999999999999999', '1.5', '-0', '4294967296', '1E9'];
const TEXTS = [
  ...['', ' ', '\u0000', '\ud83e', '\udd99', '\ufeff', '\u202e', '🦙', '[DONE]', 'data: x\n\n', '\r\n'],
  ...['"', '\\', '\\ud83e', '{"a":1}', 'x'.repeat(5000), '```python\nimport os\n', 'assistant', MARKER],
  ...[`data:text/plain;base64,${MARKER}`, `token_id:1 ${MARKER}`, `["${MARKER}"]`],
];
const KEYS = [
  '__proto__',
  'constructor',
  'content',
  'text',
  'index',
  'type',
  'delta',
  'choices',
  'x y z',
  '',
  MARKER,
  ...['signature', 'encrypted_content', 'data', 'tokens', 'logprobs', 'bytes', 'error', 'id', 'model'],
  ...['arguments', 'audio', 'images', 'image_url', 'result', 'prompt', 'instructions', 'authorization'],
];
const BYTES = [
  '00',
  'ff',
  'efbbbf',
  'c0af',
  'eda0be',
  '0d',
  '0a0a',
  '646174613a20',
  '5b5b5b5b',
  '2c',
  '22',
  '7d',
];

type Container = JsonObject | JsonValue[];

function containersIn(value: JsonValue, found: Container[] = []): Container[] {
  if (typeof value !== 'object' || value === null) return found;
  found.push(value);
  for (const inner of Object.values(value)) containersIn(inner, found);
  return found;
}

function oddValue(random: Random, other: JsonValue): JsonValue {
  switch (random.below(8)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return Number(random.pick(NUMBERS)) || 0;
    case 3: {
      const containers = containersIn(other);
      return containers.length === 0 ? [] : structuredClone(random.pick(containers));
    }
    case 4: {
      let deep: JsonValue = MARKER;
      for (let depth = random.below(80); depth > 0; depth -= 1)
        deep = random.chance(0.5) ? [deep] : { a: deep };
      return deep;
    }
    default:
      return random.pick(TEXTS);
  }
}

/** Defines a field also where its name is `__proto__`. */
function put(container: Container, key: string, value: JsonValue): void {
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Changes one place of a JSON value; `other` is some other recording's JSON. */
export function mutateJson(value: JsonValue, other: JsonValue, seed: number): JsonValue {
  const random = randomFrom(seed);
  const containers = containersIn(value);
  if (containers.length === 0) return oddValue(random, other);
  const container = random.pick(containers);
  const keys = Object.keys(container);
  const key = keys.length === 0 ? undefined : random.pick(keys);
  if (Array.isArray(container)) {
    const at = random.below(container.length + 1);
    const step = random.below(4);
    if (step === 0 && container.length > 0) container.splice(at, 1);
    else if (step === 1 && container.length > 0)
      container.splice(at, 0, structuredClone(random.pick(container)));
    else if (step === 2) container.reverse();
    else container.splice(at, random.below(2), oddValue(random, other));
    return value;
  }
  const step = random.below(6);
  if (step === 0 && key !== undefined) Reflect.deleteProperty(container, key);
  else if (step === 1) put(container, random.pick(KEYS), oddValue(random, other));
  else if (step === 2 && key !== undefined)
    put(container, random.pick(KEYS), structuredClone(container[key] ?? null));
  else if (key !== undefined && typeof container[key] === 'string' && random.chance(0.5)) {
    const text = container[key];
    const at = random.below(text.length + 1);
    put(container, key, text.slice(0, at) + random.pick(TEXTS) + text.slice(at));
  } else if (key !== undefined) put(container, key, oddValue(random, other));
  return value;
}

/** Changes one place of a list of messages: one of them, their order, or their number. */
export function mutateMessages(
  messages: readonly JsonObject[],
  other: readonly JsonObject[],
  seed: number,
): JsonObject[] {
  const random = randomFrom(seed);
  const list = structuredClone(messages) as JsonObject[];
  const at = random.below(Math.max(1, list.length));
  const foreign = other.length === 0 ? {} : random.pick(other);
  switch (random.below(8)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      list.splice(at, 0, ...structuredClone(list.slice(at, at + 1 + random.below(3))));
      break;
    case 2: {
      const moved = list.splice(at, 1);
      list.splice(random.below(list.length + 1), 0, ...moved);
      break;
    }
    case 3:
      list.splice(at, 0, structuredClone(foreign));
      break;
    default: {
      const message = list[at];
      if (message !== undefined) mutateJson(message, foreign, random.below(2 ** 31));
    }
  }
  return list;
}

/** Changes one place of some bytes. */
export function mutateBytes(bytes: Uint8Array, other: Uint8Array, seed: number): Uint8Array {
  const random = randomFrom(seed);
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.below(24));
  const before = bytes.subarray(0, at);
  const rest = (from: number): Uint8Array => bytes.subarray(from);
  switch (random.below(8)) {
    case 0: {
      const flipped = Uint8Array.from(bytes);
      if (at < bytes.length) flipped[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
    case 1:
      return Buffer.concat([before, rest(end)]);
    case 2:
      return Buffer.concat([before, bytes.subarray(at, end), rest(at)]);
    case 3: {
      const from = random.below(other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + random.below(200)), rest(at)]);
    }
    case 4:
      return random.chance(0.3) ? before : Buffer.concat([before, rest(Math.min(bytes.length, at + 1))]);
    case 5: {
      // The next number becomes another.
      const text = Buffer.from(rest(at))
        .toString('latin1')
        .replace(/-?\d+(\.\d+)?/, random.pick(NUMBERS));
      return Buffer.concat([before, Buffer.from(text, 'latin1')]);
    }
    case 6:
      return Buffer.concat([before, Buffer.from(random.pick(TEXTS)), rest(at)]);
    default:
      return Buffer.concat([before, Buffer.from(random.pick(BYTES), 'hex'), rest(at)]);
  }
}
