/** How the two judges of a cascade come to one answer. */
import type { JudgeCost, ScoredVerdict, UnavailableVerdict, Verdict } from '../../../core/assessment.js';
import type { GuardRole } from '../../../core/conversation.js';
import type { Judge, JudgeOptions, JudgeRequest } from '../../../core/judge.js';
import type { Taxonomies } from '../../../core/taxonomy.js';
import type { HostedJudge } from '../hosted-judge.js';
import { readScore, type Bands } from './band.js';
import { forcesThorough, inTaxonomy } from './quick-evidence.js';

export interface CascadeParts {
  /** Answers where its score is outside the band. */
  readonly quick: HostedJudge;
  /** Answers everything else. */
  readonly thorough: HostedJudge;
  readonly band: Bands;
  /** Translates the quick judge's categories; without it, those of another taxonomy become `uncategorized`. */
  readonly taxonomies?: Pick<Taxonomies, 'mapCategories'> | undefined;
}

/** Of the time there is, what the quick judge may use up: a stuck one must leave some for the other. */
const QUICK_SHARE = 0.5;

export interface Asking {
  readonly quick: (options: JudgeOptions) => Promise<Verdict>;
  readonly thorough: (options: JudgeOptions) => Promise<Verdict>;
}

/**
 * One answer of the cascade.
 * @param ask puts the same question to either judge
 */
export async function decide(
  { quick, thorough, band, taxonomies }: CascadeParts,
  { thoroughness }: Pick<JudgeRequest, 'thoroughness'>,
  role: GuardRole,
  options: JudgeOptions,
  ask: Asking,
): Promise<Verdict> {
  const started = performance.now();
  const { signal, timeoutMs } = options;
  let spent: JudgeCost = { ms: 0, tokensEvaluated: 0, tokensCached: 0 };
  const withCost = <V extends Verdict>(verdict: V): V => ({
    ...verdict,
    cost: {
      ms: performance.now() - started,
      tokensEvaluated: spent.tokensEvaluated,
      tokensCached: spent.tokensCached,
    },
  });

  if (thoroughness?.always !== true) {
    const first = await ask.quick({ signal, timeoutMs: timeoutMs * QUICK_SHARE });
    spent = first.cost;
    if (first.verdict !== 'unavailable') {
      const answer = translated(first, quick, thorough, taxonomies);
      const verdict = readScore(band[role], answer.score);
      if (verdict !== undefined && !forcesThorough(answer, thoroughness?.categories ?? []))
        return withCost({ ...answer, verdict, decidedBy: 'quick' });
    }
  }

  const left = timeoutMs - (performance.now() - started);
  if (signal?.aborted === true || left <= 0)
    return withCost(noAnswer(thorough, role, signal?.aborted === true ? 'aborted' : 'timeout'));
  const second = await ask.thorough({ signal, timeoutMs: left });
  spent = {
    ms: 0,
    tokensEvaluated: spent.tokensEvaluated + second.cost.tokensEvaluated,
    tokensCached: spent.tokensCached + second.cost.tokensCached,
  };
  return withCost(second.verdict === 'unavailable' ? second : { ...second, decidedBy: 'thorough' });
}

function translated(
  verdict: ScoredVerdict,
  quick: Judge,
  thorough: Judge,
  taxonomies: CascadeParts['taxonomies'],
): ScoredVerdict {
  return {
    ...verdict,
    categories: inTaxonomy(verdict.categories, quick.taxonomy, thorough.taxonomy, taxonomies),
  };
}

export function noAnswer({ id }: Judge, role: GuardRole, reason: 'aborted' | 'timeout'): UnavailableVerdict {
  return {
    judge: id,
    role,
    verdict: 'unavailable',
    reason,
    detail:
      reason === 'aborted'
        ? 'The check was given up, or its stream closed, before the thorough judge was asked.'
        : 'The time was over before the thorough judge could be asked.',
    cost: { ms: 0, tokensEvaluated: 0, tokensCached: 0 },
  };
}
