/** Small assessments and policies for the tests of this folder. */
import { stringify } from 'yaml';
import type {
  Assessment,
  CategoryScore,
  CodeAssessment,
  Direction,
  Finding,
  Severity,
  UnavailableReason,
  Verdict,
} from '../../src/core/assessment.js';
import type { Decision } from '../../src/core/decision.js';
import type { Policy } from '../../src/policy/policy.js';
import { decide, parsePolicy } from '../../src/policy/policy.js';
import { loadTaxonomies } from '../../src/taxonomy/taxonomy.js';

export const taxonomies = loadTaxonomies();

export function policyOf(settings: object = {}): Policy {
  return parsePolicy(stringify(settings), taxonomies, 'test.yaml');
}

const cost = { ms: 1, tokensEvaluated: 0, tokensCached: 0 };

export function scored(score: number, categories: readonly CategoryScore[] = []): Verdict {
  return {
    judge: 'test',
    role: 'User',
    cost,
    verdict: score >= 0.5 ? 'unsafe' : 'safe',
    score,
    categories,
  };
}

export function unavailable(reason: UnavailableReason = 'timeout'): Verdict {
  return { judge: 'test', role: 'User', cost, verdict: 'unavailable', reason, detail: '' };
}

export function finding(rule: string, cwe: string, severity: Severity): Finding {
  return {
    rule,
    cwe,
    severity,
    message: 'found',
    startLine: 1,
    endLine: 1,
    startColumn: 1,
    endColumn: 2,
    language: 'python',
  };
}

export function code(...findings: Finding[]): CodeAssessment {
  return { status: 'scanned', blocks: [{ start: 0, end: 9, language: 'python', findings }], ms: 1 };
}

export const unscanned: CodeAssessment = { status: 'unavailable', reason: 'timeout', detail: '', ms: 1 };

export function assessed(
  verdicts: readonly Verdict[],
  codes: readonly CodeAssessment[] = [],
  direction: Direction = 'prompt',
): Assessment {
  return { direction, verdicts, code: codes };
}

export function decided(policy: Policy, assessment: Assessment): Decision {
  return decide(assessment, policy, taxonomies.get(policy.taxonomy));
}
