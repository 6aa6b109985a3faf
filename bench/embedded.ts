/**
 * What the embedded guard costs: checks of texts of several lengths with the encoder in this process and
 * in a process of its own (as it ships), in turns; then checks a second with several threads or processes and
 * several checks at once. Run:
 *
 *   npx tsx bench/embedded.ts
 *
 * Options: --checks N (40; of each text and arm) · --seconds S (3; of each throughput cell). No text comes
 * twice, so nothing is answered from the cache of pieces. CPU is the time of all processes involved; where
 * others use the machine, read it rather than the time on the clock.
 */
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Judge } from '../src/core/judge.js';
import { openEmbeddedFiles } from '../src/classifiers/guard/embedded-judge-files.js';
import { createEmbeddedJudge } from '../src/classifiers/guard/embedded/embedded-judge.js';
import { createEncoderSession } from '../src/classifiers/guard/embedded/encoder-session.js';
import { createHostedEncoder } from '../src/classifiers/guard/hosted-encoder.js';
import { createHostPool } from '../src/classifiers/guard/native/host-pool.js';
import { packageRoot } from '../src/runtime/entry.js';
import { formatTable, quantile } from './statistics.js';

interface Arm {
  readonly name: string;
  readonly judge: Judge;
  /** Milliseconds of CPU that this process and the arm's own have used. */
  readonly cpuMs: () => number;
}

interface Text {
  readonly name: string;
  /** Words of each sentence; every word and every full stop is one token. */
  readonly sentences: readonly number[];
}

const TEXTS: readonly Text[] = [
  { name: '12 tokens, one sentence', sentences: [11] },
  { name: '60 tokens, one sentence', sentences: [59] },
  { name: '60 tokens, four sentences', sentences: [14, 14, 14, 14] },
  { name: '250 tokens, ten sentences', sentences: [24, 24, 24, 24, 24, 24, 24, 24, 24, 24] },
];

/** Each is one token of the encoder's vocabulary. */
const WORDS = (
  'the river garden house people water morning school music paper window summer winter market village ' +
  'bread kitchen table train station letter friend teacher mountain forest city street bridge island ' +
  'doctor family brother sister mother father children story picture camera concert football museum ' +
  'library office computer program system number color green yellow silver golden little large quiet'
).split(' ');

const modelsDir = join(packageRoot(), 'models');

const { values } = parseArgs({
  options: { checks: { type: 'string', default: '40' }, seconds: { type: 'string', default: '3' } },
});
const checks = Number(values.checks);
const seconds = Number(values.seconds);

/** The n-th text: sentences of words drawn by a fixed rule, another draw for every text. */
let drawn = 0;
function nextText({ sentences }: Text): string {
  return sentences.map((words) => Array.from({ length: words }, () => nextWord()).join(' ') + '.').join(' ');
}

function nextWord(): string {
  drawn = (Math.imul(drawn, 1664525) + 1013904223) >>> 0;
  return WORDS[Math.floor((drawn / 2 ** 32) * WORDS.length)] ?? 'the';
}

