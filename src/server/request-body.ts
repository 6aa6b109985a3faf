/** Reads a request's JSON body: bounded, in one encoding, parsed so strictly that nobody can read it differently. */
import type { IncomingMessage } from 'node:http';
import { GuardError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import { parseJsonStrict } from '../protocols/index.js';

export interface BodyRules {
  readonly limitBytes: number;
  /** Ollama's own documentation calls it with curl's default content type; its server does not look. */
  readonly anyContentType: boolean;
}

const FORM = 'application/x-www-form-urlencoded';

/**
 * Throws GuardError: `unsupported_content_type`, `unsupported_encoding`, `body_too_large`,
 * `invalid_json`, `invalid_request` (JSON, but no object), `client_closed`.
 */
export async function readJsonBody(request: IncomingMessage, rules: BodyRules): Promise<JsonObject> {
  checkHeaders(request, rules);
  const bytes = await readBytes(request, rules.limitBytes);
  if (bytes.length === 0)
    throw new GuardError('invalid_json', 'The request has no body; send a JSON object.');
  const body = parseJsonStrict(bytes);
  if (!isJsonObject(body)) throw new GuardError('invalid_request', 'The body must be a JSON object.');
  return body;
}

function checkHeaders({ headers }: IncomingMessage, { anyContentType }: BodyRules): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new GuardError(
      'unsupported_encoding',
      `Portcullis does not read compressed requests (content-encoding: ${printable(encoding)}); send the body uncompressed.`,
    );
  const [type = '', ...parameters] = (headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (charset !== undefined && charset !== 'utf-8' && charset !== '"utf-8"' && charset !== 'utf8')
    throw new GuardError('unsupported_content_type', 'The body must be JSON in UTF-8.');
  if (type !== 'application/json' && !(anyContentType && (type === '' || type === FORM)))
    throw new GuardError(
      'unsupported_content_type',
      `The body must be sent as content-type: application/json, not ${type === '' ? 'without one' : printable(type)}.`,
    );
}

/** The whole body as it came. Rejects with GuardError: `body_too_large`, before more than that is held; `client_closed`. */
export function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    // By events: an iterator costs more than the rest of reading a short body.
    const stop = (): void => {
      request.off('data', take).off('end', end).off('close', broken).off('error', broken);
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limitBytes) return;
      stop();
      request.pause();
      reject(tooLarge(limitBytes));
    };
    const end = (): void => {
      stop();
      const [first] = chunks;
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
    };
    const broken = (cause?: Error): void => {
      stop();
      reject(new GuardError('client_closed', 'The request ended before its body was complete.', { cause }));
    };
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) reject(tooLarge(limitBytes));
    else request.on('data', take).on('end', end).on('close', broken).on('error', broken);
  });
}

function tooLarge(limitBytes: number): GuardError {
  return new GuardError(
    'body_too_large',
    `The body is larger than ${limitBytes} bytes; the operator can raise server.body_limit_bytes.`,
  );
}

/** A header's value for a message: short, without anything that could break a line. */
function printable(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);
}
