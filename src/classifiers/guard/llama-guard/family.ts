/** What a guard model is: its family, the words of its answer, and the categories it is asked about. */

/** Judge ids of generative guards. */
export const GUARD_FAMILIES = [
  'llama-guard-1',
  'llama-guard-2',
  'llama-guard-3',
  'llama-guard-4',
  'shieldgemma',
  'granite-guardian',
] as const;

export type GuardFamilyId = (typeof GUARD_FAMILIES)[number];

export interface GuardFamily {
  readonly id: GuardFamilyId;
  /** Taxonomy id of the categories. */
  readonly taxonomy: string;
  /** In the order of the prompt's list: `S1`, `S2`, …; empty for a model that names none. */
  readonly categoryIds: readonly string[];
  /** The words of the answer. Their first tokens differ, and are the verdict. */
  readonly words: { readonly safe: string; readonly unsafe: string };
}
