import { heavier, type Decision } from '../core/decision.js';

/**
 * The one of two decisions on parts of the same text that did more, or would have done more; of two
 * that weigh the same, the later one, unless only the earlier has something to tell. What was let
 * through although it had no verdict is told even when a later verdict is safe.
 */
export function weightier(earlier: Decision, later: Decision): Decision {
  if (earlier.action !== later.action)
    return heavier(earlier.action, later.action) === later.action ? later : earlier;
  if (earlier.intended !== later.intended)
    return heavier(earlier.intended, later.intended) === later.intended ? later : earlier;
  return substance(later) >= substance(earlier) ? later : earlier;
}

/** How much a decision has to tell: nothing, findings that had no consequence, or a reason. */
function substance(decision: Decision): number {
  if (decision.reason !== 'safe') return 2;
  return decision.categories.length + decision.findings.length > 0 ? 1 : 0;
}
