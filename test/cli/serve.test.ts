/** `portcullis serve`: start, readiness, signals. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { startCli } from './run-cli.js';

// Each test starts a process or two, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

interface Serving {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves with everything on standard output once `pattern` is in it. */
  readonly printed: (pattern: RegExp) => Promise<string>;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
}

const running = new Set<ChildProcessWithoutNullStreams>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

function serve(...args: readonly string[]): Serving {
  const child = startCli(['serve', '--port', '0', ...args]);
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    }),
  );
  return {
    child,
    ended,
    stderr: () => stderr,
    async printed(pattern) {
      while (!pattern.test(stdout)) {
        const code = await Promise.race([once(child.stdout, 'data').then(() => 'more'), ended]);
        if (code !== 'more') throw new Error(`it ended with ${String(code)}: ${stdout}${stderr}`);
      }
      return stdout;
    },
  };
}

const urlIn = (text: string): string => /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? '';

/** A model server that takes requests and never answers. */
let silent: Server | undefined;
async function silentUpstream(): Promise<{ readonly url: string; readonly asked: Promise<unknown> }> {
  silent = createServer(() => undefined);
  const asked = once(silent, 'request');
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  return { url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, asked };
}
afterAll(() => {
  silent?.closeAllConnections();
  silent?.close();
});

test('says where it listens and when the guard is ready; SIGTERM ends it with 0', async () => {
  const { printed, child, ended, stderr } = serve('--policy', 'monitor', '--log-level', 'warn');
  const text = await printed(/The guard "embedded" is ready/);
  const url = urlIn(text);
  expect(text).toMatch(/model server {2}http:\/\/127\.0\.0\.1:11434/);
  expect(text).toMatch(/policy +monitor@1 \(monitor: nothing is blocked\)/);
  expect(text).toContain(`${url}/dashboard`);

  // The line that a new user is told to try.
  const [, address = '', body = ''] = /curl (\S+) -H .* -d '(.*)'/.exec(text) ?? [];
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect(await answer.json()).toMatchObject({ verdict: 'safe', judge: 'embedded' });

  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(stderr()).toMatch(
    /^Stopping\. Running requests may take up to 10 s; once more ends them at once\.\n$/,
  );
});

test('without its model it runs, is not ready, and says why', async () => {
  const { printed, child, ended } = serve('--guard', 'gguf:no-such.gguf', '--log-level', 'silent');
  const text = await printed(/NOT READY: .*\n.*\n/);
  expect(text).toMatch(/NOT READY: .*no-such\.gguf does not exist/);
  expect(text).toMatch(/Restart Portcullis when that is put right/);
  expect((await fetch(`${urlIn(text)}/readyz`)).status).toBe(503);
  child.kill('SIGINT');
  expect(await ended).toBe(0);
});

test('a running request keeps it until a second signal', async () => {
  const upstream = await silentUpstream();
  const { printed, child, ended } = serve('--upstream', upstream.url, '--log-level', 'silent');
  const url = urlIn(await printed(/is ready/));
  const request = fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] }),
  }).then(
    (response) => response.status,
    () => 'cut',
  );
  await upstream.asked;
  child.kill('SIGTERM');
  await sleep(500);
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  expect(await ended).toBe(143);
  expect(await request).toBe('cut');
});

test('nobody reading its output does not end it', async () => {
  const { printed, child, ended } = serve('--log-level', 'silent');
  const url = urlIn(await printed(/listens on/));
  child.stdout.destroy();
  for (;;) {
    const { status } = await fetch(`${url}/readyz`);
    if (status === 200) break;
    await sleep(100);
  }
  await sleep(500);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('a port in use: exit code 2, and what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { ended, stderr } = serve('--port', String(port), '--log-level', 'error');
  expect(await ended).toBe(2);
  expect(stderr()).toBe(
    `portcullis: Port ${port} on 127.0.0.1 is in use. End the other program, or choose another port: --port ${port + 1}\n`,
  );
  other.close();
});