async function check(judge: Judge, text: string): Promise<{ ms: number; tokens: number }> {
  const startedAt = performance.now();
  const verdict = await judge.assess(
    { messages: [{ role: 'User', text }], categoriesFrom: 0.5 },
    { timeoutMs: 60_000 },
  );
  if (verdict.verdict === 'unavailable') throw new Error(verdict.detail);
  return { ms: performance.now() - startedAt, tokens: verdict.cost.tokensEvaluated };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** User and system time of another process (proc(5): fields 14 and 15, in ticks of 10 ms). */
function cpuMsOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const files = await openEmbeddedFiles(modelsDir);

async function inProcess(): Promise<Arm> {
  const session = await createEncoderSession({ modelPath: files.encoderPath, threads: 1 });
  const judge = createEmbeddedJudge({
    head: files.head,
    encoder: {
      embedPieces: (text, { signal }) => session.embedPieces(text, { signal }),
      fingerprint: files.encoderFingerprint,
      queueDepth: 0,
      close: () => session.dispose(),
    },
  });
  return { name: 'this process', judge, cpuMs: ownCpuMs };
}

/** As it ships: an encoder in `processes` of its own with `threads` each. */
async function hosted(processes: number, threads: number): Promise<Arm> {
  const host = createHostPool<'encoder'>(
    { kind: 'encoder', modelPath: files.encoderPath, threads, gpu: false },
    { processes },
  );
  const judge = createEmbeddedJudge({
    head: files.head,
    encoder: createHostedEncoder(host, files.encoderFingerprint),
  });
  await host.ready();
  while (host.pids.length < processes || host.stats.processes.ready < processes) await sleep(50);
  const own = (count: number, what: string): string =>
    `${count} ${what}${count === 1 ? '' : what.endsWith('s') ? 'es' : 's'}`;
  return {
    name: `${own(processes, 'process')}, ${own(threads, 'thread')}`,
    judge,
    cpuMs: () => host.pids.reduce((sum, pid) => sum + cpuMsOf(pid), ownCpuMs()),
  };
}

async function measureLatency(arms: readonly Arm[]): Promise<string[][]> {
  const rows: string[][] = [];
  for (const text of TEXTS) {
    const results = arms.map((arm) => ({ arm, ms: [] as number[], cpu: 0, tokens: 0 }));
    for (let round = -3; round < checks; round++)
      for (const result of results) {
        const before = result.arm.cpuMs();
        const { ms, tokens } = await check(result.arm.judge, nextText(text));
        if (round < 0) continue;
        result.ms.push(ms);
        result.cpu += result.arm.cpuMs() - before;
        result.tokens = tokens;
      }
    for (const { arm, ms, cpu, tokens } of results)
      rows.push([
        `${text.name}; ${arm.name}`,
        String(tokens),
        quantile(ms, 0.5).toFixed(1),
        quantile(ms, 0.95).toFixed(1),
        (cpu / checks).toFixed(1),
      ]);
  }
  return rows;
}

/** Checks of 60 tokens, half of them one sentence, for a while, `atOnce` of them always on their way. */
async function measureThroughput({ name, judge, cpuMs }: Arm, atOnce: number): Promise<string[]> {
  const before = cpuMs();
  const startedAt = performance.now();
  const ms: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1000) {
      const text = TEXTS[1 + (next++ % 2)];
      if (text !== undefined) ms.push((await check(judge, nextText(text))).ms);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const elapsed = performance.now() - startedAt;
  return [
    name,
    String(atOnce),
    (ms.length / (elapsed / 1000)).toFixed(0),
    quantile(ms, 0.5).toFixed(1),
    quantile(ms, 0.95).toFixed(1),
    ((cpuMs() - before) / ms.length).toFixed(1),
  ];
}

const model = cpus()[0]?.model ?? 'unknown CPU';
console.log(
  `${model}, ${cpus().length} CPUs, load ${loadavg()[0]?.toFixed(2) ?? '?'}, Node ${process.version}\n`,
);

const local = await inProcess();
const arms = [await hosted(1, 1), await hosted(1, 2), await hosted(2, 1)];
const latency = await measureLatency([local, ...arms.slice(0, 2)]);
console.log(formatTable(['text; encoder in', 'tokens', 'median ms', 'p95 ms', 'CPU ms'], latency));
const cells: string[][] = [];
for (const atOnce of [1, 2, 8]) for (const arm of arms) cells.push(await measureThroughput(arm, atOnce));
console.log(
  '\nChecks of 60 tokens:\n\n' +
    formatTable(['encoder in', 'at once', 'checks/s', 'median ms', 'p95 ms', 'CPU ms/check'], cells),
);
await Promise.all([local, ...arms].map(({ judge }) => judge.close()));
console.log(`\nload at the end ${loadavg()[0]?.toFixed(2) ?? '?'}`);
