/**
 * What the policy makes of the code in a reply. Where it lets the reply go on after a blocked snippet
 * (`code.after_block: go_on`), a snippet that would block is taken out instead: `redact`. That is for
 * snippets in text alone; a tool call with such code cannot be run in part, and a scan without an answer
 * says nothing about where the code is.
 */
import type { Assessment, CodeAssessment, Verdict } from '../core/assessment.js';
import { heavier, type Decision } from '../core/decision.js';
import type { Policy } from '../policy/policy.js';

export interface CodeDecisions {
  /** On snippets of text, the guard's verdicts left out. */
  onSnippets(snippets: readonly CodeAssessment[]): Decision;
  /**
   * @param verdicts may be empty: a reply without any text yet has none, and needs none
   * @param values scans of tool calls' arguments and of values in JSON
   */
  onAll(
    verdicts: readonly Verdict[],
    snippets: readonly CodeAssessment[],
    values: readonly CodeAssessment[],
  ): Decision;
}

export function createCodeDecisions(
  decide: (assessment: Assessment, policy: Policy) => Decision,
  policy: Policy,
): CodeDecisions {
  const codeOnly: Policy = { ...policy, reply: { ...policy.reply, enabled: false } };
  const goesOn = policy.code.afterBlock === 'go_on';

  function onCode(code: readonly CodeAssessment[]): Decision {
    return decide({ direction: 'reply', verdicts: [], code }, codeOnly);
  }

  function onRest(verdicts: readonly Verdict[], code: readonly CodeAssessment[]): Decision {
    return policy.reply.enabled && verdicts.length > 0
      ? decide({ direction: 'reply', verdicts, code }, policy)
      : onCode(code);
  }

  function onSnippets(snippets: readonly CodeAssessment[]): Decision {
    const decision = onCode(snippets);
    return goesOn && decision.reason === 'code' && decision.intended === 'block'
      ? softened(decision)
      : decision;
  }

  return {
    onSnippets,
    onAll(verdicts, snippets, values) {
      const scanned = goesOn ? snippets.filter(({ status }) => status === 'scanned') : [];
      if (scanned.length === 0) return onRest(verdicts, [...snippets, ...values]);
      const unscanned = snippets.filter(({ status }) => status === 'unavailable');
      return together(onRest(verdicts, [...unscanned, ...values]), onSnippets(scanned));
    },
  };
}

function softened(decision: Decision): Decision {
  const { message, ...rest } = decision;
  // A message is what the client reads instead of the reply.
  return message === undefined
    ? { ...rest, intended: 'redact' }
    : { ...rest, intended: 'redact', action: 'redact' };
}

/** The heavier of two decisions, with the findings of both. */
function together(rest: Decision, snippets: Decision): Decision {
  const heavy = heavier(rest.intended, snippets.intended);
  const leading = rest.intended === heavy && rest.reason !== 'safe' ? rest : snippets;
  return {
    ...leading,
    categories: rest.categories,
    findings: [...rest.findings, ...snippets.findings],
  };
}
