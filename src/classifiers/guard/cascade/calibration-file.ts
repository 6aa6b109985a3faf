/**
 * A calibration: the band of a cascade, and the proof of what it does. JSON, format
 * `portcullis-cascade`, version 1; `portcullis eval --calibrate` writes it and docs/cascade.md explains it.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { GuardRole } from '../../../core/conversation.js';
import { GuardError } from '../../../core/errors.js';
import type { Judge } from '../../../core/judge.js';
import { readStrictYaml } from '../../../strict-yaml/index.js';
import { checkBands, type Band, type Bands } from './band.js';

export const CALIBRATION_FORMAT = 'portcullis-cascade';
export const CALIBRATION_VERSION = 1;

const probability = z.number().min(0).max(1);

const judgeFacts = z.strictObject({
  id: z.string(),
  taxonomy: z.string(),
  /** `Judge.fingerprint`: another model file, template or head has another one. */
  fingerprint: z.string().min(1),
});

const roleFacts = z.strictObject({
  /** Null: no score of the quick judge is low (or high) enough to be believed. */
  low: probability.nullable(),
  high: probability.nullable(),
  /** The lowest and the highest score at which the policy reacted when the two judges were compared. */
  thresholds: z.tuple([probability, probability]),
  /** Lines on which the band was proven; they had no part in choosing it. */
  lines: z.int().min(0),
  /** Of these, how many the cascade answers differently from the thorough judge. */
  disagreements: z.int().min(0),
  /** Upper confidence limit of their share. */
  upper_limit: probability,
  /** Lines the thorough judge calls unsafe, those of them that the quick one lets pass, and the limit of that share. */
  misses: z.strictObject({ unsafe: z.int().min(0), missed: z.int().min(0), upper_limit: probability }),
  /** Share of the lines that go to the thorough judge, and the limits of its 95% interval. */
  escalated: z.strictObject({ share: probability, low: probability, high: probability }).nullable(),
});

const calibrationFile = z.strictObject({
  format: z.literal(CALIBRATION_FORMAT),
  version: z.literal(CALIBRATION_VERSION),
  /** When it was made, ISO 8601. */
  created: z.string(),
  quick: judgeFacts,
  thorough: judgeFacts,
  /** The cascade may differ from the thorough judge on this share of all texts of a role, */
  bound: z.number().gt(0).lt(1),
  /** with this confidence. */
  confidence: z.number().gt(0).lt(1),
  roles: z.strictObject({ User: roleFacts, Agent: roleFacts }),
  dataset: z.strictObject({
    name: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Lines that were judged. */
    lines: z.int().min(0),
  }),
  seed: z.int().min(0),
});

export type CalibrationFile = z.infer<typeof calibrationFile>;

export interface Calibration {
  readonly file: CalibrationFile;
  readonly band: Bands;
}

/** Writes the file whole or not at all. */
export function saveCalibration(path: string, file: CalibrationFile): void {
  const text = JSON.stringify(calibrationFile.parse(file), null, 2) + '\n';
  const unfinished = `${path}.${process.pid}.tmp`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}

/**
 * @param judges those that are to form the cascade, loaded or not: only their fingerprints are read
 * @throws GuardError('config_invalid') when the file cannot be read, is no calibration, or was made for
 *   other judges
 */
export function loadCalibration(
  path: string,
  { quick, thorough }: { readonly quick: Judge; readonly thorough: Judge },
): Calibration {
  const file = readStrictYaml(path, calibrationFile);
  for (const [what, recorded, judge] of [
    ['quick', file.quick, quick],
    ['thorough', file.thorough, thorough],
  ] as const)
    if (recorded.fingerprint !== judge.fingerprint)
      throw new GuardError(
        'config_invalid',
        `${path} was made for another ${what} judge (${recorded.id}) than the one in use (${judge.id}), or for the same one with another model file, template or setting. What it promises does not hold for this one: calibrate again with "portcullis eval --calibrate".`,
      );
  const { User, Agent } = file.roles;
  const band = { User: bandOf(User), Agent: bandOf(Agent) };
  checkBands(band);
  return { file, band };
}

function bandOf({ low, high }: { readonly low: number | null; readonly high: number | null }): Band {
  return { low: low ?? undefined, high: high ?? undefined };
}

/**
 * What the calibration does not cover: it promises nothing under a policy that reacts at other scores.
 * @param thresholds the lowest and the highest score at which the policy in force reacts, for each role
 * @returns for the operator's log; undefined when the policy reacts where it did then
 */
export function thresholdMisfit(
  { file }: Calibration,
  thresholds: Readonly<Record<GuardRole, readonly [lowest: number, highest: number]>>,
): string | undefined {
  const others = (['User', 'Agent'] as const).filter((role) =>
    file.roles[role].thresholds.some((value, index) => value !== thresholds[role][index]),
  );
  if (others.length === 0) return undefined;
  const named = others
    .map(
      (role) => `${role}: ${file.roles[role].thresholds.join(' to ')}, now ${thresholds[role].join(' to ')}`,
    )
    .join('; ');
  return `The cascade was calibrated for a policy with other thresholds (${named}), so its bound does not hold for this one: calibrate again with this policy.`;
}
