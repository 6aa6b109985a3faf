/** `portcullis eval` */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { saveCalibration } from '../../classifiers/guard/cascade/index.js';
import { loadConfig } from '../../config/config.js';
import type { Taxonomies } from '../../core/taxonomy.js';
import { loadPolicy, type Policy } from '../../policy/policy.js';
import { loadTaxonomies } from '../../taxonomy/taxonomy.js';
import { calibrate } from '../eval/calibrate.js';
import { openDataset, type Dataset } from '../eval/dataset.js';
import { evalPolicy } from '../eval/eval-policy.js';
import { judgeDataset, type GuardRun, type ScoreRecord } from '../eval/judge-dataset.js';
import { makeReport, reportJson } from '../eval/report.js';
import { openReportFolder } from '../eval/report-folder.js';
import { CliError, EXIT, type ExitCode, type SetExit } from '../exit.js';
import { fileFault } from '../input/read-input.js';
import { openGuard } from '../open-guard.js';
import { addConfigOption, addLogLevelOption, addPolicyOption, type SharedOptions } from '../options.js';
import { calibrationTable } from '../output/calibration-text.js';
import { evalHeading, evalTables } from '../output/eval-tables.js';
import { print, remark } from '../output/output.js';
import { tableAsMarkdown, tableAsText } from '../output/tables.js';
import { stopSignal, type StopSignal } from '../stop-signal.js';

const HELP = `
How good is a guard on texts whose answer is known? Lines are those of classify --jsonl with a label:
  {"text": "…", "role": "User", "label": "unsafe", "categories": ["S2"], "source": "our-logs"}
  {"text": "…", "role": "Agent", "prompt": "…", "label": "safe"}
"categories" and "source" may be left out. The whole file is checked before anything is judged.

A line on which the guard has no verdict counts as wrong. Ctrl-C stops and reports what is done so far.

Examples:
  $ portcullis eval --dataset labelled.jsonl
  $ portcullis eval --dataset labelled.jsonl --guard embedded --guard gguf:llama-guard-3-8b.gguf --limit 500
  $ portcullis eval --dataset labelled.jsonl --fpr 0.005 --report results/
  $ portcullis eval --dataset labelled.jsonl --json | jq '.guards[0].overall.f1'

With --calibrate, two guards are compared instead: which answers of a quick one (--quick) need not be
looked at by the one of --guard, so that at most --bound of all verdicts differ? The labels play no
part in it.
  $ portcullis eval --calibrate --dataset traffic.jsonl --guard gguf:llama-guard-3-8b.gguf --out cascade.json

Exit codes: 0 done · 2 wrong usage, a wrong line, or no calibration possible · 3 a guard is unavailable, or
had no verdict on some line · 130 stopped by Ctrl-C`;

/** Of the intervals. */
const CONFIDENCE = 0.95;
/** Of a calibration: truth is worth waiting for. */
const CALIBRATION_TIMEOUT_MS = 600_000;

interface EvalOptions extends Omit<SharedOptions, 'guard'> {
  readonly dataset: string;
  readonly guard?: readonly string[];
  readonly json?: boolean;
  readonly report?: string;
  readonly taxonomy?: string;
  readonly threshold?: number;
  readonly fpr: number;
  readonly limit?: number;
  readonly seed: number;
  readonly resamples: number;
  readonly concurrency: number;
  readonly timeout?: number;
  readonly calibrate?: boolean;
  readonly quick: string;
  readonly bound: number;
  readonly confidence: number;
  readonly out: string;
}

