/**
 * The gateway that Portcullis is compared with, `@portkey-ai/gateway` of npm, as its manual starts it:
 * `node build/start-server.js`, no guardrails, the scripted upstream as custom host of its OpenAI provider.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startServerOn, type Server } from '../child.js';

const PACKAGE = '@portkey-ai/gateway';
/** What docs/performance.md names; another one is measured by installing it and naming its folder with --peer. */
const VERSION = '1.15.2';

/**
 * Loaded before it. It listens on all addresses: a benchmark should be reachable from this machine only. And
 * it changes the headers of what `fetch` returned, which Node forbids: every stream would end in HTTP 500
 * ("TypeError: immutable", its issue 1389); a copy of the response may be changed.
 */
const BEFORE =
  'data:text/javascript,' +
  encodeURIComponent(
    'import { Server } from "node:net"; const { listen } = Server.prototype;' +
      'Server.prototype.listen = function (port, ...rest) {' +
      ' return typeof port === "number" ? listen.call(this, port, "127.0.0.1", ...rest.filter((r) => typeof r === "function")) : listen.call(this, port, ...rest); };' +
      'const { fetch, Response } = globalThis;' +
      'globalThis.fetch = async (...args) => { const r = await fetch(...args); return new Response(r.body, r); };',
  );

/** Installs the package with npm into `folder`, which is then a `--peer`. Throws when npm fails. */
export function installPortkey(folder: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--save-exact', `${PACKAGE}@${VERSION}`], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return folder;
}

export interface Portkey {
  readonly version: string;
  readonly server: Server;
  /** What a request needs to be passed on to `upstream`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @param folder where the package is installed: it has `node_modules`, or is the package itself */
export async function startPortkey(folder: string, upstream: string): Promise<Portkey> {
  const nested = join(folder, 'node_modules', PACKAGE);
  const root = existsSync(nested) ? nested : folder;
  const script = join(root, 'build', 'start-server.js');
  if (!existsSync(script)) throw new Error(`there is no ${PACKAGE} in ${folder}; --with-portkey installs it`);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const port = await freePort();
  const server = await startServerOn(
    port,
    ['--import', BEFORE, script, `--port=${port}`, '--headless'],
    folder,
    { NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: 'localhost,127.0.0.1' },
  );
  return {
    version,
    server,
    headers: {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstream}/v1`,
      authorization: 'Bearer scripted',
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
