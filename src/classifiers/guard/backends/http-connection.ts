/** Requests to one server, with everything that can go wrong told apart. No redirects, no retries, no timeouts of its own. */
import { Agent } from 'undici';

export type Exchange =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** Lower case, without parameters. */
      readonly contentType: string;
      /** Seconds from now. */
      readonly retryAfter: number | undefined;
      readonly body: string;
    }
  /** Not a byte of the request was sent: it can be sent elsewhere. */
  | { readonly kind: 'unsent'; readonly code: string }
  /** The connection ended during the request: nobody knows whether it was processed. */
  | { readonly kind: 'broken'; readonly code: string }
  | { readonly kind: 'oversized' }
  | { readonly kind: 'encoded' }
  /** `sent`: it had a connection. */
  | { readonly kind: 'stopped'; readonly sent: boolean };

export interface HttpConnection {
  /** Never rejects. Aborting `signal` closes the socket of this request, and answers `stopped` at once. */
  send(method: 'GET' | 'POST', path: string, body: string | null, signal: AbortSignal): Promise<Exchange>;
  /** Ends all requests and closes all sockets. */
  close(): Promise<void>;
}

export interface HttpConnectionOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Bytes of an answer's body. */
  readonly maxBytes: number;
}

export function createHttpConnection(options: HttpConnectionOptions): HttpConnection {
  const { origin, maxBytes } = options;
  // Time limits are the caller's: the deadline of a check ends its request through the signal.
  const agent = new Agent({
    connect: { timeout: options.connectTimeoutMs },
    connections: options.connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const headers = { accept: 'application/json', 'accept-encoding': 'identity', ...options.headers };

  return {
    send: (method, path, body, signal) =>
      new Promise((resolve) => {
        let settled = false;
        /** It has a socket, and its first bytes are about to be written. */
        let started: { abort(reason: Error): void } | undefined;
        let head: { status: number; contentType: string; retryAfter: number | undefined } | undefined;
        const chunks: Buffer[] = [];
        let bytes = 0;

        const settle = (exchange: Exchange): void => {
          if (settled) return;
          settled = true;
          signal.removeEventListener('abort', onAbort);
          resolve(exchange);
          if (exchange.kind !== 'response') started?.abort(new Error('The answer is not wanted any more.'));
        };
        const onAbort = (): void => settle({ kind: 'stopped', sent: started !== undefined });
        if (signal.aborted) {
          onAbort();
          return;
        }
        signal.addEventListener('abort', onAbort, { once: true });

        agent.dispatch(
          {
            origin,
            path,
            method,
            headers: body === null ? headers : { ...headers, 'content-type': 'application/json' },
            body,
          },
          {
            onRequestStart(controller) {
              // It was given up while it waited for a connection.
              if (settled) controller.abort(new Error('The request is not wanted any more.'));
              else started = controller;
            },
            onResponseStart(_controller, status, fields) {
              // 1xx: the answer is still to come.
              if (status < 200) return;
              const encoding = single(fields['content-encoding']);
              if (encoding !== '' && encoding !== 'identity') {
                settle({ kind: 'encoded' });
                return;
              }
              head = {
                status,
                contentType: single(fields['content-type']).split(';', 1)[0]?.trim().toLowerCase() ?? '',
                retryAfter: seconds(single(fields['retry-after'])),
              };
            },
            onResponseData(_controller, chunk) {
              bytes += chunk.length;
              if (bytes > maxBytes) settle({ kind: 'oversized' });
              else chunks.push(chunk);
            },
            onResponseEnd() {
              if (head === undefined) settle({ kind: 'broken', code: 'no answer' });
              else settle({ kind: 'response', ...head, body: Buffer.concat(chunks).toString('utf8') });
            },
            onResponseError(_controller, error) {
              settle({ kind: started === undefined ? 'unsent' : 'broken', code: codeOf(error) });
            },
          },
        );
      }),
    close: () => agent.destroy(),
  };
}

function single(value: string | string[] | undefined): string {
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}

/** Retry-After: seconds (Groq writes fractions) or a date. */
function seconds(value: string): number | undefined {
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(value.trim())) return Math.ceil(Number(value));
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

/** Only the code: messages may name what was sent. */
function codeOf(error: Error): string {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : error.name;
}
