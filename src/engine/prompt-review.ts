/** Judges a prompt: which of its turns, in which order, and what the policy makes of all verdicts together. */
import type { Assessment, Verdict } from '../core/assessment.js';
import type { Conversation, Turn } from '../core/conversation.js';
import { turnText } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import type { EventSink } from '../core/events.js';
import { decideHidden, decideUnjudged, type Policy } from '../policy/policy.js';
import type { JudgedTurns } from './judged-turns.js';
import { newestFrom } from './newest-turns.js';
import { nothingToJudge } from './nothing-to-judge.js';
import type { RequestContext } from './request-context.js';
import type { Verdicts } from './verdicts.js';
import { weightier } from './weightier.js';

export interface PromptReviewParts {
  readonly verdicts: Verdicts;
  readonly judged: JudgedTurns;
  readonly decide: (assessment: Assessment, policy: Policy) => Decision;
  readonly emit: EventSink;
}

export interface PromptReview {
  readonly decision: Decision;
  /** One for each turn that was judged, the newest first. */
  readonly verdicts: readonly Verdict[];
}

/** As `Engine.reviewPrompt`. */
export async function reviewPrompt(
  { verdicts, judged, decide, emit }: PromptReviewParts,
  conversation: Conversation,
  context: RequestContext,
): Promise<PromptReview> {
  const { policy, requestId } = context;
  const found: Verdict[] = [];
  const conclude = (decision: Decision): PromptReview => {
    emit({ type: 'decision', requestId, decision });
    return { decision, verdicts: found };
  };
  const beside = [decideUnjudged(conversation.unjudged, 'prompt', policy), decideHidden(conversation, policy)]
    .filter((one) => one !== undefined)
    .reduce<Decision | undefined>((a, b) => (a === undefined ? b : weightier(a, b)), undefined);
  if (beside?.action === 'block') return conclude(beside);

  let decision: Decision | undefined;
  if (policy.prompt.enabled) {
    const turns = conversation.turns
      .map((turn, index) => ({ index, role: turn.role, text: turnText(turn) }))
      .filter(({ text }) => text !== '');
    const wanted = turnsToJudge(conversation.turns, judged, context);
    const questions = verdicts.open(turns, 'prompt', context);
    const timed = { deadline: performance.now() + policy.judgeTotalTimeoutMs, ...context };
    const decideOn = (all: readonly Verdict[]): Decision =>
      decide({ direction: 'prompt', verdicts: all, code: [] }, policy);
    // The newest turn first: it is the one that is not in the cache, and the likeliest to be blocked.
    for (let at = turns.length - 1; at >= 0; at -= 1) {
      const index = turns[at]?.index ?? 0;
      if (!wanted.has(index)) continue;
      const verdict = await questions.about(at, timed);
      found.push(verdict);
      // All verdicts together block exactly when one of them does.
      const alone = decideOn([verdict]);
      if (alone.action === 'block') {
        decision = { ...decideOn(found), turn: index };
        break;
      }
      if (alone.intended === 'allow' && alone.reason === 'safe') wanted.rememberSafe(index);
    }
    if (found.length > 0) decision ??= decideOn(found);
  }
  decision ??= nothingToJudge(policy, 'prompt');
  return conclude(beside === undefined ? decision : weightier(beside, decision));
}

interface WantedTurns {
  has(index: number): boolean;
  rememberSafe(index: number): void;
}

/** The turns that the policy wants judged; each has all turns before it as context, judged or not. */
function turnsToJudge(turns: readonly Turn[], judged: JudgedTurns, context: RequestContext): WantedTurns {
  switch (context.policy.turns) {
    case 'all':
      return { has: () => true, rememberSafe: () => undefined };
    case 'last_user': {
      const newest = newestFrom(turns);
      return {
        has: (index) => index >= newest || isInstruction(turns[index]),
        rememberSafe: () => undefined,
      };
    }
    case 'new': {
      const known = judged.of(turns, context);
      return { has: (index) => !known.isSafe(index), rememberSafe: (index) => known.rememberSafe(index) };
    }
  }
}

/** Steers every answer, and costs one judgement a chat: after that it is in the cache. */
function isInstruction(turn: Turn | undefined): boolean {
  return turn?.wireRole === 'system' || turn?.wireRole === 'developer';
}
