/** Judges a prompt: which of its turns, in which order, and what the policy makes of all verdicts together. */
import type { Assessment, Verdict } from '../core/assessment.js';
import type { Conversation } from '../core/conversation.js';
import { turnText } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import type { EventSink } from '../core/events.js';
import { decideUnjudged, type Policy } from '../policy/policy.js';
import { nothingToJudge } from './nothing-to-judge.js';
import type { RequestContext } from './request-context.js';
import type { Verdicts } from './verdicts.js';
import { weightier } from './weightier.js';

export interface PromptReviewParts {
  readonly verdicts: Verdicts;
  readonly decide: (assessment: Assessment, policy: Policy) => Decision;
  readonly emit: EventSink;
}

/** As `Engine.assessPrompt`. */
export async function reviewPrompt(
  { verdicts, decide, emit }: PromptReviewParts,
  conversation: Conversation,
  context: RequestContext,
): Promise<Decision> {
  const { policy, requestId } = context;
  const unjudged = decideUnjudged(conversation.unjudged, 'prompt', policy);
  if (unjudged?.action === 'block') {
    emit({ type: 'decision', requestId, decision: unjudged });
    return unjudged;
  }
  const found: Verdict[] = [];
  let decision: Decision | undefined;
  if (policy.prompt.enabled) {
    const turns = conversation.turns
      .map((turn, index) => ({ index, role: turn.role, text: turnText(turn) }))
      .filter(({ text }) => text !== '');
    const questions = verdicts.open(turns, 'prompt', context);
    const timed = { deadline: performance.now() + policy.judgeTotalTimeoutMs, ...context };
    // The newest turn first: it is the one that is not in the cache, and the likeliest to be blocked.
    for (let at = turns.length - 1; at >= 0; at -= 1) {
      found.push(await questions.about(at, timed));
      decision = decide({ direction: 'prompt', verdicts: found, code: [] }, policy);
      if (decision.action !== 'block') continue;
      decision = { ...decision, turn: turns[at]?.index };
      break;
    }
  }
  decision ??= nothingToJudge(policy, 'prompt');
  if (unjudged !== undefined) decision = weightier(unjudged, decision);
  emit({ type: 'decision', requestId, decision });
  return decision;
}
