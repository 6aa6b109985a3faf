/**
 * What Portcullis keeps when many streams run for long, and when many are broken off. Run:
 *
 *   npm run build && npx tsx bench/soak.ts --minutes 5
 *
 * First, `--streams` (500) streams at once for `--minutes` (5), with the embedded guard: each begins anew
 * when it has ended. The memory of the Portcullis process is sampled once a second; what counts is the slope
 * of a straight line through the second half of the samples.
 *
 * Then `--aborts` (10000) streams, `--at-once` (50) at a time, which the client cuts at a random moment of
 * theirs. Eight seconds after the last one no request, no connection to the upstream, no check of the guard and
 * no timer of a request may be left.
 *
 * A stream has a piece of 4 characters each 10 ms (`--delay`) and `--sentences` (12) sentences; there are
 * `--texts` (100) different questions, so that the guard knows most of them after a while. Upstream, Portcullis
 * and this client are processes of their own. Prints a verdict; exits with 1 when something was left or grew.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Pool, request } from 'undici';
import { packageRoot } from '../src/runtime/entry.js';
import { startServer, untilReady } from './child.js';
import { slopeOf } from './statistics.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    streams: { type: 'string', default: '500' },
    aborts: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '50' },
    delay: { type: 'string', default: '10' },
    sentences: { type: 'string', default: '12' },
    texts: { type: 'string', default: '100' },
  },
});
const number = (text: string): number => Number(text);
const [minutes, streams, aborts] = [values.minutes, values.streams, values.aborts].map(number) as [
  number,
  number,
  number,
];
const ROUTE = '/v1/chat/completions';
/** More than this much growth a minute, in MB, is no noise of the collector's. */
const FLAT_MB_A_MINUTE = 3;

const root = packageRoot();
const main = join(root, 'dist', 'cli', 'main.js');
if (!existsSync(main)) {
  console.error('soak: there is no dist yet; run: npm run build');
  process.exit(2);
}

let serial = 0;
const textOf = (text: number): string =>
  Array.from(
    { length: Number(values.sentences) },
    (_, i) => `Bed ${text}.${i} of the garden has green beans.`,
  ).join(' ');
const body = (): string =>
  JSON.stringify({
    model: 'scripted',
    stream: true,
    messages: [
      {
        role: 'user',
        content: `[[delay=${values.delay}]] echo: ` + textOf((serial += 1) % Number(values.texts)),
      },
    ],
  });

interface Outcome {
  readonly bytes: number;
  readonly complete: boolean;
}

/** One stream; cut after `cutAfterMs`, if given. Never rejects. */
function stream(pool: Pool, cutAfterMs?: number): Promise<Outcome> {
  return new Promise((resolve) => {
    let bytes = 0;
    let end = '';
    let timer: NodeJS.Timeout | undefined;
    const done = (complete: boolean): void => {
      clearTimeout(timer);
      resolve({ bytes, complete });
    };
    pool.dispatch(
      { path: ROUTE, method: 'POST', headers: { 'content-type': 'application/json' }, body: body() },
      {
        onRequestStart(controller) {
          if (cutAfterMs !== undefined)
            timer = setTimeout(() => controller.abort(new Error('cut')), cutAfterMs);
        },
        onResponseStart: () => undefined,
        onResponseData(_, piece) {
          bytes += piece.length;
          end = (end + piece.toString('latin1')).slice(-32);
        },
        onResponseEnd: () => done(end.trimEnd().endsWith('data: [DONE]')),
        onResponseError: () => done(false),
      },
    );
  });
}

const megabytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024;

/** Connections of a process in the state ESTABLISHED to a port: from the kernel, whatever the process says. */
function connectionsTo(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .filter((line) => new RegExp(`^\\s*\\d+: \\S+ [0-9A-F]+:${hex} 01 `).test(line)).length;
}

