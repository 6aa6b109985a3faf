/** What the commands that run once work with: the guard, proven, or Code Shield alone. */
import { availableParallelism } from 'node:os';
import { loadConfig, type ConfigFlags } from '../config/config.js';
import type { ScanParts } from '../server/guard-api/index.js';
import type { ComposeOptions, Portcullis } from '../server/compose.js';
import { CliError, EXIT } from './exit.js';
import { remark } from './output/output.js';
import { createPlainLog } from './plain-log.js';

/** Milliseconds after which a person wonders what is going on. */
const PATIENCE_MS = 2_000;

/**
 * The guard once it answered its self-test.
 * @throws CliError with exit code 3 when it does not, GuardError('config_invalid') on wrong settings
 */
export async function openGuard(
  flags: ConfigFlags,
  options: Pick<ComposeOptions, 'asQuick'> = {},
): Promise<Portcullis> {
  const config = loadConfig({ flags });
  const plainLog = createPlainLog(config);
  // Loaded now, not at the start: --help needs none of it.
  const { compose } = await import('../server/compose.js');
  const portcullis = await compose(config, { ...options, log: plainLog.log, processMetrics: false });
  const { readiness } = portcullis;
  const note = setTimeout(() => {
    if (process.stderr.isTTY) remark(`Loading the guard ${config.guard.spec} …\n`);
  }, PATIENCE_MS);
  await readiness.firstTest;
  clearTimeout(note);
  if (readiness.proven) {
    plainLog.release();
    return portcullis;
  }
  const { message } = readiness;
  plainLog.releaseExcept(message);
  await portcullis.close();
  throw new CliError(EXIT.unavailable, `the guard is not available. ${message}`);
}

export interface OpenScanner {
  readonly parts: ScanParts;
  /** Scans that are worth running at once. */
  readonly concurrency: number;
  close(): Promise<void>;
}

/** More threads than this are more memory than a scan is worth. */
const MOST_WORKERS = 4;

/**
 * Code Shield without a guard model: a scan needs none.
 * @param many several files or lines are to be scanned
 * @throws CliError with exit code 3 when its rules cannot be loaded, GuardError('config_invalid') on
 *   wrong settings
 */
export async function openScanner(flags: ConfigFlags, many: boolean): Promise<OpenScanner> {
  const config = loadConfig({ flags });
  const plainLog = createPlainLog(config);
  plainLog.release();
  const { createCodeScanner } = await import('../classifiers/code/index.js');
  const { loadPolicy } = await import('../policy/policy.js');
  const { loadTaxonomies } = await import('../taxonomy/taxonomy.js');
  const taxonomies = loadTaxonomies(config.guard.taxonomyFile);
  const policy = loadPolicy(config.policy, taxonomies);
  const workers = many ? Math.min(MOST_WORKERS, availableParallelism()) : 1;
  const scanner = createCodeScanner({ workers, log: (message) => plainLog.log.warn(message) });
  try {
    await scanner.ready();
  } catch (cause) {
    await scanner.close();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(EXIT.unavailable, `Code Shield cannot start: ${why}`, { cause });
  }
  return {
    parts: { scanner, policy, taxonomies, emit: () => undefined },
    concurrency: workers * 2,
    close: () => scanner.close(),
  };
}
