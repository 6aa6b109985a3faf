/**
 * A judge's stream for judges that need no other: each push states the whole message again. Judges whose
 * `assess` finds again what it has in common with the last request pay for the new text only.
 */
import type { Judge, JudgeStream, JudgeStreamRequest } from './judge.js';

export function restatingStream(
  judge: Pick<Judge, 'id' | 'assess'>,
  { context, role, ...request }: JudgeStreamRequest,
): JudgeStream {
  let text = '';
  let closed = false;
  return {
    push(more, options) {
      if (closed)
        return Promise.resolve({
          judge: judge.id,
          role,
          verdict: 'unavailable',
          reason: 'aborted',
          detail: 'The stream is closed.',
          cost: { ms: 0, tokensEvaluated: 0, tokensCached: 0 },
        });
      text += more;
      return judge.assess({ ...request, messages: [...context, { role, text }] }, options);
    },
    close() {
      closed = true;
    },
  };
}
