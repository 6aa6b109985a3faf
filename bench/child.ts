/** A server in a process of its own, so that it shares no event loop with whoever measures it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

export interface Server {
  readonly url: string;
  readonly pid: number;
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
  const { child, pid, stop } = run(args, cwd, {});
  const printed = new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
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
    return { url: await printed, pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts `node ...args`, which is to listen on `port` of 127.0.0.1. Rejects when nothing answers there in time. */
export async function startServerOn(
  port: number,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Server> {
  const { child, pid, stop } = run(args, cwd, env);
  child.stdout?.resume();
  const url = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  for (;;) {
    const answered = await request(url).then(
      ({ body }) => body.dump().then(() => true),
      () => false,
    );
    if (answered) return { url, pid, stop };
    if (child.exitCode !== null || performance.now() - startedAt > STARTED_WITHIN_MS) {
      await stop();
      throw new Error(`${args.join(' ')} did not listen on port ${port}`);
    }
    await sleep(100);
  }
}

function run(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): { child: ChildProcess; pid: number; stop: () => Promise<void> } {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const gone = once(child, 'exit');
  // A bench that is stopped halfway leaves no server behind.
  const end = (): boolean => child.kill();
  process.once('exit', end);
  return {
    child,
    pid: child.pid ?? 0,
    stop: async () => {
      process.off('exit', end);
      if (child.exitCode === null && child.signalCode === null) child.kill();
      await gone;
    },
  };
}

/** Clock ticks a second of the times in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Seconds of processor time that a process has used, user and system; NaN where there is no /proc. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Behind the name, which may hold anything: utime and stime are the 12th and 13th fields.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return NaN;
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