export function registerEval(program: Command, setExit: SetExit): void {
  const command = program
    .command('eval')
    .description('measure guards on labelled texts, or calibrate a cascade of two')
    .requiredOption('--dataset <file>', 'labelled JSON lines')
    .addOption(
      new Option(
        '--guard <spec>',
        'guard to measure; may be given several times (default: the configured one)',
      ).argParser((spec: string, before: readonly string[] | undefined) => [...(before ?? []), spec]),
    )
    .option('--cascade <file>', 'measure the embedded guard and --guard as the cascade of this calibration')
    .option('--json', 'print the report as JSON')
    .option('--report <folder>', 'also write report.json, report.md and scores.jsonl (no texts) there')
    .option(
      '--threshold <score>',
      'call unsafe what scores at least this, instead of what the policy says',
      readShare,
    )
    .option(
      '--fpr <share>',
      'suggest the threshold that stops at most this share of safe lines',
      readShare,
      0.01,
    )
    .option('--taxonomy <id>', "taxonomy of the labels' categories (default: the policy's)")
    .option('--limit <lines>', 'judge a random sample of this many lines', readCount)
    .option('--seed <number>', 'for the sample, the resamples and the halves', readSeed, 1)
    .option('--resamples <number>', 'of the bootstrap intervals', readCount, 1000)
    .option(
      '--concurrency <lines>',
      'lines in work at once; more than 1 makes latencies longer',
      readCount,
      1,
    )
    .option('--timeout <ms>', "for one line (default: the policy's; 600000 with --calibrate)", readCount)
    .option('--calibrate', 'find the band in which a quick guard has to ask the one of --guard')
    .option('--quick <spec>', 'the quick guard; guard.cascade takes no other than the default', 'embedded')
    .option('--bound <share>', 'of all verdicts, how many may differ', readShare, 0.01)
    .option('--confidence <share>', 'with which that is promised', readShare, 0.95)
    .option('--out <file>', 'where the calibration is written', 'cascade.json')
    .addHelpText('after', HELP)
    .action(async (options: EvalOptions) => {
      setExit(await runEval(options));
    });
  addPolicyOption(command);
  addConfigOption(command);
  addLogLevelOption(command, 'warn');
}

function readShare(text: string): number {
  const share = Number(text);
  if (text.trim() === '' || !(share > 0 && share < 1))
    throw new InvalidArgumentError('Allowed: a number between 0 and 1, like 0.01.');
  return share;
}

function readCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1e9)
    throw new InvalidArgumentError('Allowed: a whole number from 1.');
  return count;
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed))
    throw new InvalidArgumentError('Allowed: a whole number from 0.');
  return seed;
}

interface Setting {
  readonly options: EvalOptions;
  readonly taxonomies: Taxonomies;
  readonly policy: Policy;
  readonly labelTaxonomy: string;
  readonly dataset: Dataset;
  readonly stop: StopSignal;
}

async function runEval(options: EvalOptions): Promise<ExitCode> {
  const { config, policy: policyName, logLevel, seed, limit } = options;
  if (options.calibrate === true) checkCalibration(options);
  const { policy: policyFile, guard } = loadConfig({ flags: { config, policy: policyName, logLevel } });
  const taxonomies = loadTaxonomies(guard.taxonomyFile);
  const configured = loadPolicy(policyFile, taxonomies);
  const labelTaxonomy = taxonomies.get(options.taxonomy ?? configured.taxonomy).id;
  const dataset = await openDataset({
    path: options.dataset,
    taxonomies,
    labelTaxonomy,
    policyTaxonomy: configured.taxonomy,
    limit,
    seed,
  });
  const fallbackTimeout = options.calibrate === true ? CALIBRATION_TIMEOUT_MS : undefined;
  const policy = evalPolicy(configured, {
    threshold: options.threshold,
    timeoutMs: options.timeout ?? fallbackTimeout,
  });
  const setting = { options, taxonomies, policy, labelTaxonomy, dataset, stop: stopSignal() };
  return options.calibrate === true ? calibrateCascade(setting) : evaluate(setting);
}

async function evaluate(setting: Setting): Promise<ExitCode> {
  const { options, taxonomies, policy, labelTaxonomy, dataset, stop } = setting;
  const folder = options.report === undefined ? undefined : openReportFolder(options.report);
  const runs: GuardRun[] = [];
  // One after the other: two models at once would take memory and each other's time.
  for (const spec of options.guard ?? [undefined]) {
    if (stop.signal.aborted) break;
    runs.push(await judgeWith(spec, setting, { onLine: (record) => folder?.addScore(record) }));
  }
  if (runs.every(({ lines }) => lines.length === 0))
    throw new CliError(EXIT.interrupted, 'stopped before the first line was judged.');
  const report = makeReport(runs, {
    ...options,
    threshold: options.threshold,
    dataset,
    labelTaxonomy,
    policy,
    confidence: CONFIDENCE,
  });
  const heading = evalHeading(report);
  const tables = evalTables(report, taxonomies.get(policy.taxonomy));
  const json = reportJson(report);
  folder?.finish(
    json,
    [
      `# Evaluation of ${report.guards.map(({ guard }) => guard).join(', ')}`,
      heading,
      ...tables.map(tableAsMarkdown),
    ].join('\n\n') + '\n',
  );
  await print(options.json === true ? json : [heading + '\n', ...tables.map(tableAsText)].join('\n'));
  return codeOf(runs, stop);
}

