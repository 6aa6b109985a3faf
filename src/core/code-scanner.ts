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

export interface ScanOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole scan; over it the outcome is `unavailable(timeout)`. */
  readonly timeoutMs: number;
}

export interface CodeScanner {
  /** Loads rules and grammars; rejects with a message naming file, line and rule when a rule is wrong. */
  ready(): Promise<void>;
  /** Finds fenced blocks; pure, linear in the text, safe to call at every window of a stream. */
  locate(text: string): LocatedCode;
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
