/** A real Portcullis on loopback in front of a scripted upstream, for tests. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createScriptedUpstream,
  type ScriptedOptions,
  type ScriptedUpstream,
} from '../../../examples/upstream/scripted.mjs';
import { loadConfig } from '../../../src/config/config.js';
import { compose, type Portcullis } from '../../../src/server/compose.js';
import { startServer } from '../../../src/server/start-server.js';

export interface RunOptions {
  readonly upstream?: ScriptedOptions;
  /** Instead of the scripted upstream. */
  readonly upstreamUrl?: string;
  /** YAML of portcullis.yaml. */
  readonly config?: string;
  /** YAML of a policy, or the name of one of ours. */
  readonly policy?: string;
  readonly guard?: string;
  /** Wait until the guard proved itself. Default true. */
  readonly ready?: boolean;
}

export interface RunningPortcullis {
  readonly url: string;
  readonly portcullis: Portcullis;
  readonly upstream: ScriptedUpstream;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  metrics(): Promise<string>;
  close(): Promise<void>;
}

export async function runPortcullis(options: RunOptions = {}): Promise<RunningPortcullis> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-test-'));
  const upstream = await createScriptedUpstream(options.upstream ?? {});
  const file = join(folder, 'portcullis.yaml');
  await writeFile(file, options.config ?? 'log: { level: silent }\n');
  let policy = options.policy ?? 'default';
  if (policy.includes('\n')) {
    await writeFile(join(folder, 'policy.yaml'), policy);
    policy = join(folder, 'policy.yaml');
  }
  const config = loadConfig({
    file,
    // Evaluated prompts of toys do not belong in the user's own folder of caches.
    env: { XDG_CACHE_HOME: folder },
    flags: { port: 0, upstream: options.upstreamUrl ?? upstream.url, policy, guard: options.guard },
  });
  const portcullis = await compose(config, { processMetrics: false });
  const server = await startServer(portcullis);
  if (options.ready !== false) {
    await portcullis.readiness.firstTest;
    if (!portcullis.readiness.ready) throw new Error(portcullis.readiness.message);
  }
  return {
    url: server.url,
    portcullis,
    upstream,
    post: (path, body, headers = {}) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    metrics: async () => (await fetch(`${server.url}/metrics`)).text(),
    async close() {
      await server.close();
      await portcullis.close();
      await upstream.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
