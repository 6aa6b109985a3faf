/** One call of the model server for one request: it can be given up alone, and what that cost is told. */
import type { IncomingHttpHeaders } from 'node:http';
import { toGuardError, type ErrorCode } from '../../core/errors.js';
import type { GuardEvent } from '../../core/events.js';
import type { JsonObject } from '../../core/json.js';
import type { Exchange } from '../exchange.js';
import type { Upstream, UpstreamResponse } from './upstream.js';

type Abandoned = Extract<GuardEvent, { type: 'upstream-abandoned' }>['reason'];

export interface UpstreamCall {
  /** Nobody needs to await it: the prompt's verdict comes first. */
  readonly response: Promise<UpstreamResponse>;
  /** Ends the call. Tells of it if the answer was not read to its end; only the first call does anything. */
  abandon(reason: Abandoned): void;
}

/** Begins at once; the body is serialized before this returns. The end of the exchange ends it too. */
export function callUpstream(
  upstream: Upstream,
  exchange: Pick<Exchange, 'requestId' | 'route' | 'onAbort' | 'emit'>,
  body: JsonObject,
  headers: IncomingHttpHeaders,
): UpstreamCall {
  const { requestId, route, emit } = exchange;
  const startedAt = performance.now();
  const request = upstream.call('POST', route, { body, headers });
  let answered: UpstreamResponse | undefined;
  let ended = false;
  let over = false;
  const end = (): void => {
    ended = true;
    request.abort();
  };
  const forget = exchange.onAbort(end);

  const done = (code: number | ErrorCode): void =>
    emit({ type: 'upstream', requestId, upstream: upstream.origin, code, ms: performance.now() - startedAt });
  const response = request.response.then(
    (arrived) => {
      answered = arrived;
      done(arrived.status);
      return arrived;
    },
    (error: unknown) => {
      // Ended by us, after a block or with the client: that is no failure of the upstream.
      if (!ended) {
        over = true;
        done(toGuardError(error).code);
      }
      throw error;
    },
  );
  response.catch(() => undefined);

  return {
    response,
    abandon(reason) {
      forget();
      if (over) return;
      over = true;
      if (answered?.body.progress.ended === true) return;
      end();
      emit({
        type: 'upstream-abandoned',
        requestId,
        upstream: upstream.origin,
        reason,
        ms: performance.now() - startedAt,
        bytes: answered?.body.progress.bytes ?? 0,
      });
    },
  };
}
