/** `portcullis models list | pull | inspect` */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { loadConfig } from '../../config/config.js';
import type { ModelsConfig } from '../../config/config-types.js';
import { GUARD_FAMILIES, type GuardFamilyId } from '../../core/guard-families.js';
import { parseJudgeSpec, formatJudgeSpec } from '../../classifiers/guard/spec.js';
import type { HubSpec } from '../../classifiers/guard/model-files/index.js';
import { CliError, EXIT, type ExitCode, type SetExit } from '../exit.js';
import { addConfigOption } from '../options.js';
import { print, remark } from '../output/output.js';

const PULL_HELP = `
SPEC is hf:USER/REPO/FILE.gguf, or hf:USER/REPO:QUANT for the file of that quantization (Q4_K_M, Q8_0, …).
All parts of a split model are downloaded. An interrupted download goes on where it stopped when the same
command is given again. Size and SHA-256 are checked before a file gets its name. A file that is there
already is not downloaded again.

Examples:
  $ portcullis models pull hf:USER/Llama-Guard-3-8B-GGUF:Q4_K_M
  $ HF_TOKEN=… portcullis models pull hf:USER/REPO/FILE.gguf     a gated or private repository
  $ HF_ENDPOINT=https://mirror.example portcullis models pull …  another hub
  $ portcullis models pull --verify hf:…                         read a complete file again

Exit codes: 0 it is there · 2 wrong spec, no access, damaged file, full disk · 3 the hub cannot be reached, or
somebody else downloads the file · 130 Ctrl-C (what has come is kept)`;

const LIST_HELP = `
Lists what is in the folder models.folder, also downloads that are not complete. --json writes one array.

Examples:
  $ portcullis models list
  $ portcullis models list --json`;

const INSPECT_HELP = `
Reads the head of the file, not its weights, and says which guard model it is. FILE may also be the hf: spec
of a downloaded model.

Examples:
  $ portcullis models inspect llama-guard-3.gguf
  $ portcullis models inspect hf:USER/REPO:Q4_K_M --json

Exit codes: 0 usable as a guard · 2 not usable, or no such file`;

interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
}

interface InspectCommandOptions extends CommonOptions {
  readonly family?: GuardFamilyId;
}

interface PullCommandOptions extends CommonOptions {
  readonly verify?: boolean;
  readonly force?: boolean;
}

export function registerModels(program: Command, setExit: SetExit): void {
  const models = program
    .command('models')
    .description('download guard models, list them, look into their files');
  const list = models
    .command('list')
    .description('list the downloaded models')
    .option('--json', 'one JSON array')
    .addHelpText('after', LIST_HELP)
    .action(listCommand);
  const pull = models
    .command('pull')
    .description('download a model from the hub')
    .argument('<spec>', 'hf:USER/REPO/FILE.gguf or hf:USER/REPO:QUANT')
    .option('--verify', 'compare the SHA-256 of a file that is there already')
    .option('--force', 'download although the file is there')
    .addHelpText('after', PULL_HELP)
    .action(pullCommand);
  const inspect = models
    .command('inspect')
    .description('say which guard model a file holds')
    .argument('<file>', 'a .gguf file, or the hf: spec of a downloaded model')
    .option('--json', 'one JSON object')
    .addOption(
      new Option('--family <family>', 'take it for a model of this family, whatever it seems to be').choices(
        GUARD_FAMILIES,
      ),
    )
    .addHelpText('after', INSPECT_HELP)
    .action(async (file: string, options: InspectCommandOptions) => {
      setExit(await inspectCommand(file, options));
    });
  for (const command of [list, pull, inspect]) addConfigOption(command);
}

async function listCommand({ config: file, json = false }: CommonOptions): Promise<void> {
  const { folder } = loadConfig({ flags: { config: file } }).models;
  const { listModels } = await import('../../classifiers/guard/model-files/index.js');
  const { describeGuardFile } = await import('../../classifiers/guard/inspect-model.js');
  const { describeListed } = await import('../output/describe-model.js');
  const rows = await Promise.all(
    (await listModels(folder)).map(async (model) => ({
      model,
      report: model.complete ? await describeGuardFile(model.path) : undefined,
    })),
  );
  if (json) {
    const objects = rows.map(({ model, report }) => ({
      spec: model.spec,
      path: model.path,
      complete: model.complete,
      bytes: model.bytes,
      totalBytes: model.totalBytes ?? null,
      family: report?.family?.id ?? null,
      usable: report?.verdict === 'usable',
      problems: report?.problems ?? [],
      at: model.at?.toISOString() ?? null,
      sha256: model.record?.sha256 ?? null,
      licence: model.record?.licence ?? null,
    }));
    await print(`${JSON.stringify(objects, undefined, 2)}\n`);
    return;
  }
  if (rows.length === 0)
    remark(
      `There are no models in ${folder}. Download one: portcullis models pull hf:USER/REPO:QUANT (docs/models.md)\n`,
    );
  for (const { model, report } of rows) await print(describeListed(model, report));
}

