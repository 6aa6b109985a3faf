/**
 * Stands between a handler and its response: what the handler writes is kept here until the guard asks
 * for it, and only what the guard writes goes on. To the handler the response looks as it always did:
 * `headersSent`, backpressure, callbacks, `finish` and `close`.
 *
 * Middleware mounted before the guard (compression, sessions) has wrapped the response already; the
 * guard's own writes go through its wrappers. Those call methods of the response in turn (`writeHead`
 * from inside `write`), so every replaced method passes through while the guard itself is writing.
 * Middleware mounted behind the guard wraps what is replaced here, so its wrappers see the handler only.
 */
import { EventEmitter } from 'node:events';
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { endArguments, headerPairs, nodeError, writeArguments, type Callback } from './node-arguments.js';

type Method = (...args: unknown[]) => unknown;

/** What is replaced; the originals are kept as they were before anything behind the guard wrapped them. */
const METHODS = [
  ...['write', 'end', 'writeHead', 'flushHeaders', 'addTrailers'],
  ...['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'],
  ...['on', 'addListener', 'prependListener', 'once', 'off', 'removeListener'],
] as const;
type MethodName = (typeof METHODS)[number];

interface HeldChunk {
  readonly bytes: Uint8Array;
  readonly callback: Callback | undefined;
}

