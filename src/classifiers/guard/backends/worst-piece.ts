/** What one request found, and what several found together. */
import type { CategoryScore } from '../../../core/assessment.js';
import { highestOfEach } from '../../../core/category-scores.js';
import type { ServerFault } from './server-answer.js';

export type PieceResult =
  | {
      readonly ok: true;
      readonly score: number;
      readonly mass: number | undefined;
      readonly margin: number | undefined;
      readonly categories: readonly CategoryScore[];
      readonly tokensEvaluated: number;
      readonly tokensCached: number;
    }
  | { readonly ok: false; readonly fault: ServerFault };

/**
 * The highest score decides; every category keeps its highest score; tokens add up. One piece without an
 * answer leaves the whole without one: it may be the piece that mattered.
 */
export function worstOf(results: readonly PieceResult[]): PieceResult {
  const fault = results.find(({ ok }) => !ok);
  if (fault !== undefined) return fault;
  const found = results.filter((result) => result.ok);
  const [first, ...others] = found;
  if (first === undefined)
    return { ok: false, fault: { reason: 'internal', detail: 'Nothing was judged.', server: 'fine' } };
  const worst = others.reduce((a, b) => (b.score > a.score ? b : a), first);
  return {
    ...worst,
    categories: highestOfEach(found.flatMap((result) => result.categories)),
    tokensEvaluated: found.reduce((sum, result) => sum + result.tokensEvaluated, 0),
    tokensCached: found.reduce((sum, result) => sum + result.tokensCached, 0),
  };
}
