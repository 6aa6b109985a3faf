/** What a guard model is: its family, the words of its answer, and the categories it is asked about. */

import type { GuardFamilyId } from '../../../core/guard-families.js';

export interface GuardFamily {
  readonly id: GuardFamilyId;
  /** Taxonomy id of the categories. */
  readonly taxonomy: string;
  /** In the order of the prompt's list: `S1`, `S2`, …; empty for a model that names none. */
  readonly categoryIds: readonly string[];
  /** The words of the answer. Their first tokens differ, and are the verdict. */
  readonly words: { readonly safe: string; readonly unsafe: string };
}
