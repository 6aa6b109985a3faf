/** A judge that answers from a function and keeps what it was asked. */
import type { CategoryScore, UnavailableReason, Verdict } from '../../../../src/core/assessment.js';
import type { GuardRole } from '../../../../src/core/conversation.js';
import type { JudgeOptions, JudgeRequest, JudgeStreamRequest } from '../../../../src/core/judge.js';
import { restatingStream } from '../../../../src/core/restating-stream.js';
import type { HostedJudge } from '../../../../src/classifiers/guard/hosted-judge.js';

export type Answer =
  | { readonly score: number; readonly categories?: readonly CategoryScore[] }
  | { readonly reason: UnavailableReason };

export interface ScriptedJudge extends HostedJudge {
  readonly asked: { readonly request: JudgeRequest; readonly options: JudgeOptions }[];
  /** Texts pushed into each stream that was opened, and whether it was closed. */
  readonly streams: { readonly request: JudgeStreamRequest; readonly pushed: string[]; closed: boolean }[];
  closed: boolean;
}

export function scriptedJudge(
  facts: Partial<
    Pick<HostedJudge, 'id' | 'taxonomy' | 'fingerprint' | 'state' | 'pid' | 'queueDepth' | 'ready'>
  >,
  answer: (text: string, request: JudgeRequest) => Answer | Promise<Answer>,
): ScriptedJudge {
  const judge: ScriptedJudge = {
    id: 'scripted',
    taxonomy: 'mlcommons-v0.5',
    fingerprint: 'f',
    state: { phase: 'ready' },
    pid: undefined,
    queueDepth: 0,
    ready: () => Promise.resolve(),
    ...facts,
    asked: [],
    streams: [],
    closed: false,
    async assess(request, options) {
      judge.asked.push({ request, options });
      const last = request.messages.at(-1);
      const role: GuardRole = last?.role ?? 'User';
      const given = await answer(last?.text ?? '', request);
      const base = { judge: judge.id, role, cost: { ms: 1, tokensEvaluated: 10, tokensCached: 5 } };
      return (
        'reason' in given
          ? { ...base, verdict: 'unavailable', reason: given.reason, detail: 'scripted' }
          : {
              ...base,
              verdict: given.score >= 0.5 ? 'unsafe' : 'safe',
              score: given.score,
              categories: given.categories ?? [],
            }
      ) satisfies Verdict;
    },
    openStream(request) {
      const seen = { request, pushed: [] as string[], closed: false };
      judge.streams.push(seen);
      const stream = restatingStream(judge, request);
      return {
        push(text, options) {
          seen.pushed.push(text);
          return stream.push(text, options);
        },
        close() {
          seen.closed = true;
          stream.close();
        },
      };
    },
    close() {
      judge.closed = true;
      return Promise.resolve();
    },
  };
  return judge;
}
