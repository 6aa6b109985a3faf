/**
 * Finds fenced code blocks in an LLM's answer (CommonMark 0.31 §4.5, with two liberties that lean to
 * the safe side: an opening fence may be indented by any amount, because models indent them under
 * steps that are not Markdown lists; and a list marker or quote marks may stand before it).
 *
 * One pass over the lines, no backtracking; nothing that is decided depends on text that has not
 * arrived yet, so the result for a prefix only ever grows (see `LocatedCode.holdFrom`).
 */
import type { CodeBlock, LocatedCode } from '../../../core/code-scanner.js';

export interface OpenFence {
  readonly start: number;
  readonly codeStart: number;
  readonly tag: string | undefined;
  readonly char: string;
  readonly length: number;
  /** Column of the fence itself, containers included: a closing fence may stand up to 3 further right. */
  readonly column: number;
  /** How many `>` stood before it. */
  readonly quotes: number;
}

export interface Line {
  readonly start: number;
  /** Without the line ending. */
  readonly end: number;
  /** Start of the next line. */
  readonly next: number;
  /** False for the last line while its ending has not arrived. */
  readonly complete: boolean;
}

const TAB_WIDTH = 4;

/** Finds every fenced block; linear in the text. See `CodeScanner.locate`. */
export function locate(text: string): LocatedCode {
  const blocks: CodeBlock[] = [];
  let open: OpenFence | undefined;
  let holdFrom = text.length;
  for (let line = lineAt(text, 0); line.start < text.length; line = lineAt(text, line.next)) {
    if (open !== undefined) {
      const verdict = closes(text, line, open);
      if (verdict === 'no') continue;
      if (verdict === 'undecided') break;
      const end = verdict === 'quote-ended' ? line.start : line.next;
      blocks.push(block(open, end, line.start, true));
      open = undefined;
      if (verdict === 'fence') continue;
    }
    const found = opens(text, line);
    if (found.kind === 'fence') open = found.fence;
    else if (found.kind === 'maybe') holdFrom = found.from;
  }
  if (open !== undefined) {
    blocks.push(block(open, text.length, lastCodeOffset(text, open), false));
    holdFrom = open.start;
  }
  return { blocks, holdFrom };
}

function block(open: OpenFence, end: number, codeEnd: number, closed: boolean): CodeBlock {
  return { start: open.start, end, codeStart: open.codeStart, codeEnd, tag: open.tag, closed };
}

/** The line that starts at `start`. A `\r` at the very end may still become `\r\n`: not complete. */
export function lineAt(text: string, start: number): Line {
  let end = start;
  while (end < text.length) {
    const unit = text.charCodeAt(end);
    if (unit === 10) return { start, end, next: end + 1, complete: true };
    if (unit === 13) {
      if (end + 1 === text.length) return { start, end, next: text.length, complete: false };
      const next = text.charCodeAt(end + 1) === 10 ? end + 2 : end + 1;
      return { start, end, next, complete: true };
    }
    end++;
  }
  return { start, end, next: end, complete: false };
}

interface Prefix {
  readonly offset: number;
  readonly column: number;
  readonly quotes: number;
}

/** Reads spaces, quote marks and list markers; `offset` is just behind the last container marker. */
function containers(text: string, line: Line): Prefix {
  let offset = line.start;
  let column = 0;
  let quotes = 0;
  for (;;) {
    const content = skipBlanks(text, offset, line.end, column);
    const marker = containerMarker(text, content.offset, line.end);
    if (marker === 0) return { offset, column, quotes };
    if (text.charAt(content.offset) === '>') quotes++;
    offset = content.offset + marker;
    column = content.column + marker;
    // The blank that belongs to the marker is not part of the fence's indentation.
    if (offset < line.end && text.charAt(offset) === ' ') {
      offset++;
      column++;
    }
  }
}