function codeOf(runs: readonly GuardRun[], stop: StopSignal): ExitCode {
  if (stop.signal.aborted) return EXIT.interrupted;
  return runs.some(({ lines }) => lines.reasons.size > 0) ? EXIT.unavailable : EXIT.fine;
}

interface JudgeWithOptions {
  readonly onLine?: (record: ScoreRecord) => void;
  /** It is the quick guard before a thorough one of this taxonomy. */
  readonly quickFor?: string;
}

/** Opens a guard, lets it judge, and closes it. */
async function judgeWith(
  guard: string | undefined,
  { options, policy, dataset, stop }: Setting,
  { onLine, quickFor }: JudgeWithOptions = {},
): Promise<GuardRun> {
  const { config, policy: policyName, logLevel, concurrency } = options;
  // What is calibrated is the guard itself; and the embedded guard cannot stand before itself.
  const cascade = options.calibrate === true || guard === 'embedded' ? '' : options.cascade;
  const opening = openGuard(
    { config, policy: policyName, logLevel, guard, cascade },
    { asQuick: quickFor !== undefined },
  );
  const portcullis = await Promise.race([opening, stop.stopped.then(() => undefined)]);
  if (portcullis === undefined) throw new CliError(EXIT.interrupted, 'stopped while the guard was loading.');
  try {
    const spec = withoutCredentials(portcullis.config.guard.spec);
    if (process.stderr.isTTY) remark(`${spec}: ${dataset.lines} lines\n`);
    return await judgeDataset(portcullis, {
      spec,
      dataset,
      policy,
      concurrency,
      signal: stop.signal,
      onLine,
      inTaxonomy: quickFor,
    });
  } finally {
    await portcullis.close();
  }
}

/** An address may carry a password, and reports are passed around. */
function withoutCredentials(spec: string): string {
  return spec.replace(/\/\/[^/@\s]*@/, '//…@');
}

function checkCalibration({ guard, quick, json, report, out }: EvalOptions): void {
  const [thorough, ...others] = guard ?? [];
  if (thorough === undefined || others.length > 0)
    throw new CliError(
      EXIT.usage,
      '--calibrate needs one --guard: the thorough one, whose verdicts are the truth here.',
    );
  if (thorough === quick)
    throw new CliError(
      EXIT.usage,
      `--guard and --quick are both ${quick}; a cascade needs two different guards.`,
    );
  if (json === true || report !== undefined)
    throw new CliError(
      EXIT.usage,
      `--calibrate does not go with ${json === true ? '--json' : '--report'}: the file of --out holds its results.`,
    );
  // Told now, not after hours of judging.
  try {
    accessSync(dirname(out), constants.W_OK);
    if (statSync(out, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new CliError(EXIT.usage, `--out: ${out} is a folder, not a file.`);
  } catch (error) {
    throw fileFault(out, error, 'written');
  }
}

async function calibrateCascade(setting: Setting): Promise<ExitCode> {
  const { options, policy, dataset, stop } = setting;
  const { bound, confidence, seed, out } = options;
  const thorough = await judgeWith(options.guard?.[0], setting);
  // In the cascade the quick guard's categories come in the words of the thorough one.
  const quick = thorough.complete
    ? await judgeWith(options.quick, setting, { quickFor: thorough.taxonomy })
    : undefined;
  // The file's order is not random, so its beginning proves nothing about the rest.
  if (quick?.complete !== true || stop.signal.aborted)
    throw new CliError(
      EXIT.interrupted,
      'stopped; a calibration needs all lines, so nothing was written. --limit takes a random sample.',
    );
  const asked = { quick, thorough, dataset, policy, bound, confidence, seed };
  const result = calibrate(asked);
  const table = tableAsText(calibrationTable(result, asked));
  if (result.file === undefined) {
    await print(table);
    throw new CliError(EXIT.usage, `no calibration is possible with these lines, so ${out} was not written.`);
  }
  try {
    saveCalibration(out, result.file);
  } catch (error) {
    throw fileFault(out, error, 'written');
  }
  await print(`${table}\n${out} is written. The setting guard.cascade takes it into use.\n`);
  return EXIT.fine;
}
