/** The seam between the engine and Code Shield. */
import type { CodeAssessment, UnavailableReason, Finding } from './assessment.js';

/** A piece of code located in a longer text. Offsets are UTF-16 units into that text. */
export interface CodeBlock {
  /** Whole block, fences included; `end` is exclusive and covers the closing fence line's newline if present. */
  readonly start: number;
  readonly end: number;
  /** The code alone. */
  readonly codeStart: number;
  readonly codeEnd: number;
  /** The fence's info word, lower case, or undefined. */
  readonly tag: string | undefined;
  /** False while a stream has not brought the closing fence yet. */
  readonly closed: boolean;
}

export interface LocatedCode {
  readonly blocks: readonly CodeBlock[];
  /**
   * Text from this offset on may still turn into (or belong to) an open block: a stream must not
   * release it before more arrives. Equals the text's length when nothing is held.
   */
  readonly holdFrom: number;
}

/** A piece of code in a text that grows, as far as it has come. Offsets are UTF-16 units into the text. */
export interface Snippet {
  /** All of it, fences included; `end` is exclusive and covers the closing fence line's newline if present. */
  readonly start: number;
  readonly end: number;
  /** The code alone. */
  readonly codeStart: number;
  readonly codeEnd: number;
  readonly code: string;
  /** How many lines of it are complete, and the offset into `code` behind the last of them. */
  readonly lines: number;
  readonly linesEnd: number;
  /** The fence's info word, lower case; undefined where there is none. */
  readonly tag: string | undefined;
  /** False for code that nobody fenced. */
  readonly fenced: boolean;
  /** False while more of it may come. */
  readonly closed: boolean;
}

export interface FoundCode {
  /** Those that are new, or have more, or were closed since the last time, in order. */
  readonly snippets: readonly Snippet[];
  /**
   * Text from this offset on may still turn into code or belongs to an open snippet: a stream must not
   * release it before more arrives, or before the snippet's scan says so. Equals the text's length when
   * nothing is held.
   */
  readonly holdFrom: number;
}

/** Finds code in one text while it grows; what was read once is not read again. */
export interface CodeFinder {
  /**
   * @param added what came since the last call
   * @param complete no more will come; if more comes all the same, it is read as if this had been false
   */
  push(added: string, complete: boolean): FoundCode;
}

export interface CodeScanResult {
  /** Canonical name: `python`, `javascript`, `typescript`, `java`, `c`, …; `unknown` when not recognised. */
  readonly language: string;
  readonly findings: readonly Finding[];
  readonly ms: number;
}

export type CodeScanOutcome =
  | ({ readonly status: 'scanned' } & CodeScanResult)
  | {
      readonly status: 'unavailable';
      readonly reason: UnavailableReason;
      readonly detail: string;
      readonly ms: number;
    };

export type GrownCode = Pick<Snippet, 'code' | 'lines' | 'linesEnd' | 'closed'>;

/** What is known of a snippet that grows. */
export interface CodeProgress {
  /** Of the last scan: on the statements that were finished by then, on everything once it is closed. */
  readonly outcome: CodeScanOutcome;
  /**
   * Offset into the code up to which it may leave if the outcome allows it: everything before it was
   * scanned, together with some lines behind it, and no statement is open there.
   */
  readonly settled: number;
}

/** Scans one snippet again and again while it grows. Use it for one call at a time. */
export interface CodeStream {
  /**
   * Never rejects. Scans only when enough has come since the last scan, and always when it is closed.
   *
   * @param grown the whole snippet so far
   */
  push(grown: GrownCode, options: ScanOptions): Promise<CodeProgress>;
}

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole scan; over it the outcome is `unavailable(timeout)`. */
  readonly timeoutMs: number;
}

export interface CodeScanner {
  /** Loads rules and grammars; rejects with a message naming file, line and rule when a rule is wrong. */
  ready(): Promise<void>;
  /** Finds fenced blocks in a text that does not grow; pure, linear in the text. */
  locate(text: string): LocatedCode;
  /** A finder for one text that grows. */
  openText(): CodeFinder;
  /** A stream for one snippet that grows; `tag` as in `Snippet`. */
  openCode(tag: string | undefined): CodeStream;
  /** Scans every block of an LLM's answer, closed or not. Never rejects. */
  scanText(text: string, options: ScanOptions): Promise<CodeAssessment>;
  /** Scans a string that is code itself; without `language` it is detected. Never rejects. */
  scanCode(code: string, language: string | undefined, options: ScanOptions): Promise<CodeScanOutcome>;
  /**
   * Scans a tool call's arguments (JSON text): every string value in it that looks like code.
   * Malformed JSON is scanned as plain text. Never rejects. Block offsets are into `argumentsJson`
   * where they can be told, else 0 and its length.
   */
  scanToolArguments(toolName: string, argumentsJson: string, options: ScanOptions): Promise<CodeAssessment>;
  close(): Promise<void>;
}
