/**
 * Judges one reply while it grows. The gate hands over all text received so far; the review judges
 * what changed and answers with one decision for the whole reply and the code blocks that need a
 * note. It never says what may be released: that is the gate's part.
 */
import type { Assessment, CodeAssessment, Direction, Verdict } from '../core/assessment.js';
import type { CodeBlock, CodeScanner } from '../core/code-scanner.js';
import type { Channel, Conversation, GuardMessage } from '../core/conversation.js';
import { toGuardMessages } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import type { EventSink } from '../core/events.js';
import type { Policy } from '../policy/policy.js';
import type { RequestContext } from './request-context.js';

/** One text of the reply as far as it has come. */
export interface ReplyText {
  /** As in FrameText: `0/text`, `0/tool/1/arguments`. */
  readonly id: string;
  readonly choice: number;
  readonly channel: Channel;
  readonly text: string;
  /** No more will come. */
  readonly complete: boolean;
}

/** A scanned block whose findings the policy wants to be told about under the block. */
export interface BlockNote {
  readonly textId: string;
  /** Offset after the block, in UTF-16 units of the text with this id. */
  readonly offset: number;
  readonly decision: Decision;
}

export interface ReviewOutcome {
  /** The heaviest of all windows so far. */
  readonly decision: Decision;
  /** Notes that were not in an earlier outcome, in order of offset. */
  readonly notes: readonly BlockNote[];
}

export interface ReplyReview {
  /** Judges all texts so far. Windows are judged one after the other: do not call it again before it settled. */
  judge(texts: readonly ReplyText[]): Promise<ReviewOutcome>;
  /** Offset from which `text` may belong to a code block that is not closed yet; its length when code is not scanned. */
  holdFrom(text: ReplyText): number;
}

export interface ReviewParts {
  readonly judgeMessages: (
    messages: readonly GuardMessage[],
    direction: Direction,
    context: RequestContext,
  ) => Promise<Verdict>;
  readonly scanner: CodeScanner;
  readonly decide: (assessment: Assessment, policy: Policy) => Decision;
  readonly emit: EventSink;
}

export function createReplyReview(
  parts: ReviewParts,
  conversation: Conversation,
  context: RequestContext,
): ReplyReview {
  const { policy, requestId } = context;
  const prompt = toGuardMessages(conversation.turns);
  /** Latest verdict of each choice, and the text it is on. */
  const verdicts = new Map<number, { text: string; verdict: Verdict }>();
  /** Scans by text id and start of the block; a closed block never changes. */
  const scans = new Map<string, CodeAssessment>();

  async function judgeChoice(choice: number, texts: readonly ReplyText[]): Promise<void> {
    const text = texts
      .map((each) => each.text)
      .filter((each) => each !== '')
      .join('\n');
    if (text === '' || verdicts.get(choice)?.text === text) return;
    const verdict = await parts.judgeMessages([...prompt, { role: 'Agent', text }], 'reply', context);
    verdicts.set(choice, { text, verdict });
  }

  async function scanText(text: ReplyText): Promise<BlockNote[]> {
    const notes: BlockNote[] = [];
    for (const block of parts.scanner.locate(text.text).blocks) {
      const key = `${text.id}@${block.start}`;
      if (scans.has(key) || !(block.closed || text.complete)) continue;
      const scanned = await scanBlock(text.text, block);
      scans.set(key, scanned);
      const note = decideOn([scanned]);
      if (note.action === 'annotate')
        notes.push({ textId: text.id, offset: blockEnd(text.text, block), decision: note });
    }
    return notes;
  }

  async function scanBlock(text: string, block: CodeBlock): Promise<CodeAssessment> {
    const options = { signal: context.signal, timeoutMs: policy.code.timeoutMs };
    const code = text.slice(block.codeStart, block.codeEnd);
    const outcome = await parts.scanner.scanCode(code, block.tag, options);
    const assessment: CodeAssessment =
      outcome.status === 'unavailable'
        ? outcome
        : {
            status: 'scanned',
            ms: outcome.ms,
            blocks: [
              { start: block.start, end: block.end, language: outcome.language, findings: outcome.findings },
            ],
          };
    parts.emit({ type: 'code-scanned', requestId, code: assessment });
    return assessment;
  }

  async function scanArguments(text: ReplyText): Promise<void> {
    if (!text.complete || scans.has(text.id)) return;
    const options = { signal: context.signal, timeoutMs: policy.code.timeoutMs };
    const scanned = await parts.scanner.scanToolArguments(text.id, text.text, options);
    scans.set(text.id, scanned);
    parts.emit({ type: 'code-scanned', requestId, code: scanned });
  }

  /** A decision on code alone: the guard's verdicts are left out. */
  function decideOn(code: readonly CodeAssessment[]): Decision {
    const codeOnly: Policy = { ...policy, reply: { ...policy.reply, enabled: false } };
    return parts.decide({ direction: 'reply', verdicts: [], code }, codeOnly);
  }

  return {
    async judge(texts) {
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
          if (text.channel === 'tool_arguments') await scanArguments(text);
          else notes.push(...(await scanText(text)));
        }
      }
      const found = [...verdicts.values()].map(({ verdict }) => verdict);
      // A reply without any text yet has no verdict, and needs none.
      const decision =
        policy.reply.enabled && found.length > 0
          ? parts.decide({ direction: 'reply', verdicts: found, code: [...scans.values()] }, policy)
          : decideOn([...scans.values()]);
      parts.emit({ type: 'decision', requestId, decision });
      return { decision, notes };
    },

    holdFrom(text) {
      if (!policy.code.enabled || text.complete) return text.text.length;
      if (text.channel === 'tool_arguments') return 0;
      return parts.scanner.locate(text.text).holdFrom;
    },
  };
}

/** Where a note goes: after the closing fence, or at the very end of a block that was never closed. */
function blockEnd(text: string, block: CodeBlock): number {
  return Math.min(block.end, text.length);
}
