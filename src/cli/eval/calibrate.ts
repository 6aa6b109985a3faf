/** From two judges' answers to the same lines to a calibration of their cascade. */
import type { CalibrationFile } from '../../classifiers/guard/cascade/index.js';
import { thresholdRange } from '../../classifiers/guard/cascade/index.js';
import type { GuardRole } from '../../core/conversation.js';
import {
  chooseBand,
  createRandom,
  OUTCOMES,
  ROLES,
  type BandCertificate,
  type PairedLines,
} from '../../evaluation/index.js';
import type { Policy } from '../../policy/policy.js';
import type { Dataset } from './dataset.js';
import type { GuardRun } from './judge-dataset.js';

export interface CalibrateOptions {
  readonly quick: GuardRun;
  readonly thorough: GuardRun;
  readonly dataset: Dataset;
  readonly policy: Policy;
  readonly bound: number;
  readonly confidence: number;
  readonly seed: number;
}

export interface CalibrationResult {
  /** Undefined when no role has a band: a cascade that asks the thorough judge everything is no use. */
  readonly file: CalibrationFile | undefined;
  readonly roles: Readonly<Record<GuardRole, BandCertificate>>;
  /** Lines on which the thorough judge had no verdict: where the quick one answers these, that counts as a disagreement. */
  readonly withoutTruth: number;
}

export function calibrate(options: CalibrateOptions): CalibrationResult {
  const { quick, thorough, dataset, policy, bound, confidence, seed } = options;
  const thresholds = { User: thresholdRange(policy.prompt), Agent: thresholdRange(policy.reply) };
  const chosen = (role: GuardRole): BandCertificate =>
    chooseBand(pair(quick, thorough, role), {
      bound,
      confidence,
      thresholds: thresholds[role],
      random: createRandom(seed),
    });
  const roles = { User: chosen('User'), Agent: chosen('Agent') };
  const entry = (role: GuardRole): CalibrationFile['roles'][GuardRole] => {
    const { band, lines, disagreements, upperLimit, misses, escalated } = roles[role];
    return {
      low: band.low ?? null,
      high: band.high ?? null,
      thresholds: [...thresholds[role]],
      lines,
      disagreements,
      upper_limit: upperLimit,
      misses: { unsafe: misses.unsafe, missed: misses.missed, upper_limit: misses.upperLimit },
      escalated: escalated ?? null,
    };
  };
  const useful = ROLES.some((role) => roles[role].outcome === 'certified');
  return {
    roles,
    withoutTruth: [...thorough.lines.reasons.values()].reduce((sum, count) => sum + count, 0),
    file: useful
      ? {
          format: 'portcullis-cascade',
          version: 1,
          created: new Date().toISOString(),
          quick: facts(quick),
          thorough: facts(thorough),
          bound,
          confidence,
          roles: { User: entry('User'), Agent: entry('Agent') },
          dataset: { name: dataset.name, sha256: dataset.sha256, lines: thorough.lines.length },
          seed,
        }
      : undefined,
  };
}

function facts({ judge, taxonomy, fingerprint }: GuardRun): CalibrationFile['quick'] {
  return { id: judge, taxonomy, fingerprint };
}

const UNSAFE = OUTCOMES.indexOf('unsafe');
const UNAVAILABLE = OUTCOMES.indexOf('unavailable');

/** The lines of one role. Where the thorough judge has no verdict, whatever the quick one says differs from it. */
function pair(quick: GuardRun, thorough: GuardRun, role: GuardRole): PairedLines {
  const code = ROLES.indexOf(role);
  const scores: number[] = [];
  const differs: number[] = [];
  const unsafe: number[] = [];
  for (let index = 0; index < thorough.lines.length; index += 1) {
    if (thorough.lines.roleOf(index) !== code) continue;
    const truth = thorough.lines.outcomeOf(index);
    scores.push(quick.lines.scoreOf(index));
    differs.push(truth === UNAVAILABLE || truth !== quick.lines.outcomeOf(index) ? 1 : 0);
    unsafe.push(truth === UNSAFE ? 1 : 0);
  }
  return {
    scores: Float64Array.from(scores),
    differs: Uint8Array.from(differs),
    unsafe: Uint8Array.from(unsafe),
  };
}
