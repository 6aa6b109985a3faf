/** Statistics over labelled lines that a judge has scored. Knows nothing of judges, files or terminals. */
export type { Estimate, BootstrapOptions } from './bootstrap.js';
export {
  chooseBand,
  isOutside,
  type BandCertificate,
  type ChosenBand,
  type PairedLines,
} from './choose-band.js';
export { compareLines, type Comparison } from './compare.js';
export {
  measureLines,
  type GroupMeasures,
  type MeasureOptions,
  type Measures,
  type RankedMeasures,
} from './measure.js';
export type { CategoryMeasures } from './measure-categories.js';
export { createRandom, permutation, type Random } from './random.js';
export { createScoredLines, OUTCOMES, ROLES, type ScoredLine, type ScoredLines } from './scored-lines.js';
