/** Tells the Llama Guard generations apart by the hazard categories that their own template lists. */

export interface GuardFamily {
  /** Judge id. */
  readonly id: 'llama-guard-2' | 'llama-guard-3';
  /** Taxonomy id of the categories. */
  readonly taxonomy: 'mlcommons-v0.5' | 'mlcommons-v1.0';
  /** In the order of the list: `S1`, `S2`, … */
  readonly categoryIds: readonly string[];
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
  return categoryIds.includes('S12')
    ? { id: 'llama-guard-3', taxonomy: 'mlcommons-v1.0', categoryIds }
    : { id: 'llama-guard-2', taxonomy: 'mlcommons-v0.5', categoryIds };
}
