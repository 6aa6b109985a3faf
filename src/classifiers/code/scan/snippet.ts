/**
 * Makes a snippet readable for the grammars without moving its lines: strips quote marks and the
 * indentation that list items add, and the prompts of interactive sessions.
 */
export interface Snippet {
  readonly code: string;
  /** Per line, how many UTF-16 units were taken away at its start. */
  readonly removed: readonly number[];
}

/** Quotes in quotes; deeper ones are not unwrapped. */
const MAX_QUOTES = 8;
const LINE_END = /(\r\n|\n|\r)/;

export function prepareSnippet(raw: string): Snippet {
  const pieces = raw.split(LINE_END);
  const lines = pieces.filter((_, index) => index % 2 === 0);
  const ends = pieces.filter((_, index) => index % 2 === 1);
  const removed = lines.map(() => 0);
  const cut = (index: number, length: number): void => {
    lines[index] = (lines[index] ?? '').slice(length);
    removed[index] = (removed[index] ?? 0) + length;
  };
  const filled = (line: string): boolean => line.trim() !== '';
  const isQuote = (line: string): boolean => /^[ \t]*>(?!>> )/.test(line);
  for (let depth = 0; depth < MAX_QUOTES; depth++) {
    if (!lines.some(filled) || !lines.filter(filled).every(isQuote)) break;
    for (const [index, line] of lines.entries()) cut(index, /^[ \t]*> ?/.exec(line)?.[0].length ?? 0);
  }
  const common = commonIndent(lines.filter(filled));
  if (common > 0) for (const [index, line] of lines.entries()) cut(index, Math.min(common, line.length));
  // Only prompts are taken away, never a line: what looks like a session's output may be code.
  if (lines.some((line) => line.startsWith('>>> ')))
    for (const [index, line] of lines.entries())
      cut(index, /^(?:>>>|\.\.\.)(?: |$)/.exec(line)?.[0].length ?? 0);
  return { code: lines.map((line, index) => line + (ends[index] ?? '')).join(''), removed };
}

function commonIndent(lines: readonly string[]): number {
  let common: string | undefined;
  for (const line of lines) {
    const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
    if (common === undefined) common = indent;
    else {
      let length = 0;
      while (length < common.length && common.charAt(length) === indent.charAt(length)) length++;
      common = common.slice(0, length);
    }
  }
  return common?.length ?? 0;
}
