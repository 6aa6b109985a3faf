/**
 * A message that is judged again and again while it is written. Each time costs what is new: the judge
 * gets only that, and so does the hash that names the question.
 */
import type { Direction, Verdict } from '../core/assessment.js';
import type { GuardMessage } from '../core/conversation.js';
import type { Judge, JudgeOptions, JudgeStream } from '../core/judge.js';
import type { Ask } from './ask.js';
import { firstLink, growingLink, nextLink, type GrowingLink, type QuestionSettings } from './question-key.js';
import type { RequestContext } from './request-context.js';

export interface GrowingMessage {
  /**
   * The verdict on all of the message so far, in the judge's taxonomy. Usually `text` is what it was the
   * last time and more; another text starts anew. One call at a time.
   */
  judge(text: string): Promise<Verdict>;
  /** Gives back what the judge keeps for the message. A check that others wait for too is finished first. */
  close(): void;
}

export interface GrowingMessageParts {
  readonly judge: Judge;
  readonly ask: Ask;
  readonly settings: QuestionSettings;
  /** What was said before. */
  readonly before: readonly GuardMessage[];
  readonly direction: Direction;
}

export function createGrowingMessage(
  { judge, ask, settings, before, direction }: GrowingMessageParts,
  context: RequestContext,
): GrowingMessage {
  const role = 'Agent';
  const link = before.reduce(nextLink, firstLink(judge, settings));
  let name: GrowingLink = growingLink(link, role);
  let named = '';
  let open: Open | undefined;

  function end(): void {
    const ended = open;
    open = undefined;
    void ended?.pushing.then(() => ended.stream.close());
  }

  async function push(options: JudgeOptions): Promise<Verdict> {
    // A push that this message did not wait for may still run for others, and a stream takes one at a time.
    if (open?.busy === true) end();
    open ??= {
      stream: judge.openStream({ ...settings, context: before, role }),
      pushed: 0,
      busy: false,
      pushing: Promise.resolve(),
    };
    const current = open;
    const answer = current.stream.push(named.slice(current.pushed), options);
    // A push without an answer has added its text all the same.
    current.pushed = named.length;
    current.busy = true;
    const done = (): void => void (current.busy = false);
    current.pushing = answer.then(done, done);
    return answer;
  }

  return {
    judge(text) {
      if (!text.startsWith(named)) {
        end();
        name = growingLink(link, role);
        named = '';
      }
      name.add(text.slice(named.length));
      named = text;
      return ask({ key: name.key(), role, direction, start: push }, context);
    },
    close: end,
  };
}

/** A stream of the judge, and what it has got of the message so far. */
interface Open {
  readonly stream: JudgeStream;
  /** UTF-16 units; less than the message has where the cache or another request had the answer. */
  pushed: number;
  busy: boolean;
  /** Settles with the last push; never rejects. */
  pushing: Promise<void>;
}
