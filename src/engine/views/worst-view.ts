/** The verdict on a text that was judged as written and in other views. */
import type { CategoryScore, JudgeCost, ScoredVerdict, Verdict } from '../../core/assessment.js';
import { highestOfEach } from '../../core/category-scores.js';

/** A verdict, and of which view; undefined for the text as written. */
export interface ViewVerdict {
  readonly verdict: Verdict;
  readonly view: string | undefined;
}

/**
 * The worst of all decides: the highest score that matters, else a missing verdict, else the highest score.
 * Every category keeps its highest score. At least one verdict is needed. Where several verdicts may matter
 * they are all there for the policy (`readings`): what one text is clearly is no answer for another.
 *
 * @param matters scores from this value on are something to a policy, in [0, 1]
 */
export function worstOf(given: readonly [ViewVerdict, ...ViewVerdict[]], matters: number): Verdict {
  const [{ verdict: asWritten }, ...others] = given;
  if (others.length === 0) return asWritten;
  const cost = costOf(given);
  const scored: ScoredVerdict[] = [];
  for (const { verdict, view } of given)
    if (verdict.verdict !== 'unavailable') scored.push(view === undefined ? verdict : { ...verdict, view });
  const missing = given.map(({ verdict }) => verdict).find(({ verdict }) => verdict === 'unavailable');
  const [first, ...rest] = scored;
  if (first === undefined) return { ...(missing ?? asWritten), cost };
  // A score that is not a number is the judge's fault, which the policy must see.
  const worst = rest.reduce((a, b) => (heavier(b, a) ? b : a), first);
  if (!mayMatter(worst, matters) && missing !== undefined) return { ...missing, cost };
  const all: CategoryScore[] = scored.flatMap(({ categories }) => categories);
  const readings: Verdict[] = scored.filter((each) => mayMatter(each, matters));
  if (missing !== undefined) readings.push(missing);
  const categories = highestOfEach(all);
  return { ...worst, categories, cost, ...(readings.length > 1 ? { readings } : {}) };
}

/** A score that is no number matters too. */
function mayMatter({ verdict, score, categories }: ScoredVerdict, matters: number): boolean {
  return verdict === 'unsafe' || !(score < matters) || categories.some((each) => !(each.score < matters));
}

function heavier(a: ScoredVerdict, b: ScoredVerdict): boolean {
  if (Number.isNaN(a.score) || Number.isNaN(b.score)) return !Number.isNaN(b.score);
  if (a.verdict !== b.verdict) return a.verdict === 'unsafe';
  return a.score > b.score;
}

/** They were asked at the same time. */
function costOf(given: readonly ViewVerdict[]): JudgeCost {
  const costs = given.map(({ verdict }) => verdict.cost);
  return {
    ms: Math.max(...costs.map(({ ms }) => ms)),
    tokensEvaluated: costs.reduce((sum, each) => sum + each.tokensEvaluated, 0),
    tokensCached: costs.reduce((sum, each) => sum + each.tokensCached, 0),
  };
}
