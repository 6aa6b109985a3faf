/** `portcullis bench guard | scan | proxy` */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { packageRoot } from '../../runtime/entry.js';
import { CliError, EXIT, type SetExit } from '../exit.js';
import { print, remark } from '../output/output.js';
import { stopSignal } from '../stop-signal.js';

const GUARD_HELP = `
Generates a model of the shape of a Llama Guard with random weights, which cost what real ones cost, and
measures what its checks cost: from nothing, with the policy in the cache, late in a conversation, in a
stream, several at once, behind the embedded guard; and the embedded guard alone. docs/performance.md
explains the figures.

Shapes: tiny (20 MB, seconds; its times mean nothing, its token counts do) · 1b (0.8 GB of disk, 4 GB of
memory, minutes) · 8b (5 GB of disk, 16 GB of memory, half an hour and more).

Examples:
  $ portcullis bench guard --shape tiny
  $ portcullis bench guard --shape 1b --threads 2 --rounds 5
  $ portcullis bench guard --model llama-guard-3-1b.gguf --json

Exit codes: 0 done, whether targets are met or not · 2 wrong usage, no room on the disk · 3 a check had no
answer · 130 stopped by Ctrl-C`;

const SHAPES = ['tiny', '1b', '8b'] as const;

interface GuardOptions {
  readonly shape: (typeof SHAPES)[number];
  readonly model?: string;
  readonly threads?: number;
  readonly rounds: number;
  readonly json?: boolean;
  readonly keep?: boolean;
}

export function registerBench(program: Command, setExit: SetExit): void {
  const bench = program.command('bench').description('measure what Portcullis costs on this machine');
  bench
    .command('guard')
    .description('the guard model: checks from nothing, cached, in conversations, streams and cascades')
    .addOption(new Option('--shape <shape>', 'of the generated model').choices(SHAPES).default('tiny'))
    .option('--model <file>', 'measure this GGUF of a guard instead')
    .option('--threads <count>', 'CPU threads (default: one for each CPU)', readCount)
    .option('--rounds <count>', 'how often everything is measured, each time in another order', readCount, 5)
    .option('--json', 'print the report as JSON')
    .option('--keep', 'leave the generated model where it is, and say where')
    .addHelpText('after', GUARD_HELP)
    .action(async (options: GuardOptions) => {
      await benchGuard(options);
    });
  for (const [name, about] of [
    ['scan', 'Code Shield, for each language (from a checkout of the sources only)'],
    ['proxy', 'the proxy against its upstream called directly (from a checkout of the sources only)'],
  ] as const)
    bench
      .command(name)
      .description(about)
      .argument('[options...]', `of bench/${name}.ts`)
      .allowUnknownOption()
      .addHelpText('after', `\nThe options are explained at the top of bench/${name}.ts.`)
      .action(async (options: readonly string[]) => {
        setExit(await runScript(name, options));
      });
}

function readCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1000)
    throw new InvalidArgumentError('Allowed: a whole number from 1 to 1000.');
  return count;
}

async function benchGuard(options: GuardOptions): Promise<void> {
  const modelPath = options.model === undefined ? undefined : resolve(options.model.replace(/^gguf:/, ''));
  if (modelPath !== undefined && !existsSync(modelPath))
    throw new CliError(EXIT.usage, `there is no file ${modelPath}.`);
  const { signal } = stopSignal();
  // Loaded now, not at the start: --help needs none of it.
  const { runGuardBench } = await import('../../bench/guard/run-guard-bench.js');
  const { guardBenchText } = await import('../output/bench-text.js');
  const report = await runGuardBench({
    shape: options.shape,
    modelPath,
    threads: options.threads ?? availableParallelism(),
    rounds: options.rounds,
    keep: options.keep ?? false,
    signal,
    tell: (what) => {
      if (process.stderr.isTTY) remark(`${what} …\n`);
    },
  }).catch((error: unknown): never => {
    if (signal.aborted) throw new CliError(EXIT.interrupted, 'stopped before the last round was done.');
    throw error;
  });
  await print(options.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : guardBenchText(report));
  if (options.keep === true && report.model.generated) remark(`The model is ${report.model.path}\n`);
}

/** The benchmarks that are development scripts: they need the sources. */
async function runScript(name: 'scan' | 'proxy', args: readonly string[]): Promise<0 | 1> {
  const script = join(packageRoot(), 'bench', `${name}.ts`);
  const loader = loaderOfSources();
  if (!existsSync(script) || loader === undefined)
    throw new CliError(
      EXIT.usage,
      `bench ${name} is a development script. In a checkout of Portcullis, after npm ci: npx tsx bench/${name}.ts`,
    );
  const child = spawn(process.execPath, ['--import', loader, script, ...args], { stdio: 'inherit' });
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  return code === 0 ? EXIT.fine : EXIT.found;
}

/** Runs TypeScript as it is; a development dependency, so it may be missing. */
function loaderOfSources(): string | undefined {
  try {
    return import.meta.resolve('tsx');
  } catch {
    return undefined;
  }
}
