/** Assessment + Policy -> Decision. Pure: no clock, no randomness, no state. */
import type {
  Assessment,
  CodeAssessment,
  Finding,
  ScoredVerdict,
  Treatment,
  UnavailableReason,
  Verdict,
} from '../core/assessment.js';
import type { Action, Decision, DecisionReason, TreatedFinding } from '../core/decision.js';
import { heavier } from '../core/decision.js';
import type { Taxonomy } from '../core/taxonomy.js';
import type { CodePolicy, Policy } from './policy-types.js';
import { fillRefusal } from './refusal-text.js';
import { hasValidScores, hitsOf } from './weigh-verdict.js';

const ACTION_OF: Record<Treatment, Action> = { ignore: 'allow', warn: 'annotate', block: 'block' };

/** What the client reads when nothing could be judged. */
const UNAVAILABLE_MESSAGE =
  'The guard could not judge this, so it was not passed on. Please try again later.';

function treatmentOf(finding: Finding, policy: CodePolicy): Treatment {
  return (
    policy.rules.get(finding.rule) ?? policy.cwes.get(finding.cwe) ?? policy.treatments[finding.severity]
  );
}

function treat(code: readonly CodeAssessment[], policy: CodePolicy): TreatedFinding[] {
  return code.flatMap((one) =>
    one.status === 'scanned'
      ? one.blocks.flatMap(({ findings }) =>
          findings.map((finding) => ({ finding, treatment: treatmentOf(finding, policy) })),
        )
      : [],
  );
}

interface Sorted {
  readonly scored: readonly ScoredVerdict[];
  /** Why an answer is missing; undefined when none is. */
  readonly missing: UnavailableReason | undefined;
  /** Seconds until all that are missing may be there; undefined where no judge told. */
  readonly retryAfter: number | undefined;
}

function readingsOf(verdict: Verdict): readonly Verdict[] {
  return verdict.verdict === 'unavailable' ? [verdict] : (verdict.readings ?? [verdict]);
}

/** Verdicts that can be weighed, and the first reason why one cannot. */
function sortVerdicts(assessment: Assessment): Sorted {
  const scored: ScoredVerdict[] = [];
  let missing: UnavailableReason | undefined;
  let retryAfter: number | undefined;
  for (const verdict of assessment.verdicts.flatMap(readingsOf)) {
    if (verdict.verdict === 'unavailable') {
      missing ??= verdict.reason;
      if (verdict.retryAfter !== undefined) retryAfter = Math.max(retryAfter ?? 0, verdict.retryAfter);
    } else if (hasValidScores(verdict)) scored.push(verdict);
    else missing ??= 'internal';
  }
  // A direction that is to be judged and has no verdict at all was not judged.
  if (assessment.verdicts.length === 0) missing = 'internal';
  return { scored, missing, retryAfter };
}

/**
 * What the policy makes of an assessment. The heaviest action of all verdicts, findings and faults
 * wins. Of several with that weight, a category is named as the reason before code, and code before a
 * fault; what is let through although it was not judged has the reason `unavailable`.
 * Missing, broken or out-of-range answers count as `unavailable`, never as safe.
 *
 * @param taxonomy the policy's own (`policy.taxonomy`); judges' categories are already in its words
 */
export function decide(assessment: Assessment, policy: Policy, taxonomy: Taxonomy): Decision {
  const direction = policy[assessment.direction];
  const judged: Sorted = direction.enabled
    ? sortVerdicts(assessment)
    : { scored: [], missing: undefined, retryAfter: undefined };
  const categories = hitsOf(judged.scored, direction);
  const code = policy.code.enabled ? assessment.code : [];
  const findings = treat(code, policy.code);

  const byCategory = categories.map(({ action }) => action).reduce(heavier, 'allow');
  const byCode = findings.map(({ treatment }) => ACTION_OF[treatment]).reduce(heavier, 'allow');
  const unscanned = code.find((one) => one.status === 'unavailable')?.reason;
  const blocksMissing = judged.missing !== undefined && direction.unavailable === 'block';
  const blocksUnscanned = unscanned !== undefined && policy.code.unavailable === 'block';
  const byFault: Action = blocksMissing || blocksUnscanned ? 'block' : 'allow';
  const unavailable = blocksMissing
    ? judged.missing
    : blocksUnscanned
      ? unscanned
      : (judged.missing ?? unscanned);

  const intended = [byCategory, byCode, byFault].reduce(heavier);
  const reason = ((): DecisionReason => {
    if (intended === 'allow') {
      if (unavailable !== undefined) return 'unavailable';
      return categories.length > 0 ? 'category' : 'safe';
    }
    if (byCategory === intended) return 'category';
    return byCode === intended ? 'code' : 'unavailable';
  })();
  const action = policy.mode === 'monitor' ? 'allow' : intended;

  const message = (): string => {
    if (reason === 'unavailable') return UNAVAILABLE_MESSAGE;
    const blocked = findings.filter(({ treatment }) => treatment === 'block').map(({ finding }) => finding);
    return fillRefusal(
      reason === 'code' ? policy.refusal.code : policy.refusal[assessment.direction],
      {
        categories: categories.filter((hit) => hit.action === 'block').map(({ id }) => id),
        rules: blocked.map(({ rule }) => rule),
        cwes: blocked.map(({ cwe }) => cwe),
      },
      taxonomy,
    );
  };
  return {
    direction: assessment.direction,
    action,
    intended,
    reason,
    categories,
    findings,
    ...(reason === 'unavailable' && unavailable !== undefined ? { unavailable } : {}),
    ...(reason === 'unavailable' && judged.retryAfter !== undefined ? { retryAfter: judged.retryAfter } : {}),
    policy: policy.id,
    ...(action === 'block' ? { message: message() } : {}),
  };
}
