import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAllowedRoute, parseAllowedRoute } from '../../src/config/config.js';
import type { AllowedRoute } from '../../src/config/config.js';

function routes(...lines: string[]): AllowedRoute[] {
  return lines.map((line) => {
    const route = parseAllowedRoute(line);
    if (typeof route === 'string') throw new Error(route);
    return route;
  });
}

test('reads a method and a path', () => {
  expect(parseAllowedRoute(' get   /api/ps ')).toEqual({ method: 'GET', path: '/api/ps' });
  expect(parseAllowedRoute('DELETE /v1/files/:id')).toEqual({ method: 'DELETE', path: '/v1/files/:id' });
});

test.each([
  ['/api/ps', 'has to be a method and a path'],
  ['GET /a /b', 'has to be a method and a path'],
  ['FETCH /a', 'is no HTTP method'],
  ['GET a', 'has to begin with /'],
  ['GET /a/../b', 'may only have letters'],
  ['GET /a//b', 'may only have letters'],
  ['GET /a%2fb', 'may only have letters'],
  ['GET /a?b=1', 'may only have letters'],
  ['GET /a/*', 'may only have letters'],
])('%j is refused', (line, expected) => {
  expect(parseAllowedRoute(line)).toContain(expected);
});

describe('matching', () => {
  const allowed = routes('GET /api/ps', 'DELETE /v1/files/:id', 'GET /');

  test.each([
    ['GET', '/api/ps', true],
    ['get', '/api/ps', true],
    ['POST', '/api/ps', false],
    ['GET', '/api/ps/', false],
    ['GET', '/api/PS', false],
    ['GET', '/api', false],
    ['DELETE', '/v1/files/file-1.jsonl', true],
    ['DELETE', '/v1/files/', false],
    ['DELETE', '/v1/files/a/b', false],
    ['DELETE', '/v1/files/..', false],
    ['DELETE', '/v1/files/.', false],
    ['DELETE', '/v1/files/%2e%2e', false],
    ['DELETE', '/v1/files/a%2Fb', false],
    ['DELETE', '/v1/files/a\\b', false],
    ['DELETE', '/v1/files/a?x=1', false],
    ['GET', '/', true],
    ['GET', '//', false],
    ['GET', '', false],
  ])('%s %s -> %s', (method, path, expected) => {
    expect(isAllowedRoute(allowed, method, path)).toBe(expected);
  });

  test('what matches is what any server would read: parsing the path changes nothing', () => {
    const piece = fc.oneof(
      fc.constantFrom('v1', 'files', '..', '.', '%2e', '%2f', '/', '\\', ';', '?', '#', ' ', 'a'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const path = fc.array(piece, { maxLength: 5 }).map((pieces) => '/v1/files/' + pieces.join(''));
    fc.assert(
      fc.property(path, (given) => {
        if (!isAllowedRoute(allowed, 'DELETE', given)) return;
        expect(new URL(given, 'http://x').pathname).toBe(given);
        expect(decodeURIComponent(given)).toBe(given);
      }),
      { numRuns: 1000 },
    );
  });
});
