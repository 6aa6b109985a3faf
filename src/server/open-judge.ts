/** The guard that the configuration asks for: one judge, or the embedded guard in front of it. */
import { join } from 'node:path';
import {
  createCascadeJudge,
  loadCalibration,
  thresholdMisfit,
  thresholdRange,
} from '../classifiers/guard/cascade/index.js';
import { createJudge, type CreateJudgeOptions } from '../classifiers/guard/create-judge.js';
import type { GuardLog } from '../classifiers/guard/guard-log.js';
import type { HostedJudge } from '../classifiers/guard/hosted-judge.js';
import { GUARD_FAMILIES } from '../core/guard-families.js';
import { parseJudgeSpec } from '../classifiers/guard/spec.js';
import type { Config } from '../config/config.js';
import { GuardError } from '../core/errors.js';
import type { Taxonomies } from '../core/taxonomy.js';
import type { Policy } from '../policy/policy.js';
import { packageRoot } from '../runtime/entry.js';
import type { ProbedJudge } from './readiness.js';

export interface OpenJudgeOptions {
  /** Ends the download of a model (`models.download`); the opening then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * The guard is to be the quick one of a cascade: `guard.categories` and `guard.taxonomy` are about the other
   * one. Default false.
   */
  readonly asQuick?: boolean;
}

export interface OpenedJudge {
  readonly judge: HostedJudge;
  /** The judges whose answers count: each has to prove itself. */
  readonly probed: readonly ProbedJudge[];
}

/**
 * @param taxonomies the operator's own file (`guard.taxonomy`) among them
 * Rejects with GuardError('config_invalid') for settings that do not go together.
 */
export async function openJudge(
  { guard, models }: Config,
  policy: Policy,
  taxonomies: Taxonomies,
  log: GuardLog,
  { signal, asQuick = false }: OpenJudgeOptions = {},
): Promise<OpenedJudge> {
  const spec = parseJudgeSpec(guard.spec);
  const asked = asQuick
    ? { categories: [], taxonomy: undefined }
    : { categories: guard.categories, taxonomy: taxonomies.own };
  const options: CreateJudgeOptions = {
    modelsDir: join(packageRoot(), 'models'),
    models,
    threads: guard.threads,
    processes: guard.processes,
    contextTokens: guard.contextTokens,
    lanes: guard.lanes,
    mmap: guard.mmap,
    stateFolder: guard.stateFolder,
    prompt: { family: GUARD_FAMILIES.find((family) => family === guard.family), ...asked },
    gpu: guard.gpu,
    maxQueue: guard.maxQueue,
    loadTimeoutMs: guard.startTimeoutMs,
    headers: guard.headers,
    hedgePercentile: guard.hedgePercentile,
    signal,
    log,
  };
  if (guard.cascadeFile === undefined) {
    const judge = await createJudge(spec, options);
    return { judge, probed: [{ judge, asked }] };
  }
  if (spec.kind === 'embedded')
    throw new GuardError(
      'config_invalid',
      'guard.cascade puts the embedded guard before another one, but guard.spec is the embedded guard itself. Name the other guard there, or leave guard.cascade out.',
    );
  const thorough = await createJudge(spec, options);
  const quick = await createJudge({ kind: 'embedded' }, { ...options, prompt: undefined });
  const broken = [thorough, quick].find(({ state }) => state.final === true);
  if (broken !== undefined) {
    // That its file is missing is the matter, not that the calibration was made for another one.
    await Promise.all([thorough, quick].filter((judge) => judge !== broken).map((judge) => judge.close()));
    return { judge: broken, probed: [{ judge: broken }] };
  }
  try {
    const calibration = loadCalibration(guard.cascadeFile, { quick, thorough });
    const misfit = thresholdMisfit(calibration, {
      User: thresholdRange(policy.prompt),
      Agent: thresholdRange(policy.reply),
    });
    if (misfit !== undefined) log('warn', misfit);
    const judge = createCascadeJudge({ quick, thorough, band: calibration.band, taxonomies });
    return { judge, probed: [{ judge: quick }, { judge: thorough, asked }] };
  } catch (error) {
    await Promise.all([quick.close(), thorough.close()]);
    throw error;
  }
}
