/** The guard as Express middleware, in front of a handler that calls a model itself. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GuardError } from '../../core/errors.js';
import type { Engine } from '../../engine/engine.js';
import { GuardedExchange, type MiddlewareParts } from './guarded-exchange.js';
import { FORMAT_NAMES, type FormatName } from './read-request.js';

export type { MiddlewareParts } from './guarded-exchange.js';
export type { FormatName } from './read-request.js';

export interface ExpressOptions {
  /**
   * The format in which the app's client talks. Default `auto`: OpenAI's chat where the body has
   * messages in its form, else `generic`. A format that is named is enforced.
   */
  readonly format?: FormatName | undefined;
  /** Largest body that the guard reads itself, in bytes. Default: the config's `server.body_limit_bytes`. */
  readonly bodyLimitBytes?: number | undefined;
}

/** Fits Express 4 and 5, and any server that calls `(req, res, next)` on Node's own objects. */
export type GuardMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Mounted on `/` and again on `/api`, one guard would judge everything twice. */
const guardedBy = new WeakMap<ServerResponse, Engine>();

/** Throws GuardError('config_invalid') on options that are none. */
export function createExpressMiddleware(
  parts: MiddlewareParts,
  defaults: { readonly bodyLimitBytes: number },
  options: ExpressOptions = {},
): GuardMiddleware {
  const { format = 'auto', bodyLimitBytes = defaults.bodyLimitBytes } = options;
  if (!FORMAT_NAMES.includes(format))
    throw new GuardError(
      'config_invalid',
      `guard.express(): format must be one of ${FORMAT_NAMES.join(', ')}.`,
    );
  if (!Number.isSafeInteger(bodyLimitBytes) || bodyLimitBytes < 1)
    throw new GuardError('config_invalid', 'guard.express(): bodyLimitBytes must be a whole number from 1.');
  return (request, response, next) => {
    if (guardedBy.get(response) === parts.engine) {
      next();
      return;
    }
    guardedBy.set(response, parts.engine);
    void new GuardedExchange(parts, { format, bodyLimitBytes }, request, response).run(next);
  };
}
