/**
 * JSON from a client, read so that nobody behind us can read it differently: UTF-8 only, no key twice
 * in one object, bounded depth, no number that turns into `null` when it is written again.
 *
 * Grammar: RFC 8259. The value comes from `JSON.parse`, which accepts nothing else; what it accepts and
 * we do not shows in two counts. The scanner then says what is wrong and where.
 */
import { isUtf8 } from 'node:buffer';
import { GuardError } from '../core/errors.js';
import type { JsonValue } from '../core/json.js';

export interface ParseJsonOptions {
  /** How deep arrays and objects may nest; the outermost counts as 1. Default 64. */
  readonly maxDepth?: number;
}

const DEFAULT_MAX_DEPTH = 64;

/**
 * Parses one JSON text. A leading byte order mark is dropped; everything else that is not UTF-8 or not
 * exactly one JSON value throws GuardError('invalid_json') with `line:column` (1-based, UTF-16 units).
 * A key `__proto__` becomes an ordinary own property.
 */
export function parseJsonStrict(input: Uint8Array | string, options: ParseJsonOptions = {}): JsonValue {
  const text = stripByteOrderMark(typeof input === 'string' ? input : decodeUtf8(input));
  const maxDepth = options.maxDepth ?? DEFAULT_MAX_DEPTH;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    new Scanner(text, maxDepth).scanDocument();
    throw new GuardError('invalid_json', 'The body is not valid JSON.', { cause });
  }
  // Of two equal keys the parser keeps one: then there are fewer than the text has colons for. What this
  // quick count does not like, the scanner looks at again: it alone refuses, and says what and where.
  if (countKeys(value, maxDepth) !== countColons(text)) new Scanner(text, maxDepth).scanDocument();
  return value;
}

/** All keys of all objects inside; NaN where something nests too deep, or a number is not finite. */
function countKeys(value: JsonValue, levels: number): number {
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : NaN;
  if (typeof value !== 'object' || value === null) return 0;
  if (levels === 0) return NaN;
  let count = 0;
  if (Array.isArray(value)) for (const inner of value) count += countKeys(inner, levels - 1);
  else
    for (const key of Object.keys(value)) {
      const inner = value[key];
      count += 1;
      if (typeof inner !== 'string') count += countKeys(inner ?? null, levels - 1);
    }
  return count;
}

/** Colons outside of strings, one for each key. `text` is valid JSON. */
function countColons(text: string): number {
  let count = 0;
  let at = 0;
  for (;;) {
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    for (; at < end; at += 1) if (text.charCodeAt(at) === COLON) count += 1;
    if (quote === -1) return count;
    at = stringEnd(text, quote);
  }
}

/** Offset behind the string literal that begins at `quote`. */
function stringEnd(text: string, quote: number): number {
  for (let end = text.indexOf('"', quote + 1); ; end = text.indexOf('"', end + 1)) {
    // Cannot happen in valid JSON; without it, the loop would begin again at 0.
    if (end === -1) return text.length;
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    // An even number of backslashes escape each other, and not the quote.
    if ((end - before) % 2 === 1) return end + 1;
  }
}

function stripByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes))
    throw new GuardError('invalid_json', 'The body is not UTF-8. Send JSON encoded as UTF-8.');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

const COLON = 0x3a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS = ['true', 'false', 'null'];

/** One pass over the text; recursion is bounded by `maxDepth`. Builds nothing but the keys of open objects. */
class Scanner {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  scanDocument(): void {
    this.#skipSpace();
    if (this.#at === this.#text.length) throw this.#fault('it is empty');
    this.#scanValue();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#fault('there is text after the end of the value');
  }

  #scanValue(): void {
    const char = this.#text[this.#at];
    if (char === '{') this.#nested(() => this.#scanObject());
    else if (char === '[') this.#nested(() => this.#scanArray());
    else if (char === '"') this.#scanString();
    else if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) this.#scanNumber();
    else this.#scanLiteral();
  }

  #nested(scan: () => void): void {
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) {
      throw this.#fault(`it nests deeper than the ${this.#maxDepth} levels that are allowed`);
    }
    this.#at += 1;
    this.#skipSpace();
    scan();
    this.#depth -= 1;
  }

  #scanObject(): void {
    if (this.#take('}')) return;
    const keys = new Set<string>();
    do {
      this.#skipSpace();
      const start = this.#at;
      if (this.#text.charCodeAt(start) !== QUOTE) throw this.#fault('a key in double quotes is expected');
      this.#scanString();
      const key = JSON.parse(this.#text.slice(start, this.#at)) as string;
      if (keys.has(key)) {
        this.#at = start;
        throw this.#fault(`the key ${quoted(key)} occurs twice in one object; send it once`);
      }
      keys.add(key);
      this.#skipSpace();
      if (!this.#take(':')) throw this.#fault("':' is expected after a key");
      this.#skipSpace();
      this.#scanValue();
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#fault("',' or '}' is expected");
  }

  #scanArray(): void {
    if (this.#take(']')) return;
    do {
      this.#skipSpace();
      this.#scanValue();
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#fault("',' or ']' is expected");
  }

  #scanString(): void {
    const text = this.#text;
    const start = this.#at;
    let at = start + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) at = this.#escapeEnd(at);
      else if (code < 0x20) {
        this.#at = at;
        throw this.#fault('a string holds a control character; write it as an escape (\\n, \\u0000)');
      } else if (Number.isNaN(code)) {
        this.#at = start;
        throw this.#fault('a string begins here and does not end');
      } else at += 1;
    }
    this.#at = at + 1;
  }

  /** Offset behind the escape that begins at `at`. */
  #escapeEnd(at: number): number {
    const kind = this.#text[at + 1] ?? '';
    if (kind !== '' && '"\\/bfnrt'.includes(kind)) return at + 2;
    if (kind === 'u' && /^[0-9a-fA-F]{4}$/.test(this.#text.slice(at + 2, at + 6))) return at + 6;
    this.#at = at;
    throw this.#fault('a string holds an escape that JSON does not know');
  }

  #scanNumber(): void {
    NUMBER.lastIndex = this.#at;
    const found = NUMBER.exec(this.#text)?.[0];
    if (found === undefined) throw this.#fault('a number is malformed');
    // 1e400 would be judged as Infinity and sent on as null.
    if (!Number.isFinite(Number(found))) throw this.#fault('a number is too large');
    this.#at += found.length;
  }

  #scanLiteral(): void {
    const literal = LITERALS.find((word) => this.#text.startsWith(word, this.#at));
    if (literal === undefined) {
      throw this.#fault(this.#at === this.#text.length ? 'it ends too early' : 'a value is expected');
    }
    this.#at += literal.length;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #fault(what: string): GuardError {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = this.#at - before.lastIndexOf('\n');
    return new GuardError('invalid_json', `The body is not valid JSON: ${what} (at ${line}:${column}).`);
  }
}

function quoted(key: string): string {
  return JSON.stringify(key.length > 60 ? key.slice(0, 60) + '…' : key);
}
