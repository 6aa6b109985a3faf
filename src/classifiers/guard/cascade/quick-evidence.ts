/** What the quick judge's categories say about whether its answer is enough. */
import type { CategoryScore, ScoredVerdict } from '../../../core/assessment.js';
import type { JudgeRequest } from '../../../core/judge.js';
import { UNCATEGORIZED, type Taxonomies } from '../../../core/taxonomy.js';

/** A score from here on is evidence for a category. */
const QUICK_EVIDENCE = 0.1;

/** What the quick judge is asked: where a category forces the thorough one, it has to name what it sees. */
export function quickRequest<R extends Pick<JudgeRequest, 'categoriesFrom' | 'thoroughness'>>(request: R): R {
  const forced = request.thoroughness?.categories ?? [];
  if (forced.length === 0) return request;
  return { ...request, categoriesFrom: Math.min(request.categoriesFrom, QUICK_EVIDENCE) };
}

/**
 * True when the quick judge sees evidence for one of the `forced` categories, or evidence of a kind it does
 * not name, which may be one of them.
 * @param answer with its categories in the taxonomy of `forced`
 */
export function forcesThorough(answer: ScoredVerdict, forced: readonly string[]): boolean {
  if (forced.length === 0) return false;
  const seen = answer.categories.filter(({ score }) => !(score < QUICK_EVIDENCE));
  if (seen.length === 0) return !(answer.score < QUICK_EVIDENCE);
  return seen.some(({ id }) => id === UNCATEGORIZED || forced.includes(id));
}

/** Scores in the words of another taxonomy; without a translation `uncategorized` with the highest score. */
export function inTaxonomy(
  scores: readonly CategoryScore[],
  from: string,
  to: string,
  taxonomies: Pick<Taxonomies, 'mapCategories'> | undefined,
): readonly CategoryScore[] {
  if (from === to || scores.length === 0) return scores;
  if (taxonomies !== undefined) return taxonomies.mapCategories(scores, from, to);
  return [{ id: UNCATEGORIZED, score: Math.max(...scores.map(({ score }) => score)) }];
}
