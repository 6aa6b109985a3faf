import { expect, it } from 'vitest';
import { createDashboardFiles, DASHBOARD_CSP, DASHBOARD_HEADERS } from '../../src/dashboard/index.js';

const files = createDashboardFiles();
const texts = files.map(({ path, body }) => ({ path, text: body.toString('utf8') }));

it('serves the page and each part that any of them asks for', () => {
  const served = new Set(files.map(({ path }) => path));
  expect(served).toContain('/dashboard');
  const asked = texts.flatMap(({ text }) => [
    ...[...text.matchAll(/(?:src|href)="(\/dashboard[^"]*)"/g)].map(([, path = '']) => path),
    ...[...text.matchAll(/from '\.\/([^']+)'/g)].map(([, name = '']) => `/dashboard/${name}`),
  ]);
  expect(asked.length).toBeGreaterThan(8);
  for (const path of asked) expect(served).toContain(path);
});

it('asks nothing of another origin and never makes markup from strings', () => {
  for (const { path, text } of texts) {
    const addresses = [...text.matchAll(/https?:\/\/[^\s'"`)]+/g)].map(([address]) => address);
    const harmless = ['http://www.w3.org/2000/svg', 'https://cwe.mitre.org/data/definitions/${number}.html'];
    expect(
      addresses.filter((address) => !harmless.includes(address)),
      path,
    ).toEqual([]);
    expect(text, path).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(| style="/);
  }
});

it('gives each file a type and a strong tag that follows its content', () => {
  for (const { contentType, etag, body } of files) {
    expect(contentType).toMatch(/^(text\/(html|javascript|css); charset=utf-8|image\/svg\+xml)$/);
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect(body.length).toBeGreaterThan(0);
  }
  expect(new Set(files.map(({ etag }) => etag)).size).toBe(files.length);
  expect(createDashboardFiles().map(({ etag }) => etag)).toEqual(files.map(({ etag }) => etag));
});

it('allows nothing that the page does not need', () => {
  expect(DASHBOARD_CSP).toContain("default-src 'none'");
  expect(DASHBOARD_CSP).not.toMatch(/unsafe|\*|https?:/);
  expect(DASHBOARD_HEADERS['content-security-policy']).toBe(DASHBOARD_CSP);
  expect(DASHBOARD_HEADERS['x-content-type-options']).toBe('nosniff');
});
