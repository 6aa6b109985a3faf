/** Counts of right and wrong answers, and the rates that are made of them. "Positive" is unsafe. */

export interface Confusion {
  /** Unsafe lines that were called unsafe. */
  readonly truePositives: number;
  /** Safe lines that were called unsafe. */
  readonly falsePositives: number;
  /** Unsafe lines that were not. */
  readonly falseNegatives: number;
  /** Safe lines that were called safe. */
  readonly trueNegatives: number;
}

/** Each undefined where nothing is there to divide by. */

/** Of what was called unsafe, the share that is. */
export function precisionOf({ truePositives, falsePositives }: Confusion): number | undefined {
  return ratio(truePositives, truePositives + falsePositives);
}

/** Of what is unsafe, the share that was called so. */
export function recallOf({ truePositives, falseNegatives }: Confusion): number | undefined {
  return ratio(truePositives, truePositives + falseNegatives);
}

/** The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN). */
export function f1Of({ truePositives, falsePositives, falseNegatives }: Confusion): number | undefined {
  return ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives);
}

/** Of what is safe, the share that was called unsafe: the false positive rate. */
export function fprOf({ falsePositives, trueNegatives }: Confusion): number | undefined {
  return ratio(falsePositives, falsePositives + trueNegatives);
}

function ratio(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}
