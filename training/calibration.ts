/**
 * From logits to scores: score = sigmoid(slope * logit + offset). The slope is Platt's (1999), fitted
 * on held-out sources; the offset puts 0.5 where the wanted share of safe held-out texts is above it.
 */
import type { HeadFile } from '../src/classifiers/guard/embedded/head-file.js';
import type { Row } from './dataset.js';
import { isHateCorpus } from './row-policy.js';
import { sigmoid } from './vectors.js';

export type Calibration = HeadFile['calibration'];

export interface HeldOut {
  readonly row: Row;
  /** Given by a model that never saw the row's source. */
  readonly logit: number;
}

/** Share of safe held-out texts, hate collections apart, allowed above 0.5. */
export const TARGET_FPR: Readonly<Record<Row['role'], number>> = { User: 0.03, Agent: 0.03 };

/**
 * One slope for both roles: it is fitted on User texts, because unsafe Agent texts of held-out sources
 * are told apart so poorly that their own slope would press every score towards 0.5.
 */
export function calibrate(heldOut: readonly HeldOut[]): Calibration {
  const slope = plattSlope(heldOut.filter(({ row }) => row.role === 'User'));
  const forRole = (role: Row['role']): { slope: number; offset: number } => {
    const safe = heldOut
      .filter(({ row }) => row.role === role && row.label === 'safe' && !isHateCorpus(row.source))
      .map(({ logit }) => logit)
      .sort((a, b) => a - b);
    const threshold = safe[Math.floor(safe.length * (1 - TARGET_FPR[role]))] ?? 0;
    return { slope, offset: -slope * threshold };
  };
  return { User: forRole('User'), Agent: forRole('Agent') };
}

export function applyCalibration(calibration: Calibration, role: Row['role'], logit: number): number {
  const { slope, offset } = calibration[role];
  return sigmoid(slope * logit + offset);
}

/** Logistic regression on the logit alone, by Newton's method; both classes weigh the same. */
function plattSlope(items: readonly HeldOut[]): number {
  const unsafe = items.filter(({ row }) => row.label === 'unsafe').length;
  let a = 1;
  let b = 0;
  for (let step = 0; step < 30; step++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 1e-6, 0, 1e-6];
    for (const { row, logit } of items) {
      const positive = row.label === 'unsafe';
      const weight = positive ? 0.5 / unsafe : 0.5 / (items.length - unsafe);
      const p = sigmoid(a * logit + b);
      const error = weight * (p - (positive ? 1 : 0));
      const curve = weight * p * (1 - p);
      ga += error * logit;
      gb += error;
      haa += curve * logit * logit;
      hab += curve * logit;
      hbb += curve;
    }
    const determinant = haa * hbb - hab * hab;
    a -= (hbb * ga - hab * gb) / determinant;
    b -= (haa * gb - hab * ga) / determinant;
  }
  return a;
}
