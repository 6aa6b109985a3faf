/** A view of a growing message as a growing message of its own, opened when the view first differs. */
import type { Verdict } from '../../core/assessment.js';
import type { GrowingMessage } from '../growing-message.js';
import type { ViewStep } from './growing-view.js';

export interface ViewMessage {
  /** Judges the view as it is now; undefined where it is the text itself. */
  next(step: ViewStep): Promise<Verdict> | undefined;
  close(): void;
}

export function createViewMessage(open: () => GrowingMessage): ViewMessage {
  let message: GrowingMessage | undefined;
  /** All that is settled. Grows without being copied until it is needed as a whole. */
  let settled = '';
  /** What the judge has behind that; undefined where it does not have all that is settled. */
  let sent: string | undefined;

  return {
    next({ name, settled: more, tail }) {
      settled += more;
      if (name === undefined) {
        sent = undefined;
        return undefined;
      }
      message ??= open();
      const end = more + tail;
      const goesOn = sent !== undefined && end.startsWith(sent);
      const known = sent?.length ?? 0;
      sent = tail;
      return goesOn ? message.add(end.slice(known)) : message.replace(settled + tail);
    },
    close: () => message?.close(),
  };
}
