/**
 * Judges one reply while it grows. The gate hands over all text received so far; the review judges
 * what changed and answers with one decision for the whole reply and the code blocks that need a
 * note. It never says what may be released: that is the gate's part.
 */
import type { Assessment, CodeAssessment, Verdict } from '../core/assessment.js';
import type { CodeScanner } from '../core/code-scanner.js';
import type { Channel, UnjudgedPart } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import type { EventSink } from '../core/events.js';
import { decideUnjudged, type Policy } from '../policy/policy.js';
import type { BlockNote } from './block-note.js';
import { createCodeDecisions } from './code-decisions.js';
import { createCodeInReply, type CodeInReply } from './code-in-reply.js';
import type { GrowingMessage } from './growing-message.js';
import { createGrowingReading, type GrowingReading } from './growing-reading.js';
import type { RequestContext } from './request-context.js';
import { weightier } from './weightier.js';

export type { BlockNote } from './block-note.js';

/** One text of the reply as far as it has come. */
export interface ReplyText {
  /** As in FrameText: `0/text`, `0/tool/1/arguments`. */
  readonly id: string;
  readonly choice: number;
  readonly channel: Channel;
  /** What the text with this id was in the last window, and more. */
  readonly text: string;
  /** That more, where the caller knows it: a long text then need not be cut (and copied) to find it. */
  readonly added?: string | undefined;
  /** No more will come. */
  readonly complete: boolean;
}

export interface ReviewOutcome {
  /** On all texts as they are now; an earlier window may have had a heavier one. */
  readonly decision: Decision;
  /** Notes that were not in an earlier outcome, in order; none begins before what may have been released. */
  readonly notes: readonly BlockNote[];
}

export interface ReplyReview {
  /** Judges all texts so far, and decides on the parts that nobody can read. Windows are judged one after the other: do not call it again before it settled. */
  judge(texts: readonly ReplyText[], unjudged?: readonly UnjudgedPart[]): Promise<ReviewOutcome>;
  /**
   * Offset from which `text`, as it was judged last, may belong to code that is not judged yet; its length
   * when code is not scanned.
   */
  holdFrom(text: ReplyText): number;
  /** Gives back what the judge keeps for this reply. To be called when the reply has ended, whatever way. */
  close(): void;
}

export interface ReviewParts {
  /** A message of the reply's conversation; verdicts come in the policy's taxonomy. */
  readonly openMessage: () => GrowingMessage;
  readonly scanner: CodeScanner;
  readonly decide: (assessment: Assessment, policy: Policy) => Decision;
  readonly emit: EventSink;
}

/** One choice of the reply: what is read of it, what judges that, and the latest verdict. */
interface Choice {
  readonly reading: GrowingReading;
  readonly message: GrowingMessage;
  verdict: Verdict | undefined;
  /** The text that `verdict` is on, where it is read as a whole. */
  whole: string | undefined;
}

/** A tool's name that can be no code, however it goes on: its call need not wait for its end. */
const isPlainName = ({ channel, text }: ReplyText): boolean =>
  channel === 'tool_name' && /^[\w.:-]{0,256}$/.test(text);

export function createReplyReview(parts: ReviewParts, context: RequestContext): ReplyReview {
  const { policy, requestId } = context;
  const scanOptions = { signal: context.signal, timeoutMs: policy.code.timeoutMs };
  const choices = new Map<number, Choice>();
  const codeIn = new Map<string, CodeInReply>();
  /** Scans of tool arguments, by text and length. */
  const calls = new Map<string, CodeAssessment>();
  const decisions = createCodeDecisions(parts.decide, policy);

  async function judgeChoice(index: number, texts: readonly ReplyText[]): Promise<void> {
    let choice = choices.get(index);
    if (choice === undefined) {
      if (texts.every(({ text }) => text === '')) return;
      const reading = createGrowingReading();
      choice = { reading, message: parts.openMessage(), verdict: undefined, whole: undefined };
      choices.set(index, choice);
    }
    const { kind, text } = choice.reading.next(texts);
    if (kind === 'addition') {
      if (text !== '') choice.verdict = await choice.message.add(text);
    } else if (text !== choice.whole) choice.verdict = await choice.message.replace(text);
    choice.whole = kind === 'whole' ? text : undefined;
  }

  function codeOf({ id }: ReplyText): CodeInReply {
    let found = codeIn.get(id);
    if (found === undefined) {
      found = createCodeInReply(id, {
        scanner: parts.scanner,
        options: scanOptions,
        decide: (code) => decisions.onSnippets([code]),
        onScanned: (code) => parts.emit({ type: 'code-scanned', requestId, code }),
      });
      codeIn.set(id, found);
    }
    return found;
  }

  async function scanArguments(text: ReplyText, texts: readonly ReplyText[]): Promise<void> {
    const key = `${text.id}@${text.text.length}`;
    if (!text.complete || calls.has(key)) return;
    // `0/tool/1/arguments` belongs to `0/tool/1/name`, which may tell the language: `run_python`.
    const call = text.id.slice(0, text.id.lastIndexOf('/'));
    const name = texts.find(({ id }) => id === `${call}/name`)?.text ?? '';
    const scanned = await parts.scanner.scanToolArguments(name, text.text, scanOptions);
    calls.set(key, scanned);
    parts.emit({ type: 'code-scanned', requestId, code: scanned });
  }

  return {
    async judge(texts, unjudged = []) {
      const notes: BlockNote[] = [];
      if (policy.reply.enabled) {
        for (const choice of new Set(texts.map((text) => text.choice))) {
          await judgeChoice(
            choice,
            texts.filter((text) => text.choice === choice),
          );
        }
      }
      if (policy.code.enabled) {
        for (const text of texts) {
          if (text.channel === 'tool_arguments') await scanArguments(text, texts);
          else if (!isPlainName(text)) notes.push(...(await codeOf(text).look(text, text.complete)));
        }
      }
      const verdicts = [...choices.values()].flatMap(({ verdict }) =>
        verdict === undefined ? [] : [verdict],
      );
      const code = [...codeIn.values()];
      const snippets = code.flatMap((one) => [...one.snippets]);
      const values = [...calls.values(), ...code.flatMap((one) => [...one.values])];
      const onText = decisions.onAll(verdicts, snippets, values);
      const onParts = decideUnjudged(unjudged, 'reply', policy);
      const decision = onParts === undefined ? onText : weightier(onText, onParts);
      parts.emit({ type: 'decision', requestId, decision });
      return { decision, notes };
    },

    holdFrom(text) {
      if (!policy.code.enabled || text.complete || isPlainName(text)) return text.text.length;
      if (text.channel === 'tool_arguments') return 0;
      return Math.min(text.text.length, codeOf(text).free);
    },

    close() {
      for (const { message } of choices.values()) message.close();
    },
  };
}
