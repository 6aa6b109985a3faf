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
  for (const name of response.getHeaderNames()) if (!name.startsWith('x-')) response.removeHeader(name);
  if (decision !== undefined && requestId !== undefined)
    for (const [name, value] of Object.entries(decisionHeaders(decision, requestId)))
      response.setHeader(name, value);
  response.statusCode = error.status;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  if (error.retryAfter !== undefined) response.setHeader('retry-after', String(error.retryAfter));
  if (!response.req.complete) response.setHeader('connection', 'close');
  response.end(JSON.stringify(body));
}