async function metric(url: string, pattern: RegExp): Promise<number> {
  const { body: answer } = await request(`${url}/metrics`);
  const lines = (await answer.text()).split('\n').filter((line) => pattern.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const QUEUE = /^portcullis_guard_queue_depth /;
const HEAP = /^nodejs_heap_size_used_bytes /;
const TIMERS = /^nodejs_active_resources\{type="Timeout"\}/;
const SOCKETS = /^nodejs_active_resources\{type="TCPSocketWrap"\}/;

const folder = mkdtempSync(join(tmpdir(), 'portcullis-soak-'));
const upstream = await startServer(
  [join(root, 'examples', 'upstream', 'scripted.mjs'), '--port', '0', '--chunk', '4'],
  folder,
);
const guarded = await startServer([main, 'serve', '--port', '0', '--upstream', upstream.url], folder);
let bad = 0;
const judge = (fine: boolean, what: string): void => {
  if (!fine) bad += 1;
  console.log(`${fine ? 'fine' : 'NOT FINE'}: ${what}`);
};
try {
  await untilReady(guarded.url);
  const timersBefore = await metric(guarded.url, TIMERS);
  const socketsBefore = await metric(guarded.url, SOCKETS);
  if (minutes > 0) await many();
  if (aborts > 0) await broken(timersBefore, socketsBefore);
} finally {
  await guarded.stop();
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = bad === 0 ? 0 : 1;

async function many(): Promise<void> {
  const pool = new Pool(guarded.url, { connections: streams, pipelining: 1 });
  const until = performance.now() + minutes * 60_000;
  let ended = 0;
  let incomplete = 0;
  const lane = async (_: unknown, index: number): Promise<void> => {
    // Spread over half a minute: the guard has never seen any of the questions.
    await sleep((index / streams) * Math.min(30_000, (minutes * 60_000) / 4));
    while (performance.now() < until) {
      const { complete } = await stream(pool);
      ended += 1;
      if (complete) continue;
      incomplete += 1;
      // As Retry-After asks.
      await sleep(1_000);
    }
  };
  const lanes = Array.from({ length: streams }, lane);
  const samples: { readonly minute: number; readonly rss: number; readonly heap: number }[] = [];
  const since = performance.now();
  while (performance.now() < until) {
    await sleep(1_000);
    const heap = (await metric(guarded.url, HEAP)) / 1024 / 1024;
    samples.push({ minute: (performance.now() - since) / 60_000, rss: megabytes(guarded.pid), heap });
    const last = samples.at(-1);
    if (samples.length % 15 === 0 && last !== undefined)
      console.log(
        `${last.minute.toFixed(2)} min: RSS ${last.rss.toFixed(0)} MB, heap ${last.heap.toFixed(0)} MB, ${ended} streams ended`,
      );
  }
  await Promise.all(lanes);
  await pool.close();
  const half = samples.slice(samples.length >> 1);
  const slope = slopeOf(half.map(({ minute, rss }) => [minute, rss]));
  console.log(`${streams} streams at once, ${minutes} min: ${ended} ended, ${incomplete} of them incomplete`);
  judge(incomplete === 0 && ended >= streams, 'every stream was complete');
  judge(slope < FLAT_MB_A_MINUTE, `memory (RSS) changes by ${slope.toFixed(1)} MB a minute`);
}

async function broken(timersBefore: number, socketsBefore: number): Promise<void> {
  const pool = new Pool(guarded.url, { connections: Number(values['at-once']), pipelining: 1 });
  const before = megabytes(guarded.pid);
  const full = (Number(values.sentences) * 40 * Number(values.delay)) / 4;
  let left = aborts;
  let cut = 0;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      if (!(await stream(pool, Math.random() * Math.min(full, 500))).complete) cut += 1;
    }
  };
  await Promise.all(Array.from({ length: Number(values['at-once']) }, lane));
  await pool.destroy();
  // Connections are kept for the next request for some seconds.
  await sleep(8_000);
  console.log(
    `${aborts} streams, ${cut} of them cut; RSS ${before.toFixed(0)} → ${megabytes(guarded.pid).toFixed(0)} MB`,
  );
  const port = Number(new URL(upstream.url).port);
  judge(connectionsTo(port) === 0, `${connectionsTo(port)} connections to the upstream`);
  const queue = await metric(guarded.url, QUEUE);
  judge(queue === 0, `${queue} checks wait for the guard`);
  const timers = await metric(guarded.url, TIMERS);
  judge(timers <= timersBefore + 4, `${timers} timers, ${timersBefore} before`);
  const sockets = await metric(guarded.url, SOCKETS);
  judge(sockets <= socketsBefore + 1, `${sockets} sockets, ${socketsBefore} before`);
}
