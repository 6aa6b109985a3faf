/**
 * Finds code blocks in a text that grows, without reading again what is settled. The scanner looks for
 * them line by line, and between two blocks a line knows nothing of the lines before it: so it is enough
 * to look from the first line that is not complete yet, or from the block that is still open.
 */
import type { CodeBlock, CodeScanner, LocatedCode } from '../core/code-scanner.js';

export interface BlockFinder {
  /**
   * As `CodeScanner.locate`.
   * @param text what it was the last time, and more; a shorter one starts anew
   */
  locate(text: string): LocatedCode;
}

export function createBlockFinder(scanner: Pick<CodeScanner, 'locate'>): BlockFinder {
  /** In order; only the last may be open. */
  let blocks: CodeBlock[] = [];
  /** Start of a line outside any block; everything before it stays as it was found. */
  let settled = 0;
  let length = 0;
  let holdFrom = 0;

  return {
    locate(text) {
      if (text.length < length) {
        blocks = [];
        settled = 0;
      } else if (text.length === length) return { blocks, holdFrom };
      length = text.length;
      if (blocks.at(-1)?.closed === false) blocks.pop();
      const found = scanner.locate(text.slice(settled));
      for (const block of found.blocks) blocks.push(shifted(block, settled));
      holdFrom = found.holdFrom + settled;
      const last = blocks.at(-1);
      const [end, outside] =
        last === undefined
          ? [0, length]
          : last.closed
            ? [last.end, length]
            : // `start` is behind quote and list marks, which belong to the block.
              [blocks.at(-2)?.end ?? 0, last.start];
      settled = Math.max(settled, end, text.lastIndexOf('\n', outside - 1) + 1);
      return { blocks, holdFrom };
    },
  };
}

function shifted({ start, end, codeStart, codeEnd, ...rest }: CodeBlock, by: number): CodeBlock {
  return { ...rest, start: start + by, end: end + by, codeStart: codeStart + by, codeEnd: codeEnd + by };
}
