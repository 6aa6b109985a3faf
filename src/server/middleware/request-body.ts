/**
 * The body of a request in an app: as a parser before the guard left it, or read here. Either way what
 * was judged is all that the handler can read.
 */
import type { IncomingMessage } from 'node:http';
import { GuardError } from '../../core/errors.js';
import type { JsonValue } from '../../core/json.js';
import { parseJsonStrict } from '../../protocols/index.js';
import { isJson, isUtf8, parseMediaType } from './media-type.js';

/** A request as body parsers and upload handlers leave it. */
export interface AppRequest extends IncomingMessage {
  /** The path and query as they came; Express strips what the app was mounted on from `url`. */
  originalUrl?: string;
  body?: unknown;
  /** Set by body-parser: the body has been read. */
  _body?: boolean;
  file?: unknown;
  files?: unknown;
}

/**
 * The body as JSON; undefined when the request has none. One that nobody has read yet is read, must be
 * JSON, and is put into `request.body`, marked so that a parser mounted later leaves it alone.
 *
 * Throws GuardError: `unsupported_content_type`, `unsupported_encoding`, `body_too_large`,
 * `invalid_json`, `client_closed`.
 */
export async function takeBody(request: AppRequest, limitBytes: number): Promise<JsonValue | undefined> {
  const { body } = request;
  const hasBody = announcesBody(request);
  if (request._body === true || request.readableDidRead || !hasBody) {
    if (body !== undefined) return parsedBody(body);
    if (hasBody)
      throw new GuardError(
        'unsupported_content_type',
        'The body was read before it came to the guard, and request.body is not set, so it cannot be judged. Mount a parser that sets request.body, or mount the guard first.',
      );
    return undefined;
  }
  checkHeaders(request, limitBytes);
  const bytes = await readBytes(request, limitBytes);
  if (bytes.length === 0 && request.httpVersionMajor >= 2) return undefined;
  const parsed = parseJsonStrict(bytes);
  request.body = parsed;
  request._body = true;
  return parsed;
}

/** HTTP/2 has neither of the two headers by which HTTP/1 announces a body: there, a body is what follows. */
function announcesBody(request: AppRequest): boolean {
  if (request.httpVersionMajor >= 2) {
    const { stream } = request as { stream?: { endAfterHeaders?: boolean } };
    return stream?.endAfterHeaders !== true;
  }
  const { headers } = request;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether an upload handler (multer, say) put files beside the body. */
export function hasFiles({ file, files }: AppRequest): boolean {
  if (typeof file === 'object' && file !== null) return true;
  return typeof files === 'object' && files !== null && Object.keys(files).length > 0;
}

function parsedBody(body: unknown): JsonValue {
  if (body instanceof Uint8Array)
    throw new GuardError(
      'unsupported_content_type',
      'The body is bytes, which the guard cannot judge. Send JSON; in the app, use express.json() or express.text() instead of express.raw() before the guard.',
    );
  return body as JsonValue;
}

function checkHeaders(request: AppRequest, limitBytes: number): void {
  const { headers } = request;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    throw new GuardError(
      'unsupported_encoding',
      'The guard does not read compressed bodies; send the body uncompressed.',
    );
  const media = parseMediaType(headers['content-type']);
  if (!isJson(media) || !isUtf8(media))
    throw new GuardError(
      'unsupported_content_type',
      'The body must be sent as content-type: application/json, in UTF-8. For forms or plain text, the app has to mount express.urlencoded() or express.text() before the guard.',
    );
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw tooLarge(request, limitBytes);
}

function readBytes(request: AppRequest, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void): void => {
      request.off('data', take);
      request.off('end', end);
      request.off('close', broken);
      request.off('error', broken);
      finish();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limitBytes) settle(() => reject(tooLarge(request, limitBytes)));
      else chunks.push(chunk);
    };
    const end = (): void => settle(() => resolve(Buffer.concat(chunks)));
    const broken = (): void =>
      settle(() =>
        reject(new GuardError('client_closed', 'The request ended before its body was complete.')),
      );
    request.on('data', take).on('end', end).on('close', broken).on('error', broken);
  });
}

/** The rest is read and thrown away: most clients look at the answer only once they have sent everything. */
function tooLarge(request: AppRequest, limitBytes: number): GuardError {
  request.on('error', () => undefined).resume();
  return new GuardError('body_too_large', `The body is larger than ${limitBytes} bytes.`);
}
