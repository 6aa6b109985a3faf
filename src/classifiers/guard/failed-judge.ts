/** Stands in for a judge whose model file cannot be used: every answer is `unavailable(load_failed)`. */
import { GuardError } from '../../core/errors.js';
import { restatingStream } from '../../core/restating-stream.js';
import type { HostedJudge } from './hosted-judge.js';

/** @param message what is wrong with the file and what to do */
export function createFailedJudge(
  names: { readonly id: string; readonly taxonomy: string },
  message: string,
): HostedJudge {
  const judge: HostedJudge = {
    ...names,
    fingerprint: 'none',
    queueDepth: 0,
    pid: undefined,
    state: { phase: 'failed', message, final: true },
    ready: () => Promise.reject(new GuardError('guard_not_ready', message)),
    assess: ({ messages }) =>
      Promise.resolve({
        judge: names.id,
        role: messages.at(-1)?.role ?? 'User',
        verdict: 'unavailable',
        reason: 'load_failed',
        detail: message,
        cost: { ms: 0, tokensEvaluated: 0, tokensCached: 0 },
      }),
    openStream: (request) => restatingStream(judge, request),
    close: () => Promise.resolve(),
  };
  return judge;
}
