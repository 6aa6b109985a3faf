/**
 * A growing message that is judged in all its views at once; the worst decides. Each view is a message of
 * its own to the judge, and goes on where it can.
 */
import type { Verdict } from '../../core/assessment.js';
import type { GrowingMessage } from '../growing-message.js';
import { endOf } from '../growing-text.js';
import { addInTurns, createGrowingViews, type GrowingViews } from './text-views.js';
import type { Undoing } from './undo.js';
import { createViewMessage, type ViewMessage } from './view-message.js';
import { worstOf, type ViewVerdict } from './worst-view.js';

/**
 * @param open a message of the same conversation
 * @param matters as for `worstOf`
 */
export function createViewedMessage(
  open: () => GrowingMessage,
  undoing: Undoing,
  matters: number,
): GrowingMessage {
  const message = open();
  let views: GrowingViews = createGrowingViews(undoing);
  let messages: ViewMessage[] = [];
  let all = '';
  let closed = false;

  async function judge(asWritten: Promise<Verdict>, more: string): Promise<Verdict> {
    all += more;
    // It may be answered, with an error too, before the views are read.
    asWritten.catch(() => undefined);
    const asked: Promise<ViewVerdict>[] = [];
    const steps = await addInTurns(views, more);
    // Nobody would close what is opened now.
    if (closed) return asWritten;
    for (const [index, step] of steps.entries()) {
      const answer = (messages[index] ??= createViewMessage(open)).next(step);
      if (answer !== undefined) asked.push(answer.then((verdict) => ({ verdict, view: step.name })));
    }
    const [verdict, ...others] = await Promise.all([asWritten, ...asked]);
    return worstOf([{ verdict, view: undefined }, ...others], matters);
  }

  function close(): void {
    messages.forEach((each) => each.close());
    messages = [];
  }

  return {
    add: (more) => judge(message.add(more), more),
    replace(text) {
      const answer = message.replace(text);
      if (text.startsWith(all)) return judge(answer, endOf(text, all.length));
      close();
      views = createGrowingViews(undoing);
      all = '';
      return judge(answer, text);
    },
    close() {
      closed = true;
      message.close();
      close();
    },
  };
}
