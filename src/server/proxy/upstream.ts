/** Calls the model server: one pool of connections, a time limit for each stage, errors in our own words. */
import { Pool, type Dispatcher } from 'undici';
import type { IncomingHttpHeaders } from 'node:http';
import type { UpstreamConfig } from '../../config/config.js';
import { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { Lanes, type Lane } from './lanes.js';
import { createBody, type BodyWriter, type UpstreamBody } from './upstream-body.js';
import { explainFault } from './upstream-faults.js';

export interface UpstreamResponse {
  readonly status: number;
  /** Lower case, without parameters; empty when the upstream sent none, or no media type. */
  readonly contentType: string;
  /** Seconds, or a date of HTTP. */
  readonly retryAfter: string | undefined;
  readonly body: UpstreamBody;
  /** Closes the connection, unless the body has come to its end. */
  discard(): void;
  /** All that is wanted has been read: the connection is kept if the server ends the body soon. */
  release(): void;
}

export interface UpstreamRequest {
  /** Rejects with GuardError('upstream_unreachable' | 'upstream_timeout' | 'upstream_malformed' | 'client_closed'). */
  readonly response: Promise<UpstreamResponse>;
  /** Ends it, whatever it has come to; what is awaited of it then rejects with GuardError('client_closed'). */
  abort(): void;
}

export interface Upstream {
  /** For metrics and messages: scheme, host and port. */
  readonly origin: string;
  /** Begins at once; the body is serialized before this returns. */
  call(
    method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS',
    /** Path and perhaps query, beginning with a slash. */
    target: string,
    options: { readonly body?: JsonObject | Uint8Array | undefined; readonly headers: IncomingHttpHeaders },
  ): UpstreamRequest;
  close(): Promise<void>;
}

/** Headers of the client that matter to a model server. Any other could change what the body means. */
const FORWARDED = new Set([
  'authorization',
  'api-key',
  'x-api-key',
  'user-agent',
  'accept',
  'traceparent',
  'tracestate',
  'x-request-id',
  'http-referer',
  'x-title',
]);
const FORWARDED_PREFIXES = ['openai-', 'anthropic-'];
/** A body that goes on after its format's end is waited for this long, in milliseconds. */
const LINGER_MS = 1_000;
/** Paths that no parser of URLs changes: most of all those of our own endpoints. */
const PLAIN_PATH = /^(?:\/[\w-][\w.-]*)+$/;

export function createUpstream(config: UpstreamConfig): Upstream {
  const base = new URL(config.url);
  const pool = new Pool(base.origin, {
    connect: { timeout: config.connectTimeoutMs },
    headersTimeout: config.headersTimeoutMs,
    bodyTimeout: config.idleTimeoutMs,
    connections: config.connections,
    pipelining: 1,
  });
  const lanes = new Lanes(config.connections);
  const { origin } = base;
  const basePath = base.pathname === '/' ? '' : base.pathname;

  return {
    origin,
    call(method, target, { body, headers }) {
      const call = new Call(config, origin);
      const request: Dispatcher.DispatchOptions = {
        path: PLAIN_PATH.test(target) ? basePath + target : normalPath(config.url + target),
        method,
        headers: { ...forwardedHeaders(headers, body), ...config.headers },
        body: body === undefined ? null : body instanceof Uint8Array ? body : JSON.stringify(body),
      };
      call.waitIn(lanes, () => pool.dispatch(request, call));
      return call;
    },
    close: () => pool.destroy(),
  };
}

function normalPath(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function forwardedHeaders(headers: IncomingHttpHeaders, body: unknown): Record<string, string> {
  const kept: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (typeof value !== 'string') continue;
    if (FORWARDED.has(name) || FORWARDED_PREFIXES.some((prefix) => name.startsWith(prefix)))
      kept[name] = value;
  }
  // Bytes are what the client said they are; an object goes out as JSON, whatever it came in as.
  if (body instanceof Uint8Array && headers['content-type'] !== undefined)
    kept['content-type'] = headers['content-type'];
  else if (body !== undefined) kept['content-type'] = 'application/json';
  return kept;
}

/**
 * One request and its answer, fed by undici. Its own streams and signals would cost more than everything
 * that Portcullis does with a short reply.
 */
class Call implements UpstreamRequest, Dispatcher.DispatchHandler {
  readonly response: Promise<UpstreamResponse>;
  readonly #config: UpstreamConfig;
  readonly #origin: string;
  readonly #writer: BodyWriter;
  #timer: NodeJS.Timeout;
  readonly #answer: (response: UpstreamResponse) => void;
  readonly #refuse: (error: GuardError) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #lane: Lane | undefined;
  #started = false;
  #over = false;
  #aborted = false;
  #late = false;

  constructor(config: UpstreamConfig, origin: string) {
    this.#config = config;
    this.#origin = origin;
    const { promise, resolve, reject } = deferred<UpstreamResponse>();
    this.response = promise;
    this.#answer = resolve;
    this.#refuse = reject;
    this.#writer = createBody({
      onDrain: () => this.#controller?.resume(),
      onReturn: () => this.abort(),
    });
    this.#timer = setTimeout(() => {
      this.#late = true;
      this.#stop();
    }, config.totalTimeoutMs);
  }

  /** To be called once, before anything else. */
  waitIn(lanes: Lanes, begin: () => void): void {
    this.#lane = lanes.enter((lane) => {
      // What fails at once leaves its lane before this returns.
      this.#lane = lane;
      begin();
    });
  }

  abort(): void {
    if (this.#over) return;
    this.#aborted = true;
    this.#stop();
  }

  /** Whoever waits hears of it now: a request whose connection is not there yet is only dropped when it is. */
  #stop(): void {
    this.#fail(new Error('given up'));
    this.#controller?.abort(new Error('given up'));
    // What undici has is over when it says so.
    if (this.#lane?.entered === false) this.#lane.leave();
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    const fault = explainFault(error, {
      config: this.#config,
      origin: this.#origin,
      aborted: this.#aborted,
      late: this.#late,
      queued: this.#lane?.entered === false,
      started: this.#started,
    });
    if (this.#started) this.#writer.fail(fault);
    else this.#refuse(fault);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('given up'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // 100 and 103 come before the answer.
    if (status < 200 || this.#over) return;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      this.#fail(
        new GuardError(
          'upstream_malformed',
          `The model server at ${this.#origin} compressed its answer although it was asked not to; switch compression off there.`,
        ),
      );
      controller.abort(new Error('given up'));
      return;
    }
    this.#started = true;
    const { body } = this.#writer;
    this.#answer({
      status,
      contentType: mediaType(single(headers['content-type'])),
      retryAfter: seconds(single(headers['retry-after'])),
      body,
      discard: () => void body.return(),
      release: () => this.#release(),
    });
  }

  #release(): void {
    this.#writer.release();
    if (this.#over) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stop(), LINGER_MS);
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (!this.#writer.push(bytes)) controller.pause();
  }

  onResponseEnd(): void {
    this.#lane?.leave();
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#writer.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#lane?.leave();
    this.#fail(error);
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
}

/** Only what is one: nothing that an upstream writes into a header may be read as a text by somebody. */
function mediaType(header: string): string {
  const type = header.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64}$/.test(type) ? type : '';
}

function seconds(header: string): string | undefined {
  if (header === '') return undefined;
  const wait = header.trim();
  return /^\d{1,9}$/.test(wait) || /^\w{3}, [\d]{2} \w{3} \d{4} [\d:]{8} GMT$/.test(wait) ? wait : undefined;
}

function single(value: string | string[] | undefined): string {
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}
