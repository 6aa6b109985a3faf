/**
 * Puts the parts together. The only place that constructs: everything else is given what it needs.
 */
import { createCodeScanner } from '../classifiers/code/index.js';
import type { HostedJudge } from '../classifiers/guard/hosted-judge.js';
import type { GuardLog } from '../classifiers/guard/guard-log.js';
import type { Config } from '../config/config.js';
import type { CodeScanner } from '../core/code-scanner.js';
import { fanOut, type EventSink } from '../core/events.js';
import type { Taxonomies } from '../core/taxonomy.js';
import { createEngine, type Engine } from '../engine/engine.js';
import { createVerdictCache } from '../engine/verdict-cache.js';
import { loadPolicy, type Policy } from '../policy/policy.js';
import { loadTaxonomies } from '../taxonomy/taxonomy.js';
import {
  createLog,
  createMetrics,
  createRecent,
  logSink,
  type Log,
  type Metrics,
  type Recent,
} from '../telemetry/index.js';
import { openJudge, type OpenJudgeOptions } from './open-judge.js';
import { onlyOnceProven, watchReadiness, type Readiness } from './readiness.js';
import { ROUTE_LABELS } from './routes.js';

/** A running guard, without a server around it. */
export interface Portcullis {
  readonly config: Config;
  readonly policy: Policy;
  readonly taxonomies: Taxonomies;
  readonly engine: Engine;
  readonly judge: HostedJudge;
  readonly scanner: CodeScanner;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly recent: Recent;
  readonly log: Log;
  readonly emit: EventSink;
  readonly startedAt: Date;
  /** Ends the model's process and the scanner's threads. What is in flight becomes `unavailable`. */
  close(): Promise<void>;
}

export interface ComposeOptions extends OpenJudgeOptions {
  /** Default: a log on standard error, at the config's level. */
  readonly log?: Log;
  /** Also count `process_*` and `nodejs_*`; a host application may have its own. Default true. */
  readonly processMetrics?: boolean;
}

/**
 * Returns before the model is loaded: `readiness.firstTest` tells when it has been tried.
 * Rejects with GuardError('config_invalid') on a wrong policy, taxonomy or guard spec.
 */
export async function compose(config: Config, options: ComposeOptions = {}): Promise<Portcullis> {
  const log = options.log ?? createLog({ level: config.log.level, prompts: config.log.prompts });
  const taxonomies = loadTaxonomies(config.guard.taxonomyFile);
  const policy = loadPolicy(config.policy, taxonomies);
  const guardLog: GuardLog = (level, message) => log[level]({ part: 'guard' }, message);
  const { judge, probed } = await openJudge(config, policy, taxonomies, guardLog, options);
  const scanner = createCodeScanner({ log: (message) => log.warn({ part: 'code-shield' }, message) });
  const metrics = createMetrics({
    routes: ROUTE_LABELS,
    judges: probed.map((one) => one.judge.id),
    queueDepths: () => [judge.queueDepth],
    guardProcesses: () =>
      probed.flatMap(({ judge: { stats } }) =>
        stats === undefined ? [] : [{ ready: stats.processes.ready, restarts: stats.restarts }],
      ),
    processMetrics: options.processMetrics ?? true,
  });
  const recent = createRecent();
  const emit = fanOut([metrics.sink, recent.sink, logSink(log)], (error) =>
    log.error({ err: error }, 'a telemetry listener failed'),
  );
  const readiness = watchReadiness(judge, probed, scanner.ready(), guardLog);
  const engine = createEngine({
    judge: onlyOnceProven(judge, readiness),
    scanner,
    cache: createVerdictCache(config.cache),
    taxonomies,
    emit,
  });
  return {
    config,
    policy,
    taxonomies,
    engine,
    judge,
    scanner,
    readiness,
    metrics,
    recent,
    log,
    emit,
    startedAt: new Date(),
    async close() {
      readiness.close();
      await Promise.all([judge.close(), scanner.close()]);
    },
  };
}
