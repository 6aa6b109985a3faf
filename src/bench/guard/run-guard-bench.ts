/** `bench guard`: one model, several rounds, a report. */
import { statSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { GuardError } from '../../core/errors.js';
import { packageRoot } from '../../runtime/entry.js';
import { createCascadeJudge } from '../../classifiers/guard/cascade/index.js';
import { createJudge } from '../../classifiers/guard/create-judge.js';
import type { HostedJudge } from '../../classifiers/guard/hosted-judge.js';
import { readGgufHeader } from '../../classifiers/guard/native/gguf-header.js';
import type { RandomShapeName } from '../gguf/random-llama.js';
import { quantile } from '../statistics.js';
import { check, wordsFor } from './check.js';
import { generateModel } from './generate-model.js';
import { kvBytes } from './kv-bytes.js';
import { processMemory } from './process-memory.js';
import { startRawProcess } from './raw-process.js';
import type { GuardBenchReport, MemoryReport } from './report.js';
import { createSamples } from './samples.js';
import { checkRows, embeddedRows, loadRows, targetRows } from './summarise.js';
import {
  cascade,
  concurrent,
  embedded,
  naive,
  NEW_TOKENS,
  stream,
  turns,
  warm,
  type Bench,
  type Variant,
} from './variants.js';
import { createTextSource, type TextSource } from './words.js';

export interface GuardBenchOptions {
  readonly shape: RandomShapeName;
  /** A model file to measure instead of a generated one. */
  readonly modelPath: string | undefined;
  /** At least 1. */
  readonly threads: number;
  /** At least 1. */
  readonly rounds: number;
  /** Leave the generated file where it is. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  /** Told what is being done. */
  readonly tell: (what: string) => void;
}

/** What `serve` does unless it is told otherwise. */
const CONTEXT_TOKENS = 4096;
const LANES = 4;

/** How much is done in a round: enough to see something, and no round of hours with the large shape. */
const AMOUNTS: Readonly<
  Record<RandomShapeName, { checks: number; cascadeChecks: number; embeddedSeconds: number }>
> = {
  tiny: { checks: 8, cascadeChecks: 20, embeddedSeconds: 0.5 },
  '1b': { checks: 8, cascadeChecks: 40, embeddedSeconds: 2 },
  '8b': { checks: 4, cascadeChecks: 20, embeddedSeconds: 2 },
};

function shapeLike(bytes: number): RandomShapeName {
  if (bytes > 3e9) return '8b';
  return bytes > 2e8 ? '1b' : 'tiny';
}

/** Of the generated texts, so many shall reach the model of the cascade. */
const ESCALATED = 0.2;
/** Texts that the band is chosen by. */
const BAND_TEXTS = 100;
/** Checks of a role before the first round, so that each lane holds the policy. */
const WARM_UP = LANES;

/** Rejects with GuardError, or with the signal's reason after an abort. Leaves no files and no processes behind. */
export async function runGuardBench(options: GuardBenchOptions): Promise<GuardBenchReport> {
  const { modelPath, shape, keep, tell } = options;
  if (modelPath !== undefined)
    return measure(options, { path: modelPath, bytes: statSync(modelPath).size, generated: false });
  tell(`generating a model of shape ${shape}`);
  const { path, bytes, remove } = generateModel(shape);
  try {
    return await measure(options, { path, bytes, generated: true });
  } finally {
    if (!keep) remove();
  }
}

async function measure(
  { shape, threads, rounds, signal, tell, modelPath }: GuardBenchOptions,
  model: GuardBenchReport['model'],
): Promise<GuardBenchReport> {
  const modelsDir = join(packageRoot(), 'models');
  const opened: { close(): unknown }[] = [];
  const keepOpen = <T extends { close(): unknown }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const untilStopped = <T>(work: Promise<T>): Promise<T> => {
    const stopped = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    return Promise.race([work, stopped]);
  };
  try {
    tell('loading the model, once for the engine and once for llama.cpp alone');
    const settings = { modelsDir, threads, contextTokens: CONTEXT_TOKENS, lanes: LANES };
    // Random weights say anything: whatever they say counts as a verdict.
    const judge = keepOpen(
      await createJudge({ kind: 'gguf', path: model.path }, { ...settings, massFloor: 0 }),
    );
    await untilStopped(judge.ready());
    const quick = keepOpen(await createJudge({ kind: 'embedded' }, settings));
    await untilStopped(quick.ready());
    const starting = startRawProcess({ modelPath: model.path, threads, contextTokens: 2048 });
    // Where the benchmark is stopped meanwhile, nobody else closes it; a failure is told by the line below.
    starting.then(
      (late) => {
        if (signal.aborted) late.close();
      },
      () => undefined,
    );
    const raw = keepOpen(await untilStopped(starting));

    tell('warming up');
    const texts = createTextSource(1);
    const prefix = await warmUp(judge, texts, signal);
    const words = new Map<number, number>();
    for (const wanted of NEW_TOKENS)
      words.set(wanted, await wordsFor(judge, texts, { prefix, wanted }, signal));
    const samples = createSamples();
    const bench: Bench = { judge, raw, texts, samples, signal, words, prefix };
    // The first work of a kind pays for memory that is touched for the first time.
    await raw.work({ kept: 0, fresh: prefix + NEW_TOKENS[0] });
    await raw.work({ kept: prefix, fresh: NEW_TOKENS[0] });
    const amounts = AMOUNTS[modelPath === undefined ? shape : shapeLike(model.bytes)];
    const both = await openCascade(quick, judge, bench);
    const variants: readonly Variant[] = [
      naive(bench),
      ...NEW_TOKENS.map((tokens) => warm(bench, tokens)),
      turns(bench),
      stream(bench),
      concurrent(bench, 1, amounts.checks),
      concurrent(bench, 4, amounts.checks),
      cascade(bench, both, amounts.cascadeChecks),
      embedded(bench, quick, amounts.embeddedSeconds),
    ];
    const load = (): number => loadavg()[0] ?? NaN;
    const before = load();
    for (let round = 0; round < rounds; round++) {
      tell(`round ${round + 1} of ${rounds}`);
      for (const variant of shuffled(variants, texts)) {
        signal.throwIfAborted();
        await variant(round);
      }
    }
    const memory = await memoryOf(judge, model);
    return {
      format: 'portcullis-bench-guard',
      shape: modelPath === undefined ? shape : 'file',
      model,
      judge: judge.id,
      machine: {
        cpu: cpus()[0]?.model ?? 'unknown',
        cpus: cpus().length,
        node: process.version,
        load: { before, after: load() },
      },
      threads,
      rounds,
      contextTokens: CONTEXT_TOKENS,
      lanes: LANES,
      prefix,
      checks: checkRows(samples, prefix),
      embedded: embeddedRows(samples),
      loads: loadRows(samples),
      streamWindows: samples.values('stream windows').median,
      targets: targetRows(samples, memory, modelPath !== undefined || shape !== 'tiny'),
      memory: memory ?? null,
    };
  } finally {
    await Promise.all(opened.map((one) => one.close()));
  }
}

/**
 * Brings the policy of both roles into the lanes.
 * @returns tokens that a warm check of a new text finds in the cache
 */
async function warmUp(judge: HostedJudge, texts: TextSource, signal: AbortSignal): Promise<number> {
  let least = Infinity;
  for (let turn = 0; turn < 2 * WARM_UP; turn++) {
    // Long ones: with a few new tokens, some kept ones are evaluated again, and would not count as cached.
    const { cached } = await check(judge, [{ role: 'User', text: texts.words(80) }], signal);
    // By chance a text begins as the one before it did.
    if (turn >= WARM_UP) least = Math.min(least, cached);
  }
  for (let turn = 0; turn < WARM_UP; turn++)
    await check(
      judge,
      [
        { role: 'User', text: texts.words(20) },
        { role: 'Agent', text: texts.words(20) },
      ],
      signal,
    );
  return least;
}

/**
 * The embedded guard in front of the model. Its band is no calibrated one, because there is nothing to agree
 * with: it is set so that a fifth of the generated texts reach the model.
 */
async function openCascade(quick: HostedJudge, thorough: HostedJudge, bench: Bench): Promise<HostedJudge> {
  const { texts, words, signal } = bench;
  const scores: number[] = [];
  for (let turn = 0; turn < BAND_TEXTS; turn++) {
    const text = texts.words(words.get(NEW_TOKENS[0]) ?? 1);
    scores.push((await check(quick, [{ role: 'User', text }], signal)).verdict.score);
  }
  const low = quantile(scores, 1 - ESCALATED);
  if (!Number.isFinite(low)) throw new GuardError('internal', 'The embedded guard gave no scores.');
  const band = { low, high: undefined };
  return createCascadeJudge({ quick, thorough, band: { User: band, Agent: band } });
}

async function memoryOf(
  judge: HostedJudge,
  { path, bytes }: GuardBenchReport['model'],
): Promise<MemoryReport | undefined> {
  const memory = processMemory(judge.pid);
  const kv = kvBytes(await readGgufHeader(path), CONTEXT_TOKENS * LANES);
  if (memory === undefined || kv === undefined) return undefined;
  return { file: bytes, kv, steady: memory.now, peak: memory.peak };
}

/** In another order each time (Fisher and Yates). */
function shuffled<T>(items: readonly T[], texts: TextSource): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = texts.number(last + 1);
    const [a, b] = [order[last], order[other]];
    if (a === undefined || b === undefined) continue;
    order[last] = b;
    order[other] = a;
  }
  return order;
}
