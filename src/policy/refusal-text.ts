/** Fills the placeholders of a refusal text. */
import type { Taxonomy } from '../core/taxonomy.js';

export const PLACEHOLDERS = ['categories', 'names', 'rules', 'cwes'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

/** Words in braces that look like placeholders but are none: the policy's schema refuses them. */
export function unknownPlaceholders(template: string): string[] {
  const known = new Set<string>(PLACEHOLDERS);
  return [...template.matchAll(/\{([A-Za-z_]\w*)\}/g)]
    .map((match) => match[1] ?? '')
    .filter((word) => !known.has(word));
}

/** What led to a block. */
export interface RefusedFor {
  /** Ids of categories. */
  readonly categories: readonly string[];
  /** Ids of code rules. */
  readonly rules: readonly string[];
  /** Their weaknesses: `CWE-78`. */
  readonly cwes: readonly string[];
}

export function fillRefusal(
  template: string,
  { categories, rules, cwes }: RefusedFor,
  taxonomy: Taxonomy,
): string {
  const names = new Map(taxonomy.categories.map(({ id, name }) => [id, name]));
  const words: Record<Placeholder, readonly string[]> = {
    categories,
    names: categories.map((id) => names.get(id) ?? 'Uncategorized'),
    rules: [...new Set(rules)],
    cwes: [...new Set(cwes)],
  };
  return template.replaceAll(/\{(categories|names|rules|cwes)\}/g, (_, word: Placeholder) =>
    words[word].join(', '),
  );
}
