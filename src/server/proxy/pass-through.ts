/**
 * Requests that are passed on unjudged: lists of models, and whatever the operator allows by name.
 * Lists go out re-serialized; allowed endpoints as they are, because nobody here understands them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GuardError, toGuardError } from '../../core/errors.js';
import { parseJsonStrict } from '../../protocols/index.js';
import type { Portcullis } from '../compose.js';
import { Exchange } from '../exchange.js';
import { sendError } from '../send-error.js';
import { errorFormat } from '../error-format.js';
import type { Handler } from './chat-handler.js';
import type { Upstream, UpstreamResponse } from './upstream.js';

const MAX_LIST_BYTES = 8 * 1024 * 1024;
type Method = Parameters<Upstream['call']>[0];
const METHODS: readonly Method[] = ['GET', 'POST', 'DELETE', 'HEAD', 'PUT'];

/** @param route the endpoint, or `allowed` for those of `upstream.allow` */
export function createPassThrough(portcullis: Portcullis, upstream: Upstream, route: string): Handler {
  return async (request, response) => {
    const exchange = new Exchange(request, response, route, portcullis.emit);
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    let failure: GuardError | undefined;
    try {
      const method = METHODS.find((known) => known === request.method);
      if (method === undefined)
        throw new GuardError('method_not_allowed', 'This method cannot be passed on.');
      const { signal } = exchange;
      const body =
        route === 'allowed' ? await readBody(request, portcullis.config.server.bodyLimitBytes) : undefined;
      const since = performance.now();
      const answer = await upstream.call(method, path, { body, headers: request.headers, signal });
      exchange.waited(performance.now() - since);
      if (route === 'allowed') await relayRaw(exchange, answer);
      else await relayList(exchange, answer, upstream);
    } catch (thrown) {
      failure = toGuardError(thrown);
      if (failure.code === 'internal') portcullis.log.error({ err: failure.cause }, 'pass-through failed');
      exchange.abort();
      fail(response, failure, path, exchange.requestId);
    } finally {
      exchange.finish(failure);
    }
  };
}

async function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes)
      throw new GuardError('body_too_large', `The body is larger than ${limitBytes} bytes.`);
    chunks.push(chunk);
  }
  return size === 0 ? undefined : Buffer.concat(chunks);
}

async function relayRaw(exchange: Exchange, answer: UpstreamResponse): Promise<void> {
  exchange.start(
    answer.status,
    answer.contentType === '' ? 'application/octet-stream' : answer.contentType,
    undefined,
  );
  for await (const chunk of answer.body) await exchange.write(chunk);
  exchange.response.end();
}

async function relayList(exchange: Exchange, answer: UpstreamResponse, upstream: Upstream): Promise<void> {
  if (answer.contentType !== 'application/json') {
    answer.discard();
    throw new GuardError(
      'upstream_malformed',
      `The model server at ${upstream.origin} answered HTTP ${answer.status} with ${answer.contentType === '' ? 'no content type' : answer.contentType} instead of JSON. Is upstream.url right, and does it have this endpoint?`,
    );
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > MAX_LIST_BYTES) throw new GuardError('upstream_malformed', 'The list is too long.');
    chunks.push(chunk);
  }
  let list;
  try {
    list = parseJsonStrict(Buffer.concat(chunks));
  } catch (error) {
    throw new GuardError('upstream_malformed', 'The model server answered with something that is no JSON.', {
      cause: error,
    });
  }
  await exchange.sendJson(answer.status, list);
}

function fail(response: ServerResponse, error: GuardError, path: string, requestId: string): void {
  // Half a passed-on body cannot be repaired: the client must see that it is broken off.
  if (response.headersSent) response.destroy();
  else sendError(response, error, errorFormat(path).error(error, requestId));
}
