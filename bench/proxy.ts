/**
 * What the proxy costs: the same chat requests to the scripted upstream directly and through Portcullis,
 * in turns, with the judges off and with the embedded guard on. Upstream, each Portcullis and this client
 * are processes of their own on this machine. Run:
 *
 *   npm run build && npx tsx bench/proxy.ts
 *
 * Options: --rounds N (5) · --scale F (1; multiplies the number of requests) · --no-guard (judges off
 * only) · --profile DIR (a CPU profile of the Portcullis with its judges off). Takes two to five minutes.
 *
 * The scripted upstream answers at once, which no model does: read the milliseconds, and the ratios as
 * the worst case. Exits with 1 when a reply was not the one asked for.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { packageRoot } from '../src/runtime/entry.js';
import { startServer, untilReady, type Server } from './child.js';
import { load, type LoadResult } from './load.js';
import { formatSpread, formatTable, spread } from './statistics.js';

type Mode = 'whole' | 'streamed';

interface Arm {
  readonly name: string;
  readonly url: string;
  readonly question: () => string;
}

interface Cell {
  readonly mode: Mode;
  readonly connections: number;
  readonly requests: number;
}

/** No cell of one round may take longer. */
const CELL_LIMIT_MS = 20_000;
const SENTENCES = 8;
const ROUTE = '/v1/chat/completions';
const JUDGES_OFF =
  'name: judges-off\nprompt: { enabled: false }\nreply: { enabled: false }\ncode: { enabled: false }\n';

