/** Which request goes where. What is not listed here or in the operator's `upstream.allow` is refused. */
import type { RequestListener } from 'node:http';
import express, { type Express, type Request, type Response } from 'express';
import { isAllowedRoute } from '../config/config.js';
import { GuardError } from '../core/errors.js';
import { registerAdmin } from './admin.js';
import type { Portcullis } from './compose.js';
import { Exchange } from './exchange.js';
import { errorFormat } from './error-format.js';
import { FORMATS } from './formats.js';
import { registerGuardApi } from './guard-routes.js';
import { createChatHandler, type Handler } from './proxy/chat-handler.js';
import { createAllowedHandler, createDetailsHandler, createListHandler } from './proxy/pass-through.js';
import type { Upstream } from './proxy/upstream.js';
import { CHAT_ROUTES, DETAILS_ROUTE, GUARD_ROUTES, LIST_ROUTES } from './routes.js';
import { sendError } from './send-error.js';

/** What a server calls for each request. */
export function createApp(portcullis: Portcullis, upstream: Upstream): RequestListener {
  const chats = new Map<string, Handler>(
    CHAT_ROUTES.map((route) => [route, createChatHandler(portcullis, upstream, route, FORMATS[route])]),
  );
  const router = createRouter(portcullis, upstream, chats);
  return (request, response) => {
    // Express takes longer to find such an endpoint than Portcullis to read its request. What is not exactly
    // one of them, a query behind it for one, goes its way.
    const chat = request.method === 'POST' ? chats.get(request.url ?? '') : undefined;
    if (chat === undefined) router(request, response);
    else chat(request, response).catch(() => response.destroy());
  };
}

function createRouter(
  portcullis: Portcullis,
  upstream: Upstream,
  chats: ReadonlyMap<string, Handler>,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // `//v1`, `/V1` and `/v1/` are other paths: what is not exactly an endpoint is refused below.
  app.enable('case sensitive routing');
  app.enable('strict routing');

  registerAdmin(app, portcullis);
  registerGuardApi(app, portcullis);
  for (const [route, chat] of chats) app.post(route, handled(chat));
  for (const route of LIST_ROUTES) app.get(route, handled(createListHandler(portcullis, upstream, route)));
  app.post(DETAILS_ROUTE, handled(createDetailsHandler(portcullis, upstream, DETAILS_ROUTE)));

  const allowed = createAllowedHandler(portcullis, upstream);
  app.use((request: Request, response: Response) => {
    const path = rawPath(request);
    if (isAllowedRoute(portcullis.config.upstream.allow, request.method, path))
      return allowed(request, response);
    refuse(portcullis, request, response);
    return undefined;
  });
  // Express knows an error handler by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  app.use((error: unknown, request: Request, response: Response, _next: unknown) => {
    // Only what Express itself refuses comes here: a path with broken percent-encoding, for one.
    portcullis.log.debug({ err: error }, 'request refused by the router');
    if (!response.headersSent) refuse(portcullis, request, response);
    else response.destroy();
  });
  return app;
}

function handled(handler: Handler) {
  return (request: Request, response: Response): Promise<void> => handler(request, response);
}

/** The path as it was sent, without the query. */
function rawPath(request: Request): string {
  return request.originalUrl.split('?', 1)[0] ?? '';
}

function refuse(portcullis: Portcullis, request: Request, response: Response): void {
  const exchange = new Exchange(request, response, 'other', portcullis.emit);
  const path = rawPath(request);
  const method = methodOf(path);
  const shown = path.replace(/[^\x21-\x7e]/g, '?').slice(0, 120);
  const error =
    method !== undefined && method !== request.method
      ? new GuardError('method_not_allowed', `${shown} takes ${method}, not ${request.method}.`)
      : new GuardError(
          'endpoint_not_allowed',
          `Portcullis does not know ${request.method} ${shown}, so it cannot judge it and does not pass it on. An operator who wants it passed on unjudged adds "${request.method} ${shown}" to upstream.allow in portcullis.yaml.`,
        );
  if (error.code === 'method_not_allowed' && method !== undefined) response.setHeader('allow', method);
  sendError(response, error, errorFormat(path).error(error, exchange.requestId));
  exchange.finish(error);
}

function methodOf(path: string): string | undefined {
  const among = (routes: readonly string[]): boolean => routes.includes(path);
  if (among(CHAT_ROUTES) || among(GUARD_ROUTES) || path === DETAILS_ROUTE) return 'POST';
  return among(LIST_ROUTES) ? 'GET' : undefined;
}
