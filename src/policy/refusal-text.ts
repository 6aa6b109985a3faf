/** Fills the placeholders of a refusal text. */
import type { Taxonomy } from '../core/taxonomy.js';

export const PLACEHOLDERS = ['categories', 'names', 'rules'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

/** Words in braces that look like placeholders but are none: the policy's schema refuses them. */
export function unknownPlaceholders(template: string): string[] {
  const known = new Set<string>(PLACEHOLDERS);
  return [...template.matchAll(/\{([A-Za-z_]\w*)\}/g)]
    .map((match) => match[1] ?? '')
    .filter((word) => !known.has(word));
}

/**
 * @param categories ids of the categories that led to the block
 * @param rules ids of the code rules that led to it
 */
export function fillRefusal(
  template: string,
  categories: readonly string[],
  rules: readonly string[],
  taxonomy: Taxonomy,
): string {
  const names = new Map(taxonomy.categories.map(({ id, name }) => [id, name]));
  const words: Record<Placeholder, readonly string[]> = {
    categories,
    names: categories.map((id) => names.get(id) ?? 'Uncategorized'),
    rules: [...new Set(rules)],
  };
  return template.replaceAll(/\{(categories|names|rules)\}/g, (_, word: Placeholder) =>
    words[word].join(', '),
  );
}
