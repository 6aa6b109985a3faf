/**
 * A message that is judged again and again while it is written. Each time costs what is new: the judge
 * gets only that, and so does the hash that names the question.
 */
import type { Direction, Verdict } from '../core/assessment.js';
import type { GuardMessage } from '../core/conversation.js';
import type { Judge, JudgeOptions, JudgeStream } from '../core/judge.js';
import type { Ask } from './ask.js';
import { endOf } from './growing-text.js';
import { firstLink, growingLink, nextLink, type GrowingLink, type QuestionSettings } from './question-key.js';
import type { RequestContext } from './request-context.js';

export interface GrowingMessage {
  /** Adds `more` and judges all of the message so far. One call of `add` or `replace` at a time. */
  add(more: string): Promise<Verdict>;
  /** Judges `text` in place of what was there; only where it continues that, the judge gets no more than is new. */
  replace(text: string): Promise<Verdict>;
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
  let all = '';
  let open: Open | undefined;

  function end(): void {
    const ended = open;
    open = undefined;
    if (ended?.busy === true) void ended.pushing.then(() => ended.stream.close());
    else ended?.stream.close();
  }

  async function push(options: JudgeOptions): Promise<Verdict> {
    // A push that this message did not wait for may still run for others, and a stream takes one at a time.
    if (open?.busy === true) end();
    open ??= {
      stream: judge.openStream({ ...settings, context: before, role }),
      unsent: all,
      busy: false,
      pushing: Promise.resolve(),
    };
    const current = open;
    const answer = current.stream.push(current.unsent, options);
    // A push without an answer has added its text all the same.
    current.unsent = '';
    current.busy = true;
    const done = (): void => void (current.busy = false);
    current.pushing = answer.then(done, done);
    return answer;
  }

  function add(more: string): Promise<Verdict> {
    name.add(more);
    all += more;
    if (open !== undefined) open.unsent += more;
    return ask({ key: name.key(), role, direction, start: push }, context);
  }

  return {
    add,
    replace(text) {
      if (text.startsWith(all)) return add(endOf(text, all.length));
      end();
      name = growingLink(link, role);
      all = '';
      return add(text);
    },
    close: end,
  };
}

/** A stream of the judge, and what it has not got of the message yet. */
interface Open {
  readonly stream: JudgeStream;
  /** The end of the message, where the cache or another request had the answer so far. */
  unsent: string;
  busy: boolean;
  /** Settles with the last push; never rejects. */
  pushing: Promise<void>;
}
