/**
 * Finds code in a text that grows: fenced blocks, and between them runs of lines that are plainly code.
 * Each complete line is read once; only the last line, while it is unfinished, is looked at again. What is
 * found depends on the text alone, not on how it was cut.
 */
import type { CodeFinder, FoundCode, Snippet } from '../../../core/code-scanner.js';
import { BareRun } from './bare-run.js';
import { closes, lineAt, opens, type Line, type OpenFence } from './fences.js';
import { beginsNoCode, isProseAlready, lineKind } from './line-kind.js';

interface OpenBlock {
  /** Its offsets are into the whole text. */
  readonly fence: OpenFence;
  code: string;
  lines: number;
}

export function createCodeFinder(): CodeFinder {
  /** Offset of the first line that is not complete, and the text from there on. */
  let base = 0;
  let rest = '';
  let block: OpenBlock | undefined;
  let run: BareRun | undefined;
  /** By start; told at the end of the current call. */
  let changed = new Map<number, Snippet>();

  const tell = (snippet: Snippet): void => void changed.set(snippet.start, snippet);

  /** @param tail an unfinished line behind the code */
  function tellBlock({ fence, code, lines }: OpenBlock, tail: string, end: number, closed: boolean): void {
    const { start, codeStart, tag } = fence;
    const codeEnd = codeStart + code.length + tail.length;
    const place = { start, end, codeStart, codeEnd };
    tell({ ...place, code: code + tail, lines, linesEnd: code.length, tag, fenced: true, closed });
  }

  function tellRun({ start, end, code, lines }: BareRun, closed: boolean): void {
    const place = { start, end, codeStart: start, codeEnd: end };
    tell({ ...place, code, lines, linesEnd: code.length, tag: undefined, fenced: false, closed });
  }

  function endRun(): void {
    if (run?.isCode(true) === true) tellRun(run, true);
    run = undefined;
  }

  /** A complete line; offsets of `line` are into `rest`. */
  function read(line: Line): void {
    if (block !== undefined) {
      const verdict = closes(rest, line, block.fence);
      if (verdict === 'no' || verdict === 'undecided') {
        block.code += rest.slice(line.start, line.next);
        block.lines += 1;
        return;
      }
      tellBlock(block, '', base + (verdict === 'quote-ended' ? line.start : line.next), true);
      block = undefined;
      if (verdict === 'fence') return;
    }
    const opening = opens(rest, line);
    if (opening.kind === 'fence') {
      endRun();
      const { fence } = opening;
      block = {
        fence: { ...fence, start: base + fence.start, codeStart: base + fence.codeStart },
        code: '',
        lines: 0,
      };
      return;
    }
    const kind = lineKind(rest.slice(line.start, line.end));
    if (run !== undefined && !run.takes(kind)) endRun();
    if (run === undefined && kind === 'code') run = new BareRun(base + line.start);
    run?.add(rest.slice(line.start, line.next), kind, base + line.start);
  }

  /** The unfinished line at the end: what is known of it, and of what is open before it. */
  function readTail(complete: boolean): number {
    const line = lineAt(rest, 0);
    const length = base + rest.length;
    if (block !== undefined) {
      const verdict = closes(rest, line, block.fence);
      if (verdict === 'quote-ended') {
        tellBlock(block, '', base, true);
        return base;
      }
      tellBlock(block, verdict === 'no' ? rest : '', length, complete);
      return block.fence.start;
    }
    const opening = rest === '' ? ({ kind: 'no' } as const) : opens(rest, line);
    const fenceFrom = opening.kind === 'maybe' ? base + opening.from : length;
    if (complete) {
      completeRun(rest);
      return length;
    }
    const isProse = rest !== '' && isProseAlready(rest);
    if (run === undefined) return beginsNoCode(rest) ? fenceFrom : base;
    const ends = isProse && !run.takes('prose');
    if (run.isCode(ends)) tellRun(run, ends);
    else if (ends) return fenceFrom;
    return ends ? fenceFrom : Math.min(run.isCode(false) ? run.start : run.holdFrom, fenceFrom);
  }

  /** The text is complete: an unfinished line counts as it is. */
  function completeRun(tail: string): void {
    const kind = lineKind(tail);
    const takes = run !== undefined && kind !== 'blank' && run.takes(kind);
    const open = run ?? (kind === 'code' ? new BareRun(base) : undefined);
    const last = takes || run === undefined ? open?.with(tail, kind, base) : open;
    if (last?.isCode(true) === true) tellRun(last, true);
  }

  return {
    push(added, complete): FoundCode {
      changed = new Map();
      rest += added;
      let from = 0;
      for (let line = lineAt(rest, 0); line.complete; line = lineAt(rest, line.next)) {
        read(line);
        from = line.next;
      }
      base += from;
      rest = rest.slice(from);
      const holdFrom = readTail(complete);
      return { snippets: [...changed.values()].sort((a, b) => a.start - b.start), holdFrom };
    },
  };
}
