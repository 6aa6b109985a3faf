/** The endpoints that the guard answers itself: /guard/classify, /guard/scan, /v1/moderations. */
import type { Express, Request, Response } from 'express';
import { toGuardError, type GuardError } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import type { Portcullis } from './compose.js';
import { Exchange } from './exchange.js';
import { errorFormat } from './error-format.js';
import { classifyItem, moderate, scanItem } from './guard-api/index.js';
import { readJsonBody } from './request-body.js';
import type { GUARD_ROUTES } from './routes.js';
import { sendError } from './send-error.js';

interface CallContext {
  readonly requestId: string;
  readonly route: string;
  readonly signal: AbortSignal;
}
type Answer = (portcullis: Portcullis, body: JsonObject, context: CallContext) => Promise<unknown>;

const ANSWERS: Record<(typeof GUARD_ROUTES)[number], Answer> = {
  '/guard/classify': classifyItem,
  '/guard/scan': scanItem,
  '/v1/moderations': moderate,
};

export function registerGuardApi(app: Express, portcullis: Portcullis): void {
  for (const [route, answer] of Object.entries(ANSWERS)) {
    app.post(route, (request, response) => respond(portcullis, route, answer, request, response));
  }
}

async function respond(
  portcullis: Portcullis,
  route: string,
  answer: Answer,
  request: Request,
  response: Response,
): Promise<void> {
  const exchange = new Exchange(request, response, route, portcullis.emit);
  let failure: GuardError | undefined;
  try {
    const limitBytes = portcullis.config.server.bodyLimitBytes;
    const body = await readJsonBody(request, { limitBytes, anyContentType: false });
    const { requestId, signal } = exchange;
    await exchange.sendJson(200, await answer(portcullis, body, { requestId, route, signal }));
  } catch (thrown) {
    failure = toGuardError(thrown);
    if (failure.code === 'internal') portcullis.log.error({ err: failure.cause }, `${route} failed`);
    exchange.abort();
    if (!response.headersSent)
      sendError(response, failure, errorFormat(route).error(failure, exchange.requestId));
  } finally {
    exchange.finish(failure);
  }
}
