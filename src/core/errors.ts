/**
 * Every error that may reach a client has a code from this table. Adapters render it in the client's
 * own wire format; `message` is written for that client and holds no prompt, secret or internals.
 * The cause, if any, is for the log only.
 */

/** code -> [HTTP status, whether the same request may work later (Retry-After is sent)] */
const TABLE = {
  invalid_json: [400, false],
  invalid_request: [400, false],
  unsupported_content_type: [415, false],
  unsupported_encoding: [415, false],
  body_too_large: [413, false],
  endpoint_not_allowed: [404, false],
  method_not_allowed: [405, false],
  content_policy_violation: [403, false],
  unjudgeable_content: [400, false],
  guard_unavailable: [503, true],
  guard_not_ready: [503, true],
  upstream_unreachable: [502, true],
  upstream_timeout: [504, true],
  upstream_malformed: [502, false],
  upstream_interrupted: [502, true],
  client_closed: [499, false],
  config_invalid: [500, false],
  internal: [500, false],
} as const satisfies Record<string, readonly [number, boolean]>;

export type ErrorCode = keyof typeof TABLE;

export interface GuardErrorOptions {
  readonly cause?: unknown;
  /** Seconds after which a retry makes sense; only for retryable codes. Default 5. */
  readonly retryAfter?: number;
}

export class GuardError extends Error {
  readonly code: ErrorCode;
  /** HTTP status for this code. */
  readonly status: number;
  /** Seconds for the Retry-After header, or undefined where a retry cannot help. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: GuardErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GuardError';
    this.code = code;
    const [status, retryable] = TABLE[code];
    this.status = status;
    this.retryAfter = retryable ? (options.retryAfter ?? 5) : undefined;
  }
}

/** Wraps whatever was thrown: a GuardError stays itself, anything else becomes `internal` with a neutral text. */
export function toGuardError(thrown: unknown): GuardError {
  if (thrown instanceof GuardError) return thrown;
  return new GuardError('internal', 'Portcullis failed while handling this request; its log says why.', {
    cause: thrown,
  });
}
