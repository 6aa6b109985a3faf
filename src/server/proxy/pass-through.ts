/**
 * Requests that are passed on unjudged: lists of models, their details, and whatever the operator allows by
 * name. Lists and details go out re-serialized; allowed endpoints as they are, because nobody here understands them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GuardError, toGuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';
import { parseJsonStrict } from '../../protocols/index.js';
import type { Portcullis } from '../compose.js';
import { Exchange } from '../exchange.js';
import { readBytes, readJsonBody } from '../request-body.js';
import { sendError } from '../send-error.js';
import { errorFormat } from '../error-format.js';
import type { Handler } from './chat-handler.js';
import type { Upstream, UpstreamResponse } from './upstream.js';

const MAX_LIST_BYTES = 8 * 1024 * 1024;
type Method = Parameters<Upstream['call']>[0];
const METHODS: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** @param route path of a list, the same here and at the upstream */
export function createListHandler(portcullis: Portcullis, upstream: Upstream, route: string): Handler {
  return passing(portcullis, route, async (request, exchange) => {
    // A HEAD is answered from the list as well: Node sends the headers and leaves the body out.
    const answer = await call(upstream, exchange, 'GET', route, request);
    await relayList(exchange, answer, upstream);
  });
}

/** @param route path of the endpoint that tells about one model, the same here and at the upstream */
export function createDetailsHandler(portcullis: Portcullis, upstream: Upstream, route: string): Handler {
  return passing(portcullis, route, async (request, exchange) => {
    const body = await readJsonBody(request, {
      limitBytes: portcullis.config.server.bodyLimitBytes,
      anyContentType: true,
    });
    checkDetailsRequest(body);
    const answer = await call(upstream, exchange, 'POST', route, request, body);
    await relayList(exchange, answer, upstream);
  });
}

/** Names of models as Ollama has them: `llama3.2:1b`, `hf.co/owner/repository:Q4_K_M`. */
const MODEL_NAME = /^[\w.:/@+-]{1,256}$/;

/** Nothing of the body is judged, so it may hold nothing but a name. `name` is the older name of `model`. */
function checkDetailsRequest(body: JsonObject): void {
  for (const [key, value] of Object.entries(body)) {
    const isName = typeof value === 'string' && MODEL_NAME.test(value);
    if ((key === 'model' || key === 'name') && !isName)
      throw new GuardError('invalid_request', `${key} must be the name of a model.`);
    if (key === 'verbose' && typeof value !== 'boolean')
      throw new GuardError('invalid_request', 'verbose must be true or false.');
    if (key !== 'model' && key !== 'name' && key !== 'verbose')
      throw new GuardError(
        'invalid_request',
        'The body may hold "model" and "verbose" only; leave the rest out.',
      );
  }
}

/** For requests that `upstream.allow` names: the whole target goes on, query and all. */
export function createAllowedHandler(portcullis: Portcullis, upstream: Upstream): Handler {
  return passing(portcullis, 'allowed', async (request, exchange) => {
    const method = METHODS.find((known) => known === request.method);
    if (method === undefined) throw new GuardError('method_not_allowed', 'This method cannot be passed on.');
    const body = await readBytes(request, portcullis.config.server.bodyLimitBytes);
    const answer = await call(upstream, exchange, method, request.url ?? '/', request, body);
    await relayRaw(exchange, answer);
  });
}

function passing(
  portcullis: Portcullis,
  route: string,
  pass: (request: IncomingMessage, exchange: Exchange) => Promise<void>,
): Handler {
  return async (request, response) => {
    const exchange = new Exchange(request, response, route, portcullis.emit);
    let failure: GuardError | undefined;
    try {
      await pass(request, exchange);
    } catch (thrown) {
      failure = toGuardError(thrown);
      if (failure.code === 'internal') portcullis.log.error({ err: failure.cause }, 'pass-through failed');
      exchange.abort();
      fail(response, failure, request.url ?? '/', exchange.requestId);
    } finally {
      exchange.finish(failure);
    }
  };
}

async function call(
  upstream: Upstream,
  exchange: Exchange,
  method: Method,
  target: string,
  { headers }: IncomingMessage,
  body?: Uint8Array | JsonObject,
): Promise<UpstreamResponse> {
  const since = performance.now();
  const sent = body instanceof Uint8Array && body.length === 0 ? undefined : body;
  const request = upstream.call(method, target, { body: sent, headers });
  exchange.onAbort(() => request.abort());
  const answer = await request.response;
  exchange.waited(performance.now() - since);
  return answer;
}

async function relayRaw(exchange: Exchange, answer: UpstreamResponse): Promise<void> {
  exchange.start(
    answer.status,
    answer.contentType === '' ? 'application/octet-stream' : answer.contentType,
    undefined,
  );
  for await (const chunk of answer.body) await exchange.write(chunk);
  await exchange.end();
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

function fail(response: ServerResponse, error: GuardError, target: string, requestId: string): void {
  // Half a passed-on body cannot be repaired: the client must see that it is broken off.
  if (response.headersSent) response.destroy();
  else sendError(response, error, errorFormat(target).error(error, requestId));
}
