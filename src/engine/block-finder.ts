/**
 * Finds code blocks in a text that grows, without reading again what is settled. The scanner looks for
 * them line by line, and between two blocks a line knows nothing of the lines before it: so it is enough
 * to look from the first line that is not complete yet, or from the block that is still open.
 */
import type { CodeBlock, CodeScanner, LocatedCode } from '../core/code-scanner.js';
import { endOf, type GrowingText } from './growing-text.js';

export interface BlockFinder {
  /** As `CodeScanner.locate`; a shorter text than the last starts anew. The answer holds until the next call. */
  locate(text: GrowingText): LocatedCode;
}

export function createBlockFinder(scanner: Pick<CodeScanner, 'locate'>): BlockFinder {
  /** In order; only the last may be open. */
  let blocks: CodeBlock[] = [];
  /** Start of a line outside any block; everything before it stays as it was found. */
  let settled = 0;
  /** The text from there on. */
  let rest = '';
  let holdFrom = 0;

  return {
    locate({ text, added }) {
      const length = settled + rest.length;
      if (text.length === length) return { blocks, holdFrom };
      if (text.length < length) {
        blocks = [];
        settled = 0;
      }
      rest = added?.length === text.length - length ? rest + added : endOf(text, settled);
      if (blocks.at(-1)?.closed === false) blocks.pop();
      const found = scanner.locate(rest);
      for (const block of found.blocks) blocks.push(shifted(block, settled));
      holdFrom = found.holdFrom + settled;
      const settling = outsideUpTo(rest, found.blocks);
      settled += settling;
      rest = rest.slice(settling);
      return { blocks, holdFrom };
    },
  };
}

/** Start of the last line that is outside of any block and before any that is still open. */
function outsideUpTo(text: string, blocks: readonly CodeBlock[]): number {
  const last = blocks.at(-1);
  if (last === undefined) return text.lastIndexOf('\n') + 1;
  if (last.closed) return Math.max(last.end, text.lastIndexOf('\n') + 1);
  // `start` is behind quote and list marks, which belong to the block; text before it may be none at all.
  const line = last.start === 0 ? 0 : text.lastIndexOf('\n', last.start - 1) + 1;
  return Math.max(blocks.at(-2)?.end ?? 0, line);
}

function shifted({ start, end, codeStart, codeEnd, ...rest }: CodeBlock, by: number): CodeBlock {
  return { ...rest, start: start + by, end: end + by, codeStart: codeStart + by, codeEnd: codeEnd + by };
}
