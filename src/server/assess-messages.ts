/** Judges messages that an application hands over itself. */
import type { CodeAssessment, Direction, UnavailableReason, Verdict } from '../core/assessment.js';
import { scannedText, toGuardMessages, type Conversation } from '../core/conversation.js';
import type { Action, CategoryHit, Decision, DecisionReason, TreatedFinding } from '../core/decision.js';
import type { JsonObject } from '../core/json.js';
import { nothingToJudge } from '../engine/nothing-to-judge.js';
import type { PromptReview } from '../engine/prompt-review.js';
import type { RequestContext } from '../engine/request-context.js';
import { weightier } from '../engine/weightier.js';
import { decideUnjudged, policyOn, type Policy } from '../policy/policy.js';
import { openAiChat } from '../protocols/index.js';
import type { GuardParts, ItemContext } from './guard-api/index.js';

/** A message in the form of OpenAI's chat. Anything else that such a message may have is judged as well. */
export interface ChatMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  /** A text, or a list of parts; null for a message of the assistant that only calls tools. */
  readonly content: string | readonly object[] | null;
  readonly [field: string]: unknown;
}

export interface GuardAssessment {
  /** What the policy says is to be done; the caller does it. */
  readonly decision: Action;
  /** What it would say without `mode: monitor`. */
  readonly intended: Action;
  /** `reply` when the last message is the assistant's. */
  readonly direction: Direction;
  readonly reason: DecisionReason;
  /** Highest p(unsafe) of all verdicts, in [0, 1]; null when there is none. */
  readonly score: number | null;
  /** Categories that reached their threshold, highest score first. */
  readonly categories: readonly CategoryHit[];
  /** What Code Shield found in a reply. */
  readonly findings: readonly TreatedFinding[];
  /** One for each turn that was judged, the newest first. */
  readonly verdicts: readonly Verdict[];
  /** Why there is no verdict, where `reason` is `unavailable`. */
  readonly unavailable?: UnavailableReason;
  /** `name@version` */
  readonly policy: string;
  /** What to tell the user instead; set on a block. */
  readonly message?: string;
  readonly requestId: string;
}

/**
 * Judges a prompt (the turns that the policy wants judged, the newest first, until one is blocked) or, when
 * the last message is the assistant's, that reply with the others as its context, and the code in it. Judges
 * a direction also when the policy leaves it out, since it was asked for here. The messages stay as they
 * are, and so does what the caller sends: hidden characters that the policy wants stripped are a reason to
 * block here. A guard without an answer is the reason `unavailable`, never an error.
 * @throws GuardError('invalid_request') naming what is wrong with the messages
 */
export async function assessMessages(
  parts: GuardParts,
  messages: readonly ChatMessage[],
  { requestId, route = 'library', signal = new AbortController().signal }: ItemContext,
): Promise<GuardAssessment> {
  const body = { messages: structuredClone(messages) } as unknown as JsonObject;
  const { conversation } = openAiChat.decodeRequest(body);
  const direction: Direction = conversation.turns.at(-1)?.role === 'Agent' ? 'reply' : 'prompt';
  const given = policyOn(parts.policy, route);
  const policy: Policy = {
    ...given,
    // An answer is wanted for these messages, also when the same ones were judged before.
    turns: given.turns === 'new' ? 'all' : given.turns,
    [direction]: { ...given[direction], enabled: true },
  };
  const context = { requestId, policy, route, signal };
  const { decision, verdicts } =
    direction === 'prompt'
      ? await parts.engine.reviewPrompt(unchangeable(conversation), context)
      : await reviewReply(parts, conversation, context);
  return toAssessment(decision, verdicts, requestId);
}

/** The conversation without a way to edit it. */
function unchangeable(conversation: Conversation): Conversation {
  const turns = conversation.turns.map((turn) => ({
    ...turn,
    segments: turn.segments.map((segment) => ({ ...segment, replace: undefined })),
  }));
  return { ...conversation, turns };
}

type ReplyContext = RequestContext & { readonly signal: AbortSignal };

async function reviewReply(
  parts: GuardParts,
  conversation: Conversation,
  context: ReplyContext,
): Promise<PromptReview> {
  const { policy, requestId } = context;
  const code = await scanReply(parts, conversation, context);
  const messages = toGuardMessages(conversation.turns);
  const verdicts =
    messages.length === 0 ? [] : [await parts.engine.judgeMessages(messages, 'reply', context)];
  const judged =
    verdicts.length === 0
      ? nothingToJudge(policy, 'reply')
      : parts.engine.decide({ direction: 'reply', verdicts, code }, policy);
  const unjudged = decideUnjudged(conversation.unjudged, 'prompt', policy);
  const decision = unjudged === undefined ? judged : weightier(unjudged, judged);
  parts.emit({ type: 'decision', requestId, decision });
  return { decision, verdicts };
}

async function scanReply(
  { engine, emit }: GuardParts,
  { turns }: Conversation,
  { requestId, policy, signal }: ReplyContext,
): Promise<CodeAssessment[]> {
  const reply = turns.at(-1);
  if (reply === undefined || !policy.code.enabled) return [];
  const options = { signal, timeoutMs: policy.code.timeoutMs };
  const found: CodeAssessment[] = [];
  const other = reply.segments.filter(({ channel }) => channel !== 'tool_arguments');
  found.push(await engine.scanner.scanText(scannedText({ ...reply, segments: other }), options));
  for (const { channel, text, path } of reply.segments) {
    if (channel === 'tool_arguments') found.push(await engine.scanner.scanToolArguments(path, text, options));
  }
  for (const code of found) emit({ type: 'code-scanned', requestId, code });
  return found;
}

function toAssessment(decision: Decision, verdicts: readonly Verdict[], requestId: string): GuardAssessment {
  const { action, intended, direction, reason, categories, findings, policy } = decision;
  const scores = verdicts.flatMap((one) => (one.verdict === 'unavailable' ? [] : [one.score]));
  return {
    decision: action,
    intended,
    direction,
    reason,
    score: scores.length === 0 ? null : Math.max(...scores),
    categories,
    findings,
    verdicts,
    ...(decision.unavailable === undefined ? {} : { unavailable: decision.unavailable }),
    policy,
    ...(decision.message === undefined ? {} : { message: decision.message }),
    requestId,
  };
}
