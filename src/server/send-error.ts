import type { ServerResponse } from 'node:http';
import type { Decision } from '../core/decision.js';
import type { GuardError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { decisionHeaders } from './facts.js';

/**
 * An error as a complete HTTP response. The connection is closed where the request's body may not
 * have been read to its end: the rest of it must not be taken for the next request.
 */
export function sendError(
  response: ServerResponse,
  error: GuardError,
  body: JsonObject,
  decision?: Decision,
  requestId?: string,
): void {
  for (const name of response.getHeaderNames())
    if (!name.startsWith('x-') && name !== 'allow') response.removeHeader(name);
  if (decision !== undefined && requestId !== undefined)
    for (const [name, value] of Object.entries(decisionHeaders(decision, requestId)))
      response.setHeader(name, value);
  response.statusCode = error.status;
  const text = JSON.stringify(body);
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  for (const [name, value] of Object.entries(retryHeaders(error))) response.setHeader(name, value);
  if (response.req.complete) response.end(text);
  else endWhileReceiving(response, text);
}

/** `retry-after` in whole seconds, at least 1; nothing where a retry cannot help. */
export function retryHeaders({ retryAfter }: GuardError): Record<string, string> {
  return retryAfter === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) };
}

/** How long a client that is still sending may go on, in milliseconds. */
const LINGER_MS = 1_000;

/**
 * The answer goes out at once, but the connection stays open for a moment: closing it on top of what
 * the client is still sending would reset it, and the client would lose the answer.
 */
function endWhileReceiving(response: ServerResponse, text: string): void {
  const { req: request } = response;
  response.setHeader('connection', 'close');
  response.write(text);
  const end = (): void => {
    clearTimeout(timer);
    request.off('close', end).off('end', end);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.on('end', end).on('close', end);
  // Without a reader the rest is dropped as it comes.
  request.on('error', () => undefined).resume();
}
