/** Tells the Llama Guard generations apart by the hazard categories that their own template lists. */

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

/** A category line of a rendered prompt: `S3: Name of the hazard`. */
const CATEGORY_LINE = /^[ \t]*(S\d{1,2})[ \t]*[:.][ \t]*\S/gm;
/** The same in a template's source, where the list may be a Jinja dictionary or hold escaped newlines. */
const CATEGORY_IN_SOURCE = /S(\d{1,2})["']?\s*:/g;

/**
 * @param rendering the prompt that a chat template made of a conversation
 * @returns undefined when that is no Llama Guard prompt: it must list categories and ask for the words
 *   safe and unsafe
 */
export function familyOfRendering(rendering: string): GuardFamily | undefined {
  if (!/\bsafe\b/.test(rendering) || !/\bunsafe\b/.test(rendering)) return undefined;
  return familyOfIds([...rendering.matchAll(CATEGORY_LINE)].map((match) => match[1] ?? ''));
}

/** A guess from a template's source, for the time before the model is loaded. */
export function familyOfSource(template: string): GuardFamily | undefined {
  return familyOfIds([...template.matchAll(CATEGORY_IN_SOURCE)].map((match) => `S${match[1] ?? ''}`));
}

/** Llama Guard 2 lists S1 to S11 (MLCommons v0.5); Llama Guard 3 goes on to S13 or S14 (v1.0). */
function familyOfIds(found: readonly string[]): GuardFamily | undefined {
  const categoryIds = [...new Set(found)];
  if (!categoryIds.includes('S1') || categoryIds.length < 2) return undefined;
  const words = { safe: 'safe', unsafe: 'unsafe' };
  return categoryIds.includes('S12')
    ? { id: 'llama-guard-3', taxonomy: 'mlcommons-v1.0', categoryIds, words }
    : { id: 'llama-guard-2', taxonomy: 'mlcommons-v0.5', categoryIds, words };
}
