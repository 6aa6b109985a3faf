/** Policies: what an operator wants done about what judges and scanners find. */
export { decide } from './decide.js';
export { decideHidden } from './decide-hidden.js';
export { decideUnjudged } from './decide-unjudged.js';
export { findRefusal, type FoundRefusal } from './find-refusal.js';
export { loadPolicy, parsePolicy, policyOn } from './load-policy.js';
export { JUDGED_ROUTES } from './judged-routes.js';
export { lowestThreshold } from './lowest-threshold.js';
export type {
  CategoryPolicy,
  CodePolicy,
  DirectionPolicy,
  Fallback,
  JudgedTurns,
  Policy,
  RefusalTexts,
  StreamMode,
  StreamPolicy,
  ThoroughPolicy,
  UnjudgedTreatment,
  ViewsPolicy,
} from './policy-types.js';
