/** What went wrong at the model server, in our own words, with the setting that may need a change. */
import { errors } from 'undici';
import type { UpstreamConfig } from '../../config/config.js';
import { GuardError } from '../../core/errors.js';

export interface Circumstances {
  readonly config: UpstreamConfig;
  /** Scheme, host and port. */
  readonly origin: string;
  /** We gave it up ourselves: the client left, or nothing of the answer is wanted any more. */
  readonly aborted: boolean;
  /** It took longer than `upstream.total_timeout_ms`. */
  readonly late: boolean;
  /** It still waited for one of `upstream.connections`. */
  readonly queued: boolean;
  /** The response's headers had come. */
  readonly started: boolean;
}

export function explainFault(
  error: unknown,
  { config, origin, aborted, late, queued, started }: Circumstances,
): GuardError {
  const server = `The model server at ${origin}`;
  if (error instanceof GuardError) return error;
  if (aborted) return new GuardError('client_closed', 'The client closed the connection.', { cause: error });
  if (late && queued)
    return new GuardError(
      'upstream_timeout',
      `All ${config.connections} connections to the model server at ${origin} were in use for ${config.totalTimeoutMs} ms (upstream.connections, upstream.total_timeout_ms).`,
      { cause: error },
    );
  if (late)
    return new GuardError(
      'upstream_timeout',
      `${server} did not finish within ${config.totalTimeoutMs} ms (upstream.total_timeout_ms).`,
      { cause: error },
    );
  if (error instanceof errors.HeadersTimeoutError)
    return new GuardError(
      'upstream_timeout',
      `${server} did not begin to answer within ${config.headersTimeoutMs} ms (upstream.headers_timeout_ms).`,
      { cause: error },
    );
  if (error instanceof errors.BodyTimeoutError)
    return new GuardError(
      'upstream_timeout',
      `${server} paused for more than ${config.idleTimeoutMs} ms in the middle of its answer (upstream.idle_timeout_ms).`,
      { cause: error },
    );
  if (error instanceof errors.ConnectTimeoutError)
    return new GuardError(
      'upstream_unreachable',
      `${server} did not accept a connection within ${config.connectTimeoutMs} ms. Is it running, and is upstream.url right?`,
      { cause: error },
    );
  if (started)
    return new GuardError('upstream_interrupted', `${server} broke off in the middle of its answer.`, {
      cause: error,
    });
  return new GuardError(
    'upstream_unreachable',
    `${server} cannot be reached${reason(error)}. Is it running, and is upstream.url right?`,
    { cause: error },
  );
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
}
