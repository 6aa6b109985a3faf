/**
 * The code in one text of a reply while the text grows: each snippet is scanned as it comes, the text may
 * leave up to where the scans say so, and what the client is told about a snippet is put into notes.
 */
import type { CodeAssessment } from '../core/assessment.js';
import type { CodeScanner, CodeStream, ScanOptions, Snippet } from '../core/code-scanner.js';
import type { Decision } from '../core/decision.js';
import type { BlockNote } from './block-note.js';
import { endOf, type GrowingText } from './growing-text.js';

export interface CodeInTextParts {
  readonly scanner: Pick<CodeScanner, 'openText' | 'openCode'>;
  readonly options: ScanOptions;
  /** On one snippet alone. `redact` takes it out of the text. */
  readonly decide: (code: CodeAssessment) => Decision;
  /** Told once of each snippet: when it is closed, or has to go. */
  readonly onScanned: (code: CodeAssessment) => void;
}

export interface CodeInText {
  /** @returns notes on what is new in the text, in order */
  look(text: GrowingText, complete: boolean): Promise<BlockNote[]>;
  /** Offset up to which no code is in the way. */
  readonly free: number;
  /** The latest scan of each snippet. */
  readonly scans: Iterable<CodeAssessment>;
}

interface Known {
  readonly stream: CodeStream;
  /** Length of the code that was scanned as a whole; undefined before. */
  closedAt: number | undefined;
  reported: boolean;
  /** Of a snippet that is taken out: how far it is, and whether its opening fence had left before. */
  removed: { to: number; readonly fenceLeft: boolean; readonly decision: Decision } | undefined;
}

/** @param left how much of the text may have left before */
export function createCodeInText(textId: string, parts: CodeInTextParts, left = 0): CodeInText {
  let finder = parts.scanner.openText();
  let length = 0;
  let wasComplete = false;
  let free = left;
  let known = new Map<number, Known>();
  const scans = new Map<number, CodeAssessment>();

  function startAnew(): void {
    finder = parts.scanner.openText();
    known = new Map();
    length = 0;
    free = 0;
  }

  /** Notes for one snippet as it is now; moves `free` where the snippet is the last thing in the text. */
  async function lookAt(snippet: Snippet): Promise<BlockNote[]> {
    const { start, end, codeStart, code, closed } = snippet;
    const one = known.get(start) ?? {
      stream: parts.scanner.openCode(snippet.tag),
      closedAt: undefined,
      reported: false,
      removed: undefined,
    };
    known.set(start, one);
    if (one.removed !== undefined) return goOnRemoving(snippet, one.removed);
    if (closed && one.closedAt === code.length) return [];
    const { outcome, settled } = await one.stream.push(snippet, parts.options);
    const assessment = ((): CodeAssessment => {
      if (outcome.status === 'unavailable') return outcome;
      const { language, findings, ms } = outcome;
      return { status: 'scanned', ms, blocks: [{ start, end, language, findings }] };
    })();
    scans.set(start, assessment);
    const decision = parts.decide(assessment);
    if (!one.reported && (closed || decision.action === 'redact' || decision.action === 'block')) {
      one.reported = true;
      parts.onScanned(assessment);
    }
    if (closed) one.closedAt = code.length;
    if (decision.action === 'redact') {
      // What has left stays; with the opening fence outside, the closing one has to follow it.
      const from = Math.max(start, Math.min(free, snippet.codeEnd));
      const removed = { to: from, fenceLeft: from > start, decision };
      one.removed = removed;
      const to = endOfRemoval(snippet, removed.fenceLeft);
      removed.to = Math.max(from, to);
      if (!closed) free = removed.to;
      return [{ textId, start: from, end: removed.to, decision }];
    }
    if (!closed) free = Math.max(free, settled === 0 ? start : codeStart + settled);
    return closed && decision.action === 'annotate' ? [{ textId, start: end, end, decision }] : [];
  }

  function goOnRemoving(snippet: Snippet, removed: NonNullable<Known['removed']>): BlockNote[] {
    const from = removed.to;
    removed.to = Math.max(from, endOfRemoval(snippet, removed.fenceLeft));
    if (!snippet.closed) free = Math.max(free, removed.to);
    if (removed.to === from) return [];
    return [{ textId, start: from, end: removed.to, continues: true, decision: removed.decision }];
  }

  return {
    async look({ text, added }, complete) {
      if (text.length < length) startAnew();
      else if (text.length === length && complete === wasComplete) return [];
      const more = added?.length === text.length - length ? added : endOf(text, length);
      length = text.length;
      wasComplete = complete;
      const { snippets, holdFrom } = finder.push(more, complete);
      const notes: BlockNote[] = [];
      for (const snippet of snippets) notes.push(...(await lookAt(snippet)));
      // An open snippet is the last thing in a text, and has said itself how far the text is free.
      if (snippets.at(-1)?.closed !== false) free = Math.max(free, holdFrom);
      return notes;
    },
    get free() {
      return free;
    },
    get scans() {
      return scans.values();
    },
  };
}

/** Of an open snippet only whole lines are taken out: the last one may become the closing fence. */
function endOfRemoval({ closed, codeStart, codeEnd, linesEnd, end }: Snippet, fenceLeft: boolean): number {
  if (!closed) return codeStart + linesEnd;
  return fenceLeft ? codeEnd : end;
}
