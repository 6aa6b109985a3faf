import type { Taxonomy } from '../../core/taxonomy.js';
import type { ClassifyLine } from '../../server/guard-api/index.js';

/** One line for a person: `unsafe  0.968  S1 Violent Crimes`. */
export function describeVerdict(line: ClassifyLine, taxonomy: Taxonomy): string {
  if (line.score === null) return `unavailable  the guard could not say: ${line.reason ?? 'internal'}`;
  const names = new Map(taxonomy.categories.map(({ id, name }) => [id, name]));
  const kinds = line.categories.map((id) => `${id} ${names.get(id) ?? ''}`.trimEnd());
  const kind =
    line.verdict === 'safe' ? '' : `  ${kinds.join(', ') || 'of no category the guard could name'}`;
  return `${line.verdict}  ${line.score.toFixed(3)}${kind}`;
}
