/** Endpoints that an operator passes through unjudged: `GET /api/ps`, `DELETE /v1/files/:id`. */
import type { AllowedRoute } from './config-types.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const SEGMENT = /^:?[A-Za-z0-9._~-]+$/;

/** Paths whose meaning could change on the way: an upstream may read them as another endpoint. */
function isPlain(segment: string): boolean {
  return /^[A-Za-z0-9._~!$&'()+,;=:@-]+$/.test(segment) && segment !== '.' && segment !== '..';
}

/** The route of a `METHOD /path` line, or a text that says what is wrong with it. */
export function parseAllowedRoute(line: string): AllowedRoute | string {
  const match = /^(\S+)\s+(\S+)$/.exec(line.trim());
  if (!match) return `"${line}" has to be a method and a path: GET /api/ps`;
  const [, method = '', path = ''] = match;
  if (!METHODS.includes(method.toUpperCase()))
    return `"${method}" is no HTTP method; allowed: ${METHODS.join(', ')}`;
  if (!path.startsWith('/')) return `the path "${path}" has to begin with /`;
  const segments = path.slice(1).split('/');
  if (path !== '/' && segments.some((segment) => !SEGMENT.test(segment) || !isPlain(segment)))
    return `the path "${path}" may only have letters, digits and . _ ~ - between its slashes; ":name" stands for any one part`;
  return { method: method.toUpperCase(), path };
}

/**
 * True when a request may pass through unjudged.
 * @param path the request's path as it was sent: without the query, percent-encoding left in. A part
 *   with percent-encoding, `.` or `..` matches nothing, because the upstream could read it otherwise.
 */
export function isAllowedRoute(routes: readonly AllowedRoute[], method: string, path: string): boolean {
  const segments = path.split('/').slice(1);
  if (!path.startsWith('/') || (path !== '/' && !segments.every(isPlain))) return false;
  return routes.some((route) => {
    if (route.method !== method.toUpperCase()) return false;
    const wanted = route.path.split('/').slice(1);
    return (
      wanted.length === segments.length &&
      wanted.every((part, index) => part === segments[index] || part.startsWith(':'))
    );
  });
}
