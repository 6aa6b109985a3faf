/** A server in a process of its own, so that it shares no event loop with whoever measures it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

export interface Server {
  readonly url: string;
  /** Ends the process in order and waits until it is gone. */
  stop(): Promise<void>;
}

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/;
const STARTED_WITHIN_MS = 60_000;

/**
 * Starts `node ...args` and takes the first address on 127.0.0.1 that it prints on standard output for
 * its own. Its standard error goes to nowhere.
 *
 * Rejects when the process ends before that, or says nothing for a minute.
 */
export async function startServer(args: readonly string[], cwd: string): Promise<Server> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = once(child, 'exit');
  // A bench that is stopped halfway leaves no server behind.
  const end = (): boolean => child.kill();
  process.once('exit', end);
  const stop = async (): Promise<void> => {
    process.off('exit', end);
    if (child.exitCode === null && child.signalCode === null) child.kill();
    await gone;
  };

  const printed = new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const found = ADDRESS.exec(text);
      if (found !== null) resolve(found[0]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with code ${code ?? 'none'}`)));
    setTimeout(
      () => reject(new Error(`${args.join(' ')} did not listen in time`)),
      STARTED_WITHIN_MS,
    ).unref();
  });
  try {
    return { url: await printed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until `/readyz` answers 200. Rejects after a minute with what it said last. */
export async function untilReady(url: string): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const { statusCode, body } = await request(`${url}/readyz`);
    const text = await body.text();
    if (statusCode === 200) return;
    if (performance.now() - startedAt > STARTED_WITHIN_MS) throw new Error(`not ready: ${text}`);
    await sleep(200);
  }
}