export class ResponseHold {
  /** The response for the guard's own use: nothing written to it is held. */
  readonly outer: ServerResponse;
  /**
   * Settles when the handler is done with status and headers: at its first write, `end`, `writeHead` or
   * `flushHeaders`. False when the connection closed before that.
   */
  readonly begun: Promise<boolean>;
  readonly #response: ServerResponse;
  readonly #originals = new Map<string | symbol, Method>();
  readonly #queue: HeldChunk[] = [];
  readonly #limit: number;
  /** `drain` as the handler sees it, and as the guard sees it: they tell of different buffers. */
  readonly #innerDrain = new EventEmitter();
  readonly #outerDrain = new EventEmitter();
  readonly #trailers: unknown[] = [];
  #begin: (byHandler: boolean) => void = () => undefined;
  #wake: () => void = () => undefined;
  #size = 0;
  #hasBegun = false;
  #ended = false;
  #dropping = false;
  #needDrain = false;
  #passing = 0;
  #status = 200;
  #statusMessage = '';

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#limit = response.writableHighWaterMark;
    this.#innerDrain.setMaxListeners(0);
    this.#outerDrain.setMaxListeners(0);
    response.on('drain', () => this.#outerDrain.emit('drain'));
    for (const name of [...METHODS, 'flush']) {
      const found: unknown = Reflect.get(response, name, response);
      // `setHeaders` is newer than the oldest Node that this runs on; Node's own `flush` is deprecated.
      if (typeof found !== 'function' || (name === 'flush' && !Object.hasOwn(response, name))) continue;
      this.#originals.set(name, (...args): unknown => Reflect.apply(found, response, args));
    }
    this.outer = new Proxy(response, {
      get: (target, name) => this.#readOuter(target, name),
      set: (target, name, value) => this.#pass(() => Reflect.set(target, name, value, target)),
    });
    this.begun = new Promise((resolve) => (this.#begin = resolve));
  }

  /** The status that the handler chose; once `begun` is settled. */
  get status(): number {
    return this.#status;
  }

  /** Replaces the response's methods. From now on the handler writes to this hold. */
  install(): void {
    const response = this.#response;
    response.once('close', () => {
      this.discard();
      this.#begin(false);
    });
    this.#replace('write', (args) => this.#write(args));
    this.#replace('end', (args) => this.#end(args));
    this.#replace('writeHead', (args) => this.#writeHead(args));
    this.#replace('flushHeaders', () => {
      this.#implicitHead();
    });
    this.#replace('addTrailers', (args) => void this.#trailers.push(args[0]));
    for (const name of ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const) {
      this.#replace(name, (args, original) => {
        if (this.#hasBegun) throw headersSent();
        return original(...args);
      });
    }
    for (const name of ['on', 'addListener', 'prependListener', 'off', 'removeListener'] as const) {
      this.#replace(name, (args, original) => {
        if (args[0] !== 'drain') return original(...args);
        callMethod(this.#innerDrain, name, args);
        return response;
      });
    }
    this.#override('headersSent', (real) => real === true || this.#hasBegun);
    this.#override('writableEnded', (real) => real === true || this.#ended);
    this.#override('writableNeedDrain', () => this.#needDrain);
    this.#override('writableLength', (real) => (typeof real === 'number' ? real : 0) + this.#size);
  }

  /** What the handler writes, piece by piece, until its `end`; or until `discard`. To be read once. */
  async *body(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const chunk = this.#queue.shift();
      if (chunk !== undefined) {
        this.#free(chunk);
        yield chunk.bytes;
      } else if (this.#ended || this.#dropping) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** No more is wanted: what is held and what the handler still writes is dropped. */
  discard(): void {
    if (this.#dropping) return;
    this.#dropping = true;
    for (const chunk of this.#queue.splice(0)) this.#free(chunk);
    this.#wake();
  }

  /** Compression in front of the guard collects what it is given until it is told to let go. */
  flush(): void {
    const flush = this.#originals.get('flush');
    if (flush !== undefined) this.#pass(() => flush());
  }

  /** Gives the response the trailers that the handler set. */
  releaseTrailers(): void {
    for (const trailers of this.#trailers.splice(0)) this.outer.addTrailers(trailers as OutgoingHttpHeaders);
  }

  /** Gives the response the status line that the handler chose. */
  releaseStatus(): void {
    this.outer.statusCode = this.#status;
    if (this.#statusMessage !== '') this.outer.statusMessage = this.#statusMessage;
  }

  #pass<Result>(run: () => Result): Result {
    this.#passing += 1;
    try {
      return run();
    } finally {
      this.#passing -= 1;
    }
  }

  #readOuter(target: ServerResponse, name: string | symbol): unknown {
    const value: unknown =
      this.#originals.get(name) ?? this.#pass((): unknown => Reflect.get(target, name, target));
    if (typeof value !== 'function') return value;
    return (...args: unknown[]): unknown => {
      const isListener = name === 'on' || name === 'once' || name === 'off' || name === 'removeListener';
      if (isListener && args[0] === 'drain') return callMethod(this.#outerDrain, name, args);
      return this.#pass((): unknown => {
        // Node would look `writeHead` up on the response, where it may be wrapped for the handler by now.
        if ((name === 'write' || name === 'end') && !target.headersSent)
          this.#originals.get('writeHead')?.(target.statusCode);
        return Reflect.apply(value, target, args);
      });
    };
  }

  #replace(name: MethodName, method: (args: unknown[], original: Method) => unknown): void {
    const original = this.#originals.get(name);
    if (original === undefined) return;
    const value: Method = (...args) => (this.#passing > 0 ? original(...args) : method(args, original));
    Object.defineProperty(this.#response, name, {
      value,
      configurable: true,
      writable: true,
      enumerable: false,
    });
  }

  #override(
    name: 'headersSent' | 'writableEnded' | 'writableNeedDrain' | 'writableLength',
    seen: (real: unknown) => unknown,
  ): void {
    const response = this.#response;
    const getter = inheritedGetter(response, name);
    const get = (): unknown => {
      const real: unknown = getter();
      return this.#passing > 0 ? real : seen(real);
    };
    Object.defineProperty(response, name, { get, configurable: true, enumerable: false });
  }

  /** As Node begins a response whose handler just writes: through whatever wraps `writeHead`. */
  #implicitHead(): void {
    if (this.#hasBegun) return;
    this.#response.writeHead(this.#response.statusCode);
    this.#settleHead();
  }

  #settleHead(): void {
    if (this.#hasBegun) return;
    this.#status = this.#response.statusCode;
    // HTTP/2 has no such text, and Node warns of whoever asks for it.
    if (this.#response.req.httpVersionMajor < 2) this.#statusMessage = this.#response.statusMessage;
    this.#hasBegun = true;
    this.#begin(true);
  }

  #writeHead(args: unknown[]): ServerResponse {
    if (this.#hasBegun) throw headersSent();
    const response = this.#response;
    const [status] = args;
    if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 999)
      throw nodeError(RangeError, 'ERR_HTTP_INVALID_STATUS_CODE', `Invalid status code: ${String(status)}`);
    response.statusCode = status;
    const [, reason, last] = args;
    if (typeof reason === 'string') response.statusMessage = reason;
    const headers = typeof reason === 'string' ? last : (last ?? reason);
    const replaced = new Set<string>();
    for (const [name, value] of headerPairs(headers)) {
      const key = name.toLowerCase();
      // A name that comes twice in a flat list is one header with two values.
      if (replaced.has(key)) response.appendHeader(name, value as string | string[]);
      else response.setHeader(name, value as OutgoingHttpHeader);
      replaced.add(key);
    }
    this.#settleHead();
    return response;
  }

  #write(args: unknown[]): boolean {
    const { bytes, callback } = writeArguments(args);
    if (this.#ended) {
      this.#reportLateWrite(callback);
      return false;
    }
    this.#implicitHead();
    return this.#hold(bytes, callback);
  }

  #end(args: unknown[]): ServerResponse {
    const response = this.#response;
    const { bytes, callback } = endArguments(args);
    if (this.#ended) {
      if (bytes !== undefined) this.#reportLateWrite(callback);
      else if (callback !== undefined)
        process.nextTick(
          callback,
          nodeError(Error, 'ERR_STREAM_ALREADY_FINISHED', 'end() was called before'),
        );
      return response;
    }
    this.#implicitHead();
    if (bytes !== undefined) this.#hold(bytes, undefined);
    this.#ended = true;
    if (callback !== undefined) {
      if (response.writableFinished) process.nextTick(callback);
      else response.once('finish', callback);
    }
    this.#wake();
    return response;
  }

  /** @returns false when the handler should wait for `drain` */
  #hold(bytes: Uint8Array, callback: Callback | undefined): boolean {
    if (this.#dropping || bytes.byteLength === 0) {
      if (callback !== undefined) process.nextTick(callback);
      return true;
    }
    this.#queue.push({ bytes, callback });
    this.#size += bytes.byteLength;
    this.#wake();
    if (this.#size < this.#limit) return true;
    this.#needDrain = true;
    return false;
  }

  #free({ bytes, callback }: HeldChunk): void {
    this.#size -= bytes.byteLength;
    if (callback !== undefined) process.nextTick(callback);
    if (this.#size > 0 || !this.#needDrain) return;
    this.#needDrain = false;
    process.nextTick(() => this.#innerDrain.emit('drain'));
  }

  /** As Node does it, except that nobody has to listen: a late write is a bug, but no reason to crash the app. */
  #reportLateWrite(callback: Callback | undefined): void {
    const error = nodeError(Error, 'ERR_STREAM_WRITE_AFTER_END', 'write after end');
    process.nextTick(() => {
      callback?.(error);
      if (this.#response.listenerCount('error') > 0) this.#response.emit('error', error);
    });
  }
}

function inheritedGetter(response: ServerResponse, name: string): () => unknown {
  for (let holder: object | null = response; holder !== null;) {
    const property = Object.getOwnPropertyDescriptor(holder, name);
    if (property?.get !== undefined) return property.get.bind(response) as () => unknown;
    if (property !== undefined) return () => property.value as unknown;
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return () => undefined;
}

function callMethod(emitter: EventEmitter, name: keyof EventEmitter, args: unknown[]): unknown {
  const method: unknown = Reflect.get(emitter, name);
  return typeof method === 'function' ? (Reflect.apply(method, emitter, args) as unknown) : undefined;
}

function headersSent(): Error {
  return nodeError(
    Error,
    'ERR_HTTP_HEADERS_SENT',
    'Cannot change headers after the response was begun: they are with the guard',
  );
}
