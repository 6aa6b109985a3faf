/** The arguments of Node's `write`, `end` and `writeHead` in all their forms. */

export type Callback = (error?: Error | null) => void;

export interface WriteArguments {
  readonly bytes: Uint8Array;
  readonly callback: Callback | undefined;
}

/** `write(chunk, [encoding], [callback])`. Throws TypeError for what Node would not write. */
export function writeArguments([chunk, ...rest]: readonly unknown[]): WriteArguments {
  const encoding = rest.find((argument) => typeof argument === 'string');
  return { bytes: toBytes(chunk, encoding), callback: callbackIn(rest) };
}

/** `end([chunk, [encoding]], [callback])`. */
export function endArguments(args: readonly unknown[]): {
  readonly bytes: Uint8Array | undefined;
  readonly callback: Callback | undefined;
} {
  const [chunk] = args;
  if (chunk === undefined || chunk === null || typeof chunk === 'function')
    return { bytes: undefined, callback: callbackIn(args) };
  return writeArguments(args);
}

/**
 * Headers as `writeHead` takes them: an object, a list of pairs, or names and values in turn. Entries
 * without a value are left out, as Node does.
 */
export function headerPairs(headers: unknown): [name: string, value: unknown][] {
  if (typeof headers !== 'object' || headers === null) return [];
  if (!Array.isArray(headers))
    return Object.entries(headers).filter(([name, value]) => name !== '' && value !== undefined);
  const list: unknown[] = headers;
  if (list.every((entry): entry is [unknown, unknown] => Array.isArray(entry)))
    return list.map(([name, value]) => [String(name), value]);
  if (list.length % 2 !== 0)
    throw nodeError(TypeError, 'ERR_INVALID_ARG_VALUE', 'The list of headers has a name without a value');
  return Array.from({ length: list.length / 2 }, (_, index) => [
    String(list[2 * index]),
    list[2 * index + 1],
  ]);
}

/** An error with Node's own code, for code that looks at it. */
export function nodeError(
  kind: new (message: string) => Error,
  code: string,
  message: string,
): NodeJS.ErrnoException {
  return Object.assign(new kind(message), { code });
}

function callbackIn(args: readonly unknown[]): Callback | undefined {
  return args.find((argument): argument is Callback => typeof argument === 'function');
}

function toBytes(chunk: unknown, encoding: string | undefined): Uint8Array {
  if (chunk === null)
    throw nodeError(TypeError, 'ERR_STREAM_NULL_VALUES', 'May not write null values to stream');
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk !== 'string')
    throw nodeError(
      TypeError,
      'ERR_INVALID_ARG_TYPE',
      'The "chunk" argument must be of type string or an instance of Buffer or Uint8Array',
    );
  return Buffer.from(chunk, Buffer.isEncoding(encoding ?? 'utf8') ? (encoding as BufferEncoding) : 'utf8');
}
