/** The part of a policy's direction that says at which scores it reacts. */
export interface Thresholds {
  readonly threshold: number;
  readonly categories: ReadonlyMap<string, { readonly threshold: number; readonly action: string }>;
}

/** The lowest and the highest score at which a category has any consequence. */
export function thresholdRange({
  threshold,
  categories,
}: Thresholds): readonly [lowest: number, highest: number] {
  const reacting = [...categories.values()].filter(({ action }) => action !== 'allow');
  const all = reacting.length === 0 ? [threshold] : reacting.map((category) => category.threshold);
  return [Math.min(...all), Math.max(...all)];
}
