/** A cascade over a message that is still being written: two streams side by side. */
import type { JudgeStream, JudgeStreamRequest } from '../../../core/judge.js';
import { decide, noAnswer, type CascadeParts } from './decide.js';
import { quickRequest } from './quick-evidence.js';

/**
 * Text that came while the quick judge was sure reaches the thorough judge with the next push that needs
 * it, so a stream that stays harmless never costs the thorough judge anything.
 */
export function openCascadeStream(parts: CascadeParts, request: JudgeStreamRequest): JudgeStream {
  const { quick, thorough } = parts;
  let quickStream: JudgeStream | undefined;
  let thoroughStream: JudgeStream | undefined;
  /** What the thorough judge has not been told yet. */
  let waiting = '';
  let closed = false;
  return {
    push(text, options) {
      if (closed) return Promise.resolve(noAnswer(thorough, request.role, 'aborted'));
      waiting += text;
      return decide(parts, request, request.role, options, {
        quick: (limits) => (quickStream ??= quick.openStream(quickRequest(request))).push(text, limits),
        thorough: (limits) => {
          if (closed) return Promise.resolve(noAnswer(thorough, request.role, 'aborted'));
          const missing = waiting;
          waiting = '';
          return (thoroughStream ??= thorough.openStream(request)).push(missing, limits);
        },
      });
    },
    close() {
      closed = true;
      quickStream?.close();
      thoroughStream?.close();
    },
  };
}
