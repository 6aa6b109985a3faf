/** A quick judge in front of a thorough one, and the calibration that says where the quick one is believed. */
export type { Band, Bands } from './band.js';
export {
  CALIBRATION_FORMAT,
  CALIBRATION_VERSION,
  loadCalibration,
  saveCalibration,
  thresholdMisfit,
  type Calibration,
  type CalibrationFile,
} from './calibration-file.js';
export { createCascadeJudge, type CascadeJudge } from './cascade-judge.js';
export type { CascadeParts } from './decide.js';
export { speakingIn } from './speaking-in.js';
export { thresholdRange } from './threshold-range.js';
