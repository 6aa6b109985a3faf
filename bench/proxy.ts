/**
 * What the proxy costs. The same chat requests go to one upstream: directly, through the least
 * that a proxy can be (`bench/bare-proxy.mjs`), through Portcullis with its judges off, and through
 * @portkey-ai/gateway where it is there; then through Portcullis with the embedded guard. The arms take
 * turns, in another order each round. Every server and this client are processes of their own. Run:
 *
 *   npm run build && npx tsx bench/proxy.ts --with-portkey
 *
 * Options: --rounds N (5) · --seconds S (2; how long each arm is loaded in each cell and round) ·
 * --connections LIST (1,16,64) · --modes LIST (whole,streamed) · --peer DIR (a folder in which
 * @portkey-ai/gateway is installed) · --with-portkey (installs it with npm, into a temporary folder) ·
 * --burst N (1; events that the upstream puts into one write) · --no-guard (judges off only) · --only-guard · --profile DIR (a CPU profile of the Portcullis with its
 * judges off) · --json FILE (all results too). With the defaults it takes ten minutes.
 *
 * The scripted upstream answers at once, which no model does: read the milliseconds, and the ratios as
 * the worst case. Exits with 1 when a reply was not the one asked for; a missed target is only told.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/runtime/entry.js';
import { startServer, untilReady, type Server } from './child.js';
import { compare, type Arm, type Cell, type Mode } from './proxy/measure.js';
import { installPortkey, startPortkey } from './proxy/portkey.js';
import {
  absoluteTable,
  cellName,
  firstTextTargets,
  targetTable,
  throughputTargets,
  type Comparison,
  type Target,
} from './proxy/report.js';
import { formatTable } from './statistics.js';

const SENTENCES = 7;
/** Characters of a streamed piece, about a token: 480 characters come in 120 pieces. */
const PIECE = 4;
const JUDGES_OFF =
  'name: judges-off\nprompt: { enabled: false }\nreply: { enabled: false }\ncode: { enabled: false }\n';
/** Shares of the requests per second of these arms. */
const AT_LEAST = { direct: undefined, 'bare proxy': 0.6, portkey: 2 };
const FIRST_TEXT_AT_MOST_MS = 25;
/** Fifty pieces a second: a model of eight billion weights on a good card. */
const PACE_MS = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '1,16,64' },
    modes: { type: 'string', default: 'whole,streamed' },
    peer: { type: 'string' },
    'with-portkey': { type: 'boolean', default: false },
    'no-guard': { type: 'boolean', default: false },
    'only-guard': { type: 'boolean', default: false },
    profile: { type: 'string' },
    burst: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const ms = 1000 * Number(values.seconds);
const connections = values.connections.split(',').map(Number);
const modes = values.modes.split(',').filter((word): word is Mode => word === 'whole' || word === 'streamed');
if (!(Number.isInteger(rounds) && rounds > 0 && ms > 0))
  wrong('--rounds takes a whole number from 1 on, --seconds a number above 0');
if (!/^[1-9]\d{0,3}$/.test(values.burst)) wrong('--burst takes a whole number from 1 on');
if (!connections.every((count) => Number.isInteger(count) && count > 0) || modes.length === 0)
  wrong('--connections takes whole numbers from 1 on, --modes whole, streamed or both');

const root = packageRoot();
const main = join(root, 'dist', 'cli', 'main.js');
if (!existsSync(main)) wrong('there is no dist yet; run: npm run build');

function wrong(what: string): never {
  console.error(`proxy: ${what}`);
  process.exit(2);
}

/** A question that the scripted upstream answers with `SENTENCES` sentences of the question itself. */
const echo = (n: number, sentences = SENTENCES): string =>
  'echo: ' +
  Array.from(
    { length: sentences },
    (_, i) => `Bed ${n * SENTENCES + i} of the garden has green beans, and they like water in warm weeks.`,
  ).join(' ');

/** The same words each time: the guard's verdicts on prompt and reply are in its cache after the first. */
const known = (): string => echo(0);
/** Words that no cache has seen, in the prompt and so in the reply; as many as in `known`. */
let serial = 0;
const unseen = (): string => echo(++serial);
/** A question as most are: two sentences that no cache has seen. */
const short = (): string => echo(++serial, 2);
const atPace = (): string => `[[delay=${PACE_MS}]] ${short()}`;

let failures = 0;

async function compareAll(arms: readonly Arm[], cells: readonly Cell[]): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const cell of cells) {
    if (process.stderr.isTTY) process.stderr.write(`${cellName(cell)} …\n`);
    const results = await compare(arms, cell, rounds, (arm, { failures: failed, firstFailure }) => {
      failures += failed;
      console.error(`${arm.name}, ${cellName(cell)}: ${failed} failed, the first: ${firstFailure ?? ''}`);
    });
    comparisons.push({ cell, arms, results });
  }
  return comparisons;
}

