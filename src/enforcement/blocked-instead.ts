import type { Decision } from '../core/decision.js';
import type { Policy } from '../policy/policy.js';

/**
 * A block in the place of an edit that cannot be made: code in a tool call or in structured output, or
 * behind what has left already.
 * @param decision on the reply so far
 * @param about the decision on the code that was to be taken out
 */
export function blockedInstead(decision: Decision, about: Decision, policy: Policy): Decision {
  const findings = about.findings.filter(({ treatment }) => treatment === 'block');
  const rules = [...new Set(findings.map(({ finding }) => finding.rule))].join(', ');
  const cwes = [...new Set(findings.map(({ finding }) => finding.cwe))].join(', ');
  const message = policy.refusal.code
    .replaceAll('{rules}', () => rules)
    .replaceAll('{cwes}', () => cwes)
    .replaceAll(/\{(?:categories|names)\}/g, '');
  return { ...decision, action: 'block', intended: 'block', reason: 'code', message };
}