/** Length of the quote mark or list marker at `offset`, 0 if there is none. */
function containerMarker(text: string, offset: number, end: number): number {
  if (offset >= end) return 0;
  const char = text.charAt(offset);
  if (char === '>') return 1;
  let length = 0;
  if (char === '-' || char === '*' || char === '+') length = 1;
  else {
    let digits = 0;
    while (digits < 9 && offset + digits < end && isDigit(text.charCodeAt(offset + digits))) digits++;
    const mark = text.charAt(offset + digits);
    if (digits === 0 || offset + digits >= end || (mark !== '.' && mark !== ')')) return 0;
    length = digits + 1;
  }
  const after = offset + length < end ? text.charAt(offset + length) : '';
  return after === ' ' || after === '\t' ? length : 0;
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

function skipBlanks(
  text: string,
  from: number,
  end: number,
  fromColumn: number,
): { readonly offset: number; readonly column: number } {
  let offset = from;
  let column = fromColumn;
  while (offset < end) {
    const char = text.charAt(offset);
    if (char === ' ') column++;
    else if (char === '\t') column += TAB_WIDTH - (column % TAB_WIDTH);
    else break;
    offset++;
  }
  return { offset, column };
}

function runLength(text: string, from: number, end: number, char: string): number {
  let offset = from;
  while (offset < end && text.charAt(offset) === char) offset++;
  return offset - from;
}

export type Opening =
  | { readonly kind: 'fence'; readonly fence: OpenFence }
  /** An unfinished line that may become an opening fence. */
  | { readonly kind: 'maybe'; readonly from: number }
  | { readonly kind: 'no' };

/** Whether the line opens a fenced block. */
export function opens(text: string, line: Line): Opening {
  const prefix = containers(text, line);
  const content = skipBlanks(text, prefix.offset, line.end, prefix.column);
  if (content.offset === line.end)
    return !line.complete && content.offset > prefix.offset
      ? { kind: 'maybe', from: prefix.offset }
      : { kind: 'no' };
  const char = text.charAt(content.offset);
  if (char !== '`' && char !== '~') return { kind: 'no' };
  const length = runLength(text, content.offset, line.end, char);
  const infoStart = content.offset + length;
  if (length < 3)
    return !line.complete && infoStart === line.end ? { kind: 'maybe', from: prefix.offset } : { kind: 'no' };
  const info = text.slice(infoStart, line.end);
  // A backtick in the info string makes the line inline code (CommonMark example 145).
  if (char === '`' && info.includes('`')) return { kind: 'no' };
  if (!line.complete) return { kind: 'maybe', from: prefix.offset };
  return {
    kind: 'fence',
    fence: {
      start: prefix.offset,
      codeStart: line.next,
      tag: tagOf(info),
      char,
      length,
      column: content.column,
      quotes: prefix.quotes,
    },
  };
}

/** The language word of an info string: `Python {cmd=true}`, `{.python}`, `py:app.py`, `C++17`. */
function tagOf(info: string): string | undefined {
  const word = /[\p{L}\p{N}_+#-][\p{L}\p{N}_+#.-]*/u.exec(info)?.[0];
  return word?.toLowerCase();
}

export type Closing = 'fence' | 'quote-ended' | 'no' | 'undecided';

/** Whether the line ends an open block. */
export function closes(text: string, line: Line, open: OpenFence): Closing {
  let offset = line.start;
  let column = 0;
  for (let quote = 0; quote < open.quotes; quote++) {
    const content = skipBlanks(text, offset, line.end, column);
    if (content.offset === line.end && !line.complete) return 'undecided';
    if (text.charAt(content.offset) !== '>' || content.offset >= line.end) return 'quote-ended';
    offset = content.offset + 1;
    column = content.column + 1;
  }
  const content = skipBlanks(text, offset, line.end, column);
  if (content.column > open.column + 3) return 'no';
  const length = runLength(text, content.offset, line.end, open.char);
  if (length < open.length) return 'no';
  if (skipBlanks(text, content.offset + length, line.end, 0).offset !== line.end) return 'no';
  // Without its line ending the line may still grow into code; the block stays open until then.
  return line.complete ? 'fence' : 'undecided';
}

/** End of the code of an open block: without an unfinished line that looks like the closing fence. */
function lastCodeOffset(text: string, open: OpenFence): number {
  const lastStart = Math.max(text.lastIndexOf('\n') + 1, lastCarriageReturn(text) + 1, open.codeStart);
  if (lastStart >= text.length) return text.length;
  const verdict = closes(text, lineAt(text, lastStart), open);
  return verdict === 'undecided' ? lastStart : text.length;
}

/** Offset of the last `\r` that ends a line by itself, -1 if none; one at the very end does not count. */
function lastCarriageReturn(text: string): number {
  const offset = text.lastIndexOf('\r', text.length - 2);
  return text.length < 2 ? -1 : offset;
}