/** Signals that end a download in order, and the exit codes that tell of them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

async function pullCommand(text: string, options: PullCommandOptions): Promise<void> {
  const { folder, hub, token } = loadConfig({ flags: { config: options.config } }).models;
  const spec = hubSpec(text);
  const { pullModel } = await import('../../classifiers/guard/model-files/index.js');
  const { createPullReport } = await import('../output/pull-report.js');
  const { describeGuardFile } = await import('../../classifiers/guard/inspect-model.js');
  const { describePulled } = await import('../output/describe-model.js');
  const controller = new AbortController();
  let code: number | undefined;
  const listeners = Object.entries(SIGNALS).map(([signal, exitCode]) => {
    const stop = (): void => {
      code ??= exitCode;
      controller.abort();
    };
    process.on(signal, stop);
    return () => process.off(signal, stop);
  });
  const report = createPullReport(folder);
  try {
    const pulled = await pullModel(spec, {
      folder,
      hub,
      token,
      verify: options.verify ?? false,
      force: options.force ?? false,
      signal: controller.signal,
      tell: report.tell,
    });
    report.end();
    await print(describePulled(formatJudgeSpec(spec), pulled, await describeGuardFile(pulled.path)));
  } catch (error) {
    report.end();
    if (code === undefined) throw error;
    remark('Stopped. What has come so far is kept; the same command goes on from there.\n');
    // The signal's own code, which no result of a command has.
    process.exit(code);
  } finally {
    for (const remove of listeners) remove();
  }
}

async function inspectCommand(
  file: string,
  { config: configFile, json = false, family }: InspectCommandOptions,
): Promise<ExitCode> {
  const { guard, models } = loadConfig({ flags: { config: configFile } });
  const path = file.startsWith('hf:')
    ? await pathOf(hubSpec(file), models)
    : resolve(file.replace(/^gguf:/, ''));
  const { describeGuardFile } = await import('../../classifiers/guard/inspect-model.js');
  const { describeReport } = await import('../output/describe-model.js');
  const report = await describeGuardFile(path, {
    contextTokens: guard.contextTokens,
    lanes: guard.lanes,
    ...(family === undefined ? {} : { prompt: { family, categories: [], taxonomy: undefined } }),
  });
  await print(json ? `${JSON.stringify(report, undefined, 2)}\n` : describeReport(report));
  return report.verdict === 'usable' ? EXIT.fine : EXIT.usage;
}

async function pathOf(spec: HubSpec, { folder, hub }: ModelsConfig): Promise<string> {
  const { resolveModelFile } = await import('../../classifiers/guard/model-files/index.js');
  return resolveModelFile(spec, {
    folder,
    hub,
    download: false,
    log: () => undefined,
    signal: new AbortController().signal,
  });
}

/**
 * @throws CliError for a guard that is no file of the hub, GuardError('config_invalid') for a spec that
 *   cannot be read
 */
function hubSpec(text: string): HubSpec {
  const bare = /^hf:([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)$/.exec(text.trim())?.[1];
  // A repository alone: the answer is the list of what it has.
  if (bare !== undefined) return { kind: 'hf', repository: bare, quantization: '' };
  const pasted = pastedAddress(text);
  if (pasted !== undefined) throw new CliError(EXIT.usage, `write it as ${pasted}`);
  const spec = parseJudgeSpec(text);
  if (spec.kind === 'hf') return spec;
  throw new CliError(
    EXIT.usage,
    `${text} is nothing that can be downloaded from the hub. Write hf:USER/REPO/FILE.gguf or hf:USER/REPO:QUANT.`,
  );
}

/** The spec for `https://hub/USER/REPO/blob/main/FILE.gguf` and `USER/REPO/FILE.gguf`. */
function pastedAddress(text: string): string | undefined {
  const page = /^https?:\/\/[^/]+\/([^/]+\/[^/?#]+)(?:\/(?:blob|resolve)\/main\/([^?#]+))?/.exec(text);
  if (page !== null) return `hf:${page[1] ?? ''}${page[2] === undefined ? ':QUANT' : `/${page[2]}`}`;
  return /^[\w.-]+\/[\w.-]+(?:\/[\w./-]+\.gguf|:\w+)$/i.test(text) ? `hf:${text}` : undefined;
}