async function overhead(arms: readonly Arm[]): Promise<{ comparisons: Comparison[]; targets: Target[] }> {
  const cells = modes.flatMap((mode) => connections.map((count) => ({ mode, connections: count, ms })));
  const comparisons = await compareAll(arms, cells);
  const { ratios, targets } = throughputTargets(comparisons, AT_LEAST);
  console.log('\nJudges off: requests per second as a share of those of each other way\n');
  console.log(formatTable(['replies, connections', ...Object.keys(AT_LEAST)], ratios));
  console.log('\nThe same in numbers\n');
  console.log(absoluteTable(comparisons));
  return { comparisons, targets };
}

async function guarded(arms: readonly Arm[]): Promise<{ comparisons: Comparison[]; targets: Target[] }> {
  const cells = modes.map((mode) => ({ mode, connections: 1, ms: 2 * ms, requests: 60 }));
  const comparisons = await compareAll(arms, cells);
  console.log('\nThe embedded guard and the default policy, one connection\n');
  console.log(absoluteTable(comparisons));
  const streamed = comparisons.filter(({ cell }) => cell.mode === 'streamed');
  const names = arms.map(({ name }) => name).filter((name) => name.startsWith('guard'));
  return { comparisons, targets: firstTextTargets(streamed, names, FIRST_TEXT_AT_MOST_MS) };
}

/** The same with an upstream as fast as a model: the prompt's verdict hides behind its first words. */
async function paced(arms: readonly Arm[]): Promise<{ comparisons: Comparison[]; targets: Target[] }> {
  const comparisons = await compareAll(arms, [
    { mode: 'streamed', connections: 1, ms: 10 * ms, requests: 10 },
  ]);
  console.log(`\nThe same, streamed, with ${PACE_MS} ms before each piece\n`);
  console.log(absoluteTable(comparisons));
  const names = arms.map(({ name }) => name).filter((name) => name.startsWith('guard'));
  return { comparisons, targets: firstTextTargets(comparisons, names, FIRST_TEXT_AT_MOST_MS) };
}

const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
const running: Server[] = [];
const start = async (args: readonly string[]): Promise<Server> => {
  // In the empty folder, where no portcullis.yaml changes what is measured.
  const server = await startServer(args, folder);
  running.push(server);
  return server;
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
  const script = join(root, 'examples', 'upstream', 'scripted.mjs');
  const upstream = await start([script, '--port', '0', '--chunk', String(PIECE)]);
  const serve = [main, 'serve', '--port', '0', '--upstream', upstream.url];
  const direct: Arm = { name: 'direct', ...upstream, question: known };
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${machine()} before`,
  );
  console.log(`${rounds} rounds in turns; medians (smallest–largest of the rounds).`);
  console.log(
    `A reply has ${known().length - 6} characters, streamed in pieces of ${PIECE}, ${values.burst} in a write.`,
  );

  const comparisons: Comparison[] = [];
  const targets: Target[] = [];
  const take = (part: { comparisons: Comparison[]; targets: Target[] }): void => {
    comparisons.push(...part.comparisons);
    targets.push(...part.targets);
  };
  const judgesOffFor = async (origin: Server, options: readonly string[]): Promise<Arm> => {
    const off = [...options, main, 'serve', '--port', '0', '--upstream', origin.url, '--policy', policy];
    const server = await start(off);
    await untilReady(server.url);
    return { name: 'judges off', ...server, question: known };
  };

  if (!values['only-guard']) {
    const replaying = join(root, 'bench', 'proxy', 'replaying-upstream.mjs');
    const cheap = await start([replaying, upstream.url, '--burst', values.burst]);
    const bare = await start([join(root, 'bench', 'bare-proxy.mjs'), cheap.url]);
    const arms: Arm[] = [
      { ...direct, ...cheap },
      { name: 'bare proxy', ...bare, question: known },
      await judgesOffFor(cheap, profile),
    ];
    const peer = values.peer ?? (values['with-portkey'] ? installPortkey(join(folder, 'peer')) : undefined);
    if (peer !== undefined) {
      const { version, server, headers } = await startPortkey(resolve(peer), cheap.url);
      running.push(server);
      console.log(`portkey: @portkey-ai/gateway ${version}, no guardrails.`);
      arms.push({ name: 'portkey', ...server, headers, question: known });
    }
    take(await overhead(arms));
  }
  if (!values['no-guard']) {
    const on = await start(serve);
    await untilReady(on.url);
    take(
      await guarded([
        direct,
        await judgesOffFor(upstream, []),
        { name: 'guard, known texts', ...on, question: known },
        { name: 'guard, a new question', ...on, question: short },
        { name: 'guard, a long new question', ...on, question: unseen },
      ]),
    );
    take(
      await paced([
        { ...direct, question: atPace },
        { name: 'guard, a new question at pace', ...on, question: atPace },
      ]),
    );
  }
  if (targets.length > 0) console.log(`\nTargets\n\n${targetTable(targets)}`);
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      JSON.stringify({ node: process.version, rounds, comparisons, targets }) + '\n',
    );
  console.log(`\n${machine()} after`);
} finally {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
}
if (failures > 0) {
  console.error(`proxy: ${failures} requests failed`);
  process.exitCode = 1;
}
