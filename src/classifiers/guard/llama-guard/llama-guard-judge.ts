/** The proxy's side of a Llama Guard: turns what the model process answers into verdicts. */
import type { Verdict } from '../../../core/assessment.js';
import type { Judge } from '../../../core/judge.js';
import { restatingStream } from '../../../core/restating-stream.js';
import type { GuardLog } from '../guard-log.js';
import type { NativeHost } from '../native/native-host.js';
import type { GuardFamily } from './family.js';

export interface LlamaGuardJudgeOptions {
  readonly host: NativeHost<'llama-guard'>;
  /** What the file seems to be, until the loaded model tells. */
  readonly expected: Pick<GuardFamily, 'id' | 'taxonomy'>;
  readonly fingerprint: string;
  readonly log: GuardLog;
}

export function createLlamaGuardJudge({ host, expected, fingerprint, log }: LlamaGuardJudgeOptions): Judge {
  const id = (): string => host.facts?.family ?? expected.id;
  const judge: Judge = {
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
    async assess({ messages, categoriesFrom, overflow = 'refuse' }, options): Promise<Verdict> {
      const start = performance.now();
      const outcome = await host.call({ messages, categoriesFrom, overflow }, options);
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
    },
    // The session keeps evaluated tokens: what a longer text has in common with the last is not paid again.
    openStream: (request) => restatingStream(judge, request),
    close: () => host.close(),
  };
  return judge;
}
