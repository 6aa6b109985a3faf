/** Scans one snippet while it grows, seldom enough that all scans together cost a few times the last one. */
import type { CodeProgress, CodeScanOutcome, CodeStream, ScanOptions } from '../../../core/code-scanner.js';
import { MARGIN_LINES } from '../scan/scan-code.js';

export interface CodeStreamParts {
  /** The whole snippet. */
  readonly scanWhole: (code: string, options: ScanOptions) => Promise<CodeScanOutcome>;
  /** Whole lines of a snippet of which more will come. */
  readonly scanGrowing: (
    code: string,
    options: ScanOptions,
  ) => Promise<CodeScanOutcome & { readonly settledLines?: number | undefined }>;
}

/** Lines that must have come since the last scan, at least. */
const MIN_LINES = 4;
/** A snippet of more lines is a long one. */
const LONG = 100;

/**
 * Lines that must have come since a scan of so many lines. Short snippets are cheap; a long one grows by
 * half, so that its scans together cost about three times the last one.
 */
function nextScan(scannedLines: number): number {
  return Math.max(MIN_LINES, scannedLines * (scannedLines < LONG ? 0.2 : 0.5));
}

export function createCodeStream({ scanWhole, scanGrowing }: CodeStreamParts): CodeStream {
  /** Offsets behind each line. */
  const lineEnds: number[] = [];
  let scannedLines = 0;
  let settled = 0;
  let outcome: CodeScanOutcome = { status: 'scanned', language: 'unknown', findings: [], ms: 0 };

  return {
    async push({ code, lines, linesEnd, closed }, options): Promise<CodeProgress> {
      if (closed) {
        outcome = await scanWhole(code, options);
        return { outcome, settled: code.length };
      }
      const due = lines - scannedLines >= nextScan(scannedLines);
      if (lines <= MARGIN_LINES || !due) return { outcome, settled };
      scannedLines = lines;
      const whole = code.slice(0, linesEnd);
      const lineEnd = /\r\n|\n|\r/g;
      lineEnd.lastIndex = lineEnds.at(-1) ?? 0;
      while (lineEnd.exec(whole) !== null) lineEnds.push(lineEnd.lastIndex);
      const { settledLines = 0, ...scanned } = await scanGrowing(whole, options);
      outcome = scanned;
      if (scanned.status === 'scanned') settled = Math.max(settled, lineEnds[settledLines - 1] ?? 0);
      return { outcome, settled };
    },
  };
}
