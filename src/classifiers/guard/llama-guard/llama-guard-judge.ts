/** The proxy's side of a Llama Guard: turns what the model process answers into verdicts. */
import { randomUUID } from 'node:crypto';
import type { Verdict } from '../../../core/assessment.js';
import type { Judge, JudgeOptions, JudgeRequest } from '../../../core/judge.js';
import { restatingStream } from '../../../core/restating-stream.js';
import type { GuardLog } from '../guard-log.js';
import type { NativeHost } from '../native/native-host.js';
import { MAX_TOKEN_CHARACTERS, type CallOutcome, type LlamaGuardFacts } from '../native/protocol.js';
import type { GuardFamily } from './family.js';

export interface LlamaGuardJudgeOptions {
  readonly host: Pick<NativeHost<'llama-guard'>, 'facts' | 'queueDepth' | 'call' | 'close'>;
  /** What the file seems to be, until the loaded model tells. */
  readonly expected: Pick<GuardFamily, 'id' | 'taxonomy'>;
  readonly fingerprint: string;
  readonly log: GuardLog;
}

export function createLlamaGuardJudge({ host, expected, fingerprint, log }: LlamaGuardJudgeOptions): Judge {
  const id = (): string => host.facts?.family ?? expected.id;

  /** @param affinity of calls that share work although nothing in them tells it */
  async function assess(
    { messages, categoriesFrom, overflow = 'refuse' }: JudgeRequest,
    options: JudgeOptions,
    affinity?: string,
  ): Promise<Verdict> {
    const start = performance.now();
    const outcome =
      tooLong({ messages, overflow }, host.facts) ??
      (await host.call({ messages, categoriesFrom, overflow }, { ...options, affinity }));
    const base = { judge: id(), role: messages.at(-1)?.role ?? ('User' as const) };
    const ms = performance.now() - start;
    if (outcome.status === 'unavailable')
      return {
        ...base,
        verdict: 'unavailable',
        reason: outcome.reason,
        retryAfter: outcome.retryAfter,
        detail: outcome.detail,
        cost: { ms, tokensEvaluated: 0, tokensCached: 0 },
      };
    const { score, mass, margin, categories, notes, tokensEvaluated, tokensCached } = outcome.value;
    for (const note of notes) log('warn', `${id()}: ${note}`);
    return {
      ...base,
      verdict: score >= 0.5 ? 'unsafe' : 'safe',
      score,
      mass,
      margin,
      categories,
      cost: { ms, tokensEvaluated, tokensCached },
    };
  }

  return {
    get id() {
      return id();
    },
    get taxonomy() {
      return host.facts?.taxonomy ?? expected.taxonomy;
    },
    fingerprint,
    get queueDepth() {
      return host.queueDepth;
    },
    assess: (request, options) => assess(request, options),
    openStream(request) {
      // The session keeps evaluated tokens: what a longer text has in common with the last is not paid again.
      // A stream without a context has nothing that stays the same, so it says itself that it is one.
      const affinity = request.context.length === 0 ? randomUUID() : undefined;
      return restatingStream(
        {
          get id() {
            return id();
          },
          assess: (longer, options) => assess(longer, options, affinity),
        },
        request,
      );
    },
    close: () => host.close(),
  };
}

/** What cannot fit, whatever its tokens, is told without waiting for a turn. */
function tooLong(
  { messages, overflow }: Pick<JudgeRequest, 'messages' | 'overflow'>,
  facts: LlamaGuardFacts | undefined,
): Extract<CallOutcome<never>, { status: 'unavailable' }> | undefined {
  if (facts === undefined || overflow === 'pieces') return undefined;
  const characters = messages.reduce((sum, { text }) => sum + text.length, 0);
  if (characters <= facts.contextTokens * MAX_TOKEN_CHARACTERS) return undefined;
  return {
    status: 'unavailable',
    reason: 'context_overflow',
    detail: `The conversation has ${characters} characters; they cannot fit the guard's ${facts.contextTokens} tokens.`,
  };
}
