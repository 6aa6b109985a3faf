/** Calls the model server: one pool of connections, a time limit for each stage, errors in our own words. */
import { Agent, errors, request, type Dispatcher } from 'undici';
import type { IncomingHttpHeaders } from 'node:http';
import type { UpstreamConfig } from '../../config/config.js';
import { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';

export interface UpstreamResponse {
  readonly status: number;
  /** Lower case, without parameters; empty when the upstream sent none, or no media type. */
  readonly contentType: string;
  /** Seconds, or a date of HTTP. */
  readonly retryAfter: string | undefined;
  /** Rejects with GuardError('upstream_interrupted' | 'upstream_timeout'). Ending it early closes the connection. */
  readonly body: AsyncIterable<Uint8Array, undefined>;
  /** How far `body` was read. */
  readonly progress: { readonly bytes: number; readonly ended: boolean };
  /** Frees the connection without reading on. */
  discard(): void;
}

export interface Upstream {
  /** For metrics and messages: scheme, host and port. */
  readonly origin: string;
  /** Rejects with GuardError('upstream_unreachable' | 'upstream_timeout' | 'upstream_malformed' | 'client_closed'). */
  call(
    method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS',
    /** Path and perhaps query, beginning with a slash. */
    target: string,
    options: {
      readonly body?: JsonObject | Uint8Array | undefined;
      readonly headers: IncomingHttpHeaders;
      readonly signal: AbortSignal;
    },
  ): Promise<UpstreamResponse>;
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

export function createUpstream(config: UpstreamConfig): Upstream {
  const agent = new Agent({
    connect: { timeout: config.connectTimeoutMs },
    headersTimeout: config.headersTimeoutMs,
    bodyTimeout: config.idleTimeoutMs,
    connections: config.connections,
    pipelining: 1,
  });
  const { origin } = new URL(config.url);

  return {
    origin,
    async call(method, target, { body, headers, signal }) {
      const limit = createTimeLimit(signal, config.totalTimeoutMs);
      const explained = (started: boolean) => (error: unknown) =>
        explain(error, { config, origin, signal, limit, started });
      let response: Dispatcher.ResponseData;
      try {
        response = await request(config.url + target, {
          dispatcher: agent,
          method,
          headers: { ...forwardedHeaders(headers, body), ...config.headers },
          body: body === undefined ? null : body instanceof Uint8Array ? body : JSON.stringify(body),
          signal: limit.signal,
        });
      } catch (error) {
        limit.end();
        throw explained(false)(error);
      }
      const discard = (): void => {
        limit.end();
        // A destroyed body reports its end as an error, which nobody is left to handle.
        response.body.on('error', () => undefined).destroy();
      };
      const encoding = response.headers['content-encoding'];
      if (encoding !== undefined && encoding !== 'identity') {
        discard();
        throw new GuardError(
          'upstream_malformed',
          `The model server at ${origin} compressed its answer although it was asked not to; switch compression off there.`,
        );
      }
      const progress = { bytes: 0, ended: false };
      return {
        progress,
        status: response.statusCode,
        contentType: mediaType(single(response.headers['content-type'])),
        retryAfter: seconds(single(response.headers['retry-after'])),
        body: watched(response.body, progress, limit, explained(true)),
        discard,
      };
    },
    close: () => agent.destroy(),
  };
}

function forwardedHeaders(headers: IncomingHttpHeaders, body: unknown): Record<string, string> {
  const kept: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(headers)) {
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

async function* watched(
  body: AsyncIterable<Uint8Array>,
  progress: { bytes: number; ended: boolean },
  limit: TimeLimit,
  explained: (error: unknown) => GuardError,
): AsyncGenerator<Uint8Array, undefined> {
  try {
    for await (const bytes of body) {
      progress.bytes += bytes.length;
      yield bytes;
    }
    progress.ended = true;
    return undefined;
  } catch (error) {
    throw explained(error);
  } finally {
    limit.end();
  }
}

/** The client's signal and the total time in one signal, without a timer left behind. */
interface TimeLimit {
  readonly signal: AbortSignal;
  readonly late: boolean;
  end(): void;
}

function createTimeLimit(outer: AbortSignal, totalMs: number): TimeLimit {
  const controller = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    controller.abort();
  }, totalMs);
  // Nobody may be reading the body when the client's signal comes: the timer has to end here.
  const abort = (): void => {
    clearTimeout(timer);
    controller.abort();
  };
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    get late() {
      return late;
    },
    end() {
      clearTimeout(timer);
      outer.removeEventListener('abort', abort);
    },
  };
}

interface Circumstances {
  readonly config: UpstreamConfig;
  readonly origin: string;
  readonly signal: AbortSignal;
  readonly limit: TimeLimit;
  /** The response's headers had come. */
  readonly started: boolean;
}

function explain(error: unknown, { config, origin, signal, limit, started }: Circumstances): GuardError {
  const server = `The model server at ${origin}`;
  if (error instanceof GuardError) return error;
  if (signal.aborted)
    return new GuardError('client_closed', 'The client closed the connection.', { cause: error });
  if (limit.late)
    return new GuardError(
      'upstream_timeout',
      `${server} did not finish within ${config.totalTimeoutMs} ms (upstream.total_timeout_ms).`,
      { cause: error },
    );
  if (error instanceof errors.HeadersTimeoutError)
    return new GuardError(
      'upstream_timeout',
      `${server} did not begin to answer within ${config.headersTimeoutMs} ms (upstream.headers_timeout_ms).`,
      { cause: error },
    );
  if (error instanceof errors.BodyTimeoutError)
    return new GuardError(
      'upstream_timeout',
      `${server} paused for more than ${config.idleTimeoutMs} ms in the middle of its answer (upstream.idle_timeout_ms).`,
      { cause: error },
    );
  if (error instanceof errors.ConnectTimeoutError)
    return new GuardError(
      'upstream_unreachable',
      `${server} did not accept a connection within ${config.connectTimeoutMs} ms. Is it running, and is upstream.url right?`,
      { cause: error },
    );
  if (started)
    return new GuardError('upstream_interrupted', `${server} broke off in the middle of its answer.`, {
      cause: error,
    });
  return new GuardError(
    'upstream_unreachable',
    `${server} cannot be reached${reason(error)}. Is it running, and is upstream.url right?`,
    { cause: error },
  );
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
}

/** Only what is one: nothing that an upstream writes into a header may be read as a text by somebody. */
function mediaType(header: string): string {
  const type = header.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64}$/.test(type) ? type : '';
}

function seconds(header: string): string | undefined {
  const wait = header.trim();
  return /^\d{1,9}$/.test(wait) || /^\w{3}, [\d]{2} \w{3} \d{4} [\d:]{8} GMT$/.test(wait) ? wait : undefined;
}

function single(value: string | string[] | undefined): string {
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}