/** A chat as an assistant gets it: a system text and two earlier turns, about 1 KB. */
const EARLIER = [
  {
    role: 'system',
    content: 'You are a helpful assistant for people who keep a garden. Answer in short sentences.',
  },
  {
    role: 'user',
    content: 'The leaves of my tomato plants turn yellow from the bottom up. What is missing? '.repeat(3),
  },
  {
    role: 'assistant',
    content: 'Most often it is nitrogen, or too much water. Feed them every second week. '.repeat(4),
  },
];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    'no-guard': { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const scale = Number(values.scale);
if (!(Number.isInteger(rounds) && rounds > 0 && scale > 0)) {
  console.error('proxy: --rounds takes a whole number from 1 on, --scale a number above 0');
  process.exit(2);
}

const root = packageRoot();
const main = join(root, 'dist', 'cli', 'main.js');
if (!existsSync(main)) {
  console.error('proxy: there is no dist yet; run: npm run build');
  process.exit(2);
}

/** A question that the scripted upstream answers with `SENTENCES` sentences of the question itself. */
const echo = (n: number): string =>
  'echo: ' +
  Array.from(
    { length: SENTENCES },
    (_, i) => `Bed ${n * SENTENCES + i} of the garden has green beans, and they like water in a warm week.`,
  ).join(' ');

/** The same words each time: the guard's verdicts on prompt and reply are in its cache after the first. */
const known = (): string => echo(0);
/** Words that no cache has seen, in the prompt and so in the reply; as many as in `known`. */
let serial = 0;
const unseen = (): string => echo(++serial);

let failures = 0;

interface Measured extends LoadResult {
  /** Milliseconds of CPU time that this Portcullis took for one request; NaN for the upstream. */
  readonly cpu: number;
}

/** CPU seconds of a Portcullis since its start, user and system; NaN for the upstream, which does not tell. */
async function cpuSeconds(arm: Arm): Promise<number> {
  const { body } = await request(`${arm.url}/metrics`);
  return Number(/^process_cpu_seconds_total (.+)$/m.exec(await body.text())?.[1] ?? NaN);
}

async function measure(arm: Arm, { mode, connections, requests }: Cell): Promise<Measured> {
  const before = await cpuSeconds(arm);
  const result = await load(arm.url + ROUTE, {
    connections,
    requests: Math.max(connections, Math.round(requests * scale)),
    limitMs: CELL_LIMIT_MS,
    body: () =>
      JSON.stringify({
        model: 'scripted',
        stream: mode === 'streamed',
        messages: [...EARLIER, { role: 'user', content: arm.question() }],
      }),
    accept: (text) =>
      !text.includes('content_filter') &&
      text.includes('"finish_reason":"stop"') &&
      (mode === 'whole' || text.trimEnd().endsWith('data: [DONE]')),
  });
  failures += result.failures;
  if (result.firstFailure !== undefined) console.error(`${arm.name}, ${mode}: ${result.firstFailure}`);
  return { ...result, cpu: (1000 * ((await cpuSeconds(arm)) - before)) / result.requests };
}

/** Every arm once in each round, in another order each time, after a round that does not count. */
async function compare(arms: readonly Arm[], cell: Cell): Promise<Measured[][]> {
  const results: Measured[][] = arms.map(() => []);
  for (let round = -1; round < rounds; round += 1) {
    for (let turn = 0; turn < arms.length; turn += 1) {
      const place = (turn + round + arms.length) % arms.length;
      const arm = arms[place];
      if (arm === undefined) continue;
      const result = await measure(arm, cell);
      if (round >= 0) results[place]?.push(result);
    }
  }
  return results;
}

/** Median (smallest–largest) over the rounds of a number of each round. */
function over(results: readonly Measured[], value: (result: Measured) => number, digits: number): string {
  return formatSpread(spread(results.map(value)), digits);
}

/** The same of the quotients of an arm and the first one, round by round. */
function against(
  base: readonly Measured[],
  results: readonly Measured[],
  value: (result: Measured) => number,
): string {
  return formatSpread(
    spread(results.map((result, i) => value(result) / (base[i] ? value(base[i]) : NaN))),
    2,
  );
}

async function overhead(direct: Arm, off: Arm): Promise<void> {
  const cells: Cell[] = [
    { mode: 'whole', connections: 1, requests: 400 },
    { mode: 'whole', connections: 16, requests: 1200 },
    { mode: 'streamed', connections: 1, requests: 150 },
    { mode: 'streamed', connections: 16, requests: 320 },
  ];
  const absolute: string[][] = [];
  const ratios: string[][] = [];
  for (const cell of cells) {
    const [base = [], through = []] = await compare([direct, off], cell);
    const label = `${cell.mode}, ${cell.connections}`;
    for (const [arm, results] of [
      [direct, base],
      [off, through],
    ] as const) {
      absolute.push([
        `${label}: ${arm.name}`,
        over(results, (r) => r.perSecond, 0),
        over(results, (r) => r.firstByte.p50, 2),
        over(results, (r) => r.whole.p50, 2),
        over(results, (r) => r.whole.p99, 2),
        arm === direct ? '' : over(results, (r) => r.cpu, 2),
      ]);
    }
    ratios.push([
      label,
      against(base, through, (r) => r.perSecond),
      against(base, through, (r) => r.firstByte.p50),
      against(base, through, (r) => r.whole.p50),
      against(base, through, (r) => r.whole.p99),
    ]);
  }
  const columns = ['first byte p50', 'whole p50', 'whole p99'];
  console.log('\nJudges off, as ratios to the upstream called directly\n');
  console.log(formatTable(['replies, connections', 'requests/s', ...columns], ratios));
  console.log('\nThe same in requests per second and milliseconds\n');
  console.log(
    formatTable(
      ['replies, connections', 'requests/s', ...columns.map((c) => `${c} ms`), 'CPU ms a request'],
      absolute,
    ),
  );
}

async function guarded(arms: readonly Arm[]): Promise<void> {
  const rows: string[][] = [];
  for (const cell of [
    { mode: 'whole', connections: 1, requests: 30 },
    { mode: 'streamed', connections: 1, requests: 30 },
  ] as const) {
    const results = await compare(arms, cell);
    arms.forEach((arm, i) => {
      const own = results[i] ?? [];
      rows.push([
        `${cell.mode}: ${arm.name}`,
        over(own, (r) => r.firstByte.p50, 1),
        over(own, (r) => r.firstText.p50, 1),
        over(own, (r) => r.firstText.p99, 1),
        over(own, (r) => r.whole.p50, 1),
        against(results[0] ?? [], own, (r) => r.firstText.p50),
      ]);
    });
  }
  console.log('\nThe embedded guard and the default policy on, one connection\n');
  console.log(
    formatTable(
      [
        'replies',
        'first byte p50 ms',
        'first text p50 ms',
        'first text p99 ms',
        'whole p50 ms',
        'first text, ratio',
      ],
      rows,
    ),
  );
}

const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
const running: Server[] = [];
const start = async (args: readonly string[]): Promise<string> => {
  // In the empty folder, where no portcullis.yaml changes what is measured.
  const server = await startServer(args, folder);
  running.push(server);
  return server.url;
};
const machine = (): string =>
  `load average ${loadavg()
    .map((n) => n.toFixed(1))
    .join(' ')}`;

try {
  const policy = join(folder, 'judges-off.yaml');
  writeFileSync(policy, JUDGES_OFF);
  const profile =
    values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', resolve(values.profile)];
  const upstream = await start([
    join(root, 'examples', 'upstream', 'scripted.mjs'),
    '--port',
    '0',
    '--chunk',
    '5',
  ]);
  const serve = [main, 'serve', '--port', '0', '--upstream', upstream];
  const off = await start([...profile, ...serve, '--policy', policy]);
  await untilReady(off);
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${machine()} before`,
  );
  console.log(`${rounds} rounds in turns; medians (smallest–largest of the rounds).`);
  console.log(`A reply has ${known().length - 6} characters, streamed in pieces of 5.`);

  await overhead(
    { name: 'direct', url: upstream, question: known },
    { name: 'judges off', url: off, question: known },
  );
  if (!values['no-guard']) {
    const on = await start(serve);
    await untilReady(on);
    await guarded([
      { name: 'direct', url: upstream, question: known },
      { name: 'judges off', url: off, question: known },
      { name: 'guard, known texts', url: on, question: known },
      { name: 'guard, new texts', url: on, question: unseen },
    ]);
  }
  console.log(`\n${machine()} after`);
} finally {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
}
if (failures > 0) {
  console.error(`proxy: ${failures} requests failed`);
  process.exitCode = 1;
}
