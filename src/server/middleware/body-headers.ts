/** Headers that describe one particular body, and are wrong for another. */
import type { ServerResponse } from 'node:http';

const DESCRIBING = [
  ...['content-length', 'transfer-encoding', 'content-encoding', 'content-range', 'content-disposition'],
  ...['content-md5', 'content-digest', 'repr-digest', 'digest', 'etag', 'last-modified', 'accept-ranges'],
  ...['expires', 'trailer'],
];

/** Before another body is sent than the handler's. Headers of the app itself (CORS, cookies) stay. */
export function clearBodyHeaders(response: ServerResponse): void {
  for (const name of DESCRIBING) response.removeHeader(name);
}

/**
 * The handler's ETag is of the body it wrote. Express's own function makes the one of the body that is
 * sent; without it there is none.
 */
export function renewEtag(handlers: ServerResponse, response: ServerResponse, body: string): void {
  if (!response.hasHeader('etag')) return;
  const { app } = handlers as { app?: { get?: (name: string) => unknown } };
  const make = app?.get?.('etag fn');
  if (typeof make !== 'function') {
    response.removeHeader('etag');
    return;
  }
  const etag: unknown = Reflect.apply(make, undefined, [body, 'utf8']);
  if (typeof etag === 'string') response.setHeader('etag', etag);
  else response.removeHeader('etag');
}
