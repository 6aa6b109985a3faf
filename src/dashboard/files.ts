/** The dashboard's files, read once: there is no build step, so what is on disk is what is served. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

export interface DashboardFile {
  /** Where the server answers with it: `/dashboard` for the page, `/dashboard/NAME` for its parts. */
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
  /** Strong, quoted, of the content: compare with If-None-Match. */
  readonly etag: string;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * All files of the page. Reads from the folder `page` beside this module, in `src` and in `dist` alike.
 * @throws Error when the folder is missing or holds a file of a type that is not served
 */
export function createDashboardFiles(): readonly DashboardFile[] {
  const folder = new URL('./page/', import.meta.url);
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const contentType = CONTENT_TYPES[extname(name)];
      if (contentType === undefined) throw new Error(`The dashboard does not serve files like ${name}.`);
      const body = readFileSync(new URL(name, folder));
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
      return { path: name === 'index.html' ? '/dashboard' : `/dashboard/${name}`, contentType, body, etag };
    });
}
