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

/** Begins at once; the body is serialized before this returns. The exchange's signal ends it too. */
export function callUpstream(
  upstream: Upstream,
  { requestId, route, signal, emit }: Pick<Exchange, 'requestId' | 'route' | 'signal' | 'emit'>,
  body: JsonObject,
  headers: IncomingHttpHeaders,
): UpstreamCall {
  const startedAt = performance.now();
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  let answered: UpstreamResponse | undefined;
  let over = false;

  const done = (code: number | ErrorCode): void =>
    emit({ type: 'upstream', requestId, upstream: upstream.origin, code, ms: performance.now() - startedAt });
  const response = upstream.call('POST', route, { body, headers, signal: controller.signal }).then(
    (arrived) => {
      answered = arrived;
      done(arrived.status);
      if (controller.signal.aborted) arrived.discard();
      return arrived;
    },
    (error: unknown) => {
      // Ended by us, after a block or with the client: that is no failure of the upstream.
      if (!controller.signal.aborted) {
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
      signal.removeEventListener('abort', abort);
      if (over) return;
      over = true;
      if (answered?.progress.ended === true) return;
      controller.abort();
      answered?.discard();
      emit({
        type: 'upstream-abandoned',
        requestId,
        upstream: upstream.origin,
        reason,
        ms: performance.now() - startedAt,
        bytes: answered?.progress.bytes ?? 0,
      });
    },
  };
}
