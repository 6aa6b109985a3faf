/** Errors as llama.cpp's server writes them, on its own endpoints. */
import type { GuardError } from '../../core/errors.js';
import type { JsonObject } from '../../core/json.js';

/** HTTP status -> the word that the server has for it. */
const TYPES = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [501, 'not_supported_error'],
  [503, 'unavailable_error'],
]);

/**
 * `{error: {code, message, type}}`, as a body and as an event of a stream. `code` is the HTTP status, as
 * the server has it; our own code is the `reason`.
 */
export function errorBody(error: GuardError, requestId: string): JsonObject {
  const type = TYPES.get(error.status) ?? (error.status < 500 ? 'invalid_request_error' : 'server_error');
  return {
    error: { code: error.status, message: error.message, type, reason: error.code, request_id: requestId },
  };
}
