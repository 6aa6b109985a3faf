/** The proxy's side of a Llama Guard: turns what the model process answers into verdicts. */
import type { Verdict } from '../../../core/assessment.js';
import type { Judge } from '../../../core/judge.js';
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
    async assess({ messages, categoriesFrom }, options): Promise<Verdict> {
      const start = performance.now();
      const outcome = await host.call({ messages, categoriesFrom }, options);
      const base = { judge: id(), role: messages.at(-1)?.role ?? ('User' as const) };
      const ms = performance.now() - start;
      if (outcome.status === 'unavailable')
        return {
          ...base,
          verdict: 'unavailable',
          reason: outcome.reason,
          detail: outcome.detail,
          cost: { ms, tokensEvaluated: 0, tokensCached: 0 },
        };
      const { score, categories, notes, tokensEvaluated, tokensCached } = outcome.value;
      for (const note of notes) log('warn', `${id()}: ${note}`);
      return {
        ...base,
        verdict: score >= 0.5 ? 'unsafe' : 'safe',
        score,
        // The model names categories without scores of their own: each gets that of the verdict.
        categories: categories.map((category) => ({ id: category, score })),
        cost: { ms, tokensEvaluated, tokensCached },
      };
    },
    close: () => host.close(),
  };
}
