/** What came of one request to one server: an answer, or why there is none and what that says about the server. */
import type { UnavailableReason } from '../../../core/assessment.js';
import { isJsonObject, type JsonObject } from '../../../core/json.js';
import type { ChatAnswer } from './dialect.js';
import type { Exchange } from './http-connection.js';

export interface ServerFault {
  readonly reason: UnavailableReason;
  /** For the log and the operator. Ours alone: what a server writes may repeat a prompt or a key. */
  readonly detail: string;
  /** Seconds after which the server wants to be asked again. */
  readonly retryAfter?: number | undefined;
  /** The request was not sent: another server may be asked. */
  readonly unsent?: boolean;
  /** `failing` counts towards the breaker, `busy` makes the server rest, `fine` says nothing against it. */
  readonly server: 'failing' | 'busy' | 'fine';
  /** For those who react to one kind. */
  readonly kind?: 'credentials' | 'model' | 'overflow' | 'rejected' | 'stopped';
}

export type ServerAnswer =
  | { readonly ok: true; readonly body: JsonObject }
  | {
      readonly ok: false;
      readonly fault: ServerFault;
      /** The server complains about `logprobs`. */
      readonly logprobs?: boolean;
    };

/** What came of a check. */
export type CheckOutcome =
  { readonly ok: true; readonly answer: ChatAnswer } | { readonly ok: false; readonly fault: ServerFault };

/** Servers may ask for longer pauses; nobody's Retry-After switches a guard off for hours. */
const MOST_RETRY_AFTER = 3600;

/** @param name the server as it is called in messages */
export function classify(exchange: Exchange, name: string): ServerAnswer {
  switch (exchange.kind) {
    case 'response':
      return exchange.status === 200 ? readBody(exchange, name) : readStatus(exchange, name);
    case 'unsent':
      return fault({
        reason: 'not_ready',
        detail: `No guard server can be reached at ${name} (${exchange.code}).`,
        unsent: true,
        server: 'failing',
      });
    case 'broken':
      return fault({
        reason: 'guard_restarted',
        detail: `The guard server ${name} broke the connection during the check (${exchange.code}).`,
        server: 'failing',
      });
    case 'oversized':
      return fault({
        reason: 'internal',
        detail: `The guard server ${name} sent a larger answer than a verdict can be.`,
        server: 'failing',
      });
    case 'encoded':
      return fault({
        reason: 'internal',
        detail: `The guard server ${name} compressed its answer although it was asked not to; switch that off there.`,
        server: 'failing',
      });
    case 'stopped':
      return fault({
        reason: 'aborted',
        detail: 'The check was given up.',
        unsent: !exchange.sent,
        server: 'fine',
        kind: 'stopped',
      });
  }
}

type Response = Extract<Exchange, { kind: 'response' }>;

function readBody({ contentType, body }: Response, name: string): ServerAnswer {
  const parsed = /^application\/(?:[a-z.+-]*\+)?json$/.test(contentType) ? parse(body) : undefined;
  if (!isJsonObject(parsed))
    return fault({
      reason: 'off_format',
      detail: `The guard server ${name} answered with something else than a JSON object. Does the URL in guard.spec lead to a model server?`,
      server: 'failing',
    });
  if ('error' in parsed && parsed.error !== null)
    return fault({
      reason: 'internal',
      detail: `The guard server ${name} answered with an error object; its own log says why.`,
      server: 'failing',
    });
  return { ok: true, body: parsed };
}

function readStatus({ status, body, retryAfter }: Response, name: string): ServerAnswer {
  const complaint = complaintOf(body);
  if (status === 401 || status === 403)
    return fault({
      reason: 'load_failed',
      detail: `The guard server ${name} refused our credentials (HTTP ${status}). Set guard.headers, for example authorization: "Bearer \${env:GUARD_KEY}".`,
      server: 'failing',
      kind: 'credentials',
    });
  if (status === 429 || status === 503)
    return fault({
      reason: 'overloaded',
      detail: `The guard server ${name} is overloaded or still loading (HTTP ${status}).`,
      retryAfter: Math.min(MOST_RETRY_AFTER, Math.max(1, retryAfter ?? 1)),
      server: 'busy',
    });
  if (status >= 300 && status < 400)
    return fault({
      reason: 'internal',
      detail: `The guard server ${name} answers with a redirect (HTTP ${status}), which is not followed. Write the final address into guard.spec.`,
      server: 'failing',
    });
  if (status === 413 || isOverflow(complaint))
    return fault({
      reason: 'context_overflow',
      detail: `The conversation does not fit the context of the guard on ${name}.`,
      server: 'fine',
      kind: 'overflow',
    });
  if (status === 404 || status === 405)
    return fault({
      reason: 'load_failed',
      detail: `The guard server ${name} knows no such model, or no such endpoint (HTTP ${status}).`,
      server: 'failing',
      kind: 'model',
    });
  if (status >= 400 && status < 500)
    return {
      ...fault({
        reason: 'internal',
        detail: `The guard server ${name} refused the request (HTTP ${status}); its own log says why.`,
        server: 'fine',
        kind: 'rejected',
      }),
      logprobs: /log_?prob/i.test(complaint),
    };
  return {
    ...fault({
      reason: 'internal',
      detail: `The guard server ${name} failed (HTTP ${status}); its own log says why.`,
      server: 'failing',
      ...(status === 501 ? { kind: 'rejected' } : {}),
    }),
    logprobs: status === 501 && /log_?prob/i.test(complaint),
  };
}

/** What the server says is wrong, only to be recognised: `{"error": {"message", "type", "code"}}` or `{"error": "…"}`. */
function complaintOf(body: string): string {
  const parsed = parse(body);
  if (!isJsonObject(parsed)) return '';
  const error = isJsonObject(parsed.error) ? parsed.error : parsed;
  return [error.error, error.message, error.type, error.code, error.detail, error.param]
    .filter((part) => typeof part === 'string')
    .join('\n');
}

/** In the words of OpenAI, Groq, vLLM, llama.cpp's server and Ollama. */
function isOverflow(complaint: string): boolean {
  return [
    /context_length_exceeded|exceed_context_size_error|request_too_large/,
    /maximum (?:context|model|input|sequence) length/i,
    /exceeds? the (?:available |maximum |model'?s )?context/i,
    /max_tokens must be at least 1, got -/,
    /(?:prompt|input|messages?) (?:is|are|has|have) too (?:long|many tokens)/i,
  ].some((words) => words.test(complaint));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fault(what: ServerFault): { ok: false; fault: ServerFault } {
  return { ok: false, fault: what };
}
