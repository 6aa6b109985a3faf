/** Code Shield behind its seam: finds code, has it scanned by the workers, puts the answers together. */
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';
import type { CodeAssessment, ScannedBlock } from '../../core/assessment.js';
import type { CodeScanner, CodeScanOutcome, ScanOptions } from '../../core/code-scanner.js';
import { packageRoot } from '../../runtime/entry.js';
import { createCodeFinder } from './extract/code-finder.js';
import { locate } from './extract/fences.js';
import { argumentStrings } from './extract/tool-arguments.js';
import { detectBareCode } from './languages/detect.js';
import { canonicalLanguage } from './languages/names.js';
import { createCodeStream } from './stream/code-stream.js';
import { WorkerPool, type PoolOutcome } from './worker/pool.js';

export interface CodeScannerOptions {
  /** A folder of rule files; default: the rules that come with the package. */
  readonly rulesDir?: string | undefined;
  /** Worker threads; default 1. */
  readonly workers?: number | undefined;
  /** Takes a line when a worker had to be replaced. Default: nothing is logged. */
  readonly log?: ((message: string) => void) | undefined;
}

/** UTF-16 units of code in one scan; more is `unavailable(context_overflow)`. */
export const MAX_CODE_LENGTH = 1024 * 1024;
const CACHED_SCANS = 256;

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly code: string;
  readonly language: string | undefined;
}

/** Code Shield with a pool of worker threads. Start-up work is done by `ready()` or by the first scan. */
export function createCodeScanner(options: CodeScannerOptions = {}): CodeScanner {
  const pool = new WorkerPool({
    rulesDir: options.rulesDir ?? join(packageRoot(), 'policies', 'code-shield'),
    workers: Math.max(1, options.workers ?? 1),
    log: options.log ?? (() => undefined),
  });
  // A stream's windows bring the same blocks again and again.
  const cache = new LRUCache<string, Extract<CodeScanOutcome, { status: 'scanned' }>>({ max: CACHED_SCANS });

  async function scanCode(
    code: string,
    language: string | undefined,
    scan: ScanOptions,
  ): Promise<CodeScanOutcome> {
    const startedAt = performance.now();
    if (code.length > MAX_CODE_LENGTH) return tooLong(code.length);
    const key = createHash('sha256')
      .update(`${language ?? ''}\u0000${code}`)
      .digest('base64');
    const known = cache.get(key);
    if (known !== undefined) return { ...known, ms: performance.now() - startedAt };
    const outcome = await pool.scan(code, language, scan);
    if (outcome.status === 'scanned') cache.set(key, outcome);
    return outcome;
  }

  async function scanGrowing(
    code: string,
    language: string | undefined,
    scan: ScanOptions,
  ): Promise<PoolOutcome> {
    return code.length > MAX_CODE_LENGTH ? tooLong(code.length) : pool.scan(code, language, scan, true);
  }

  /** All pieces under one deadline; the first piece without an answer makes the whole unavailable. */
  async function scanPieces(pieces: readonly Piece[], scan: ScanOptions): Promise<CodeAssessment> {
    const startedAt = performance.now();
    const total = pieces.reduce((sum, piece) => sum + piece.code.length, 0);
    if (total > MAX_CODE_LENGTH) return tooLong(total);
    const outcomes = await Promise.all(pieces.map((piece) => scanCode(piece.code, piece.language, scan)));
    const blocks: ScannedBlock[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const piece = pieces[index];
      if (piece === undefined) continue;
      const ms = performance.now() - startedAt;
      if (outcome.status === 'unavailable') return { ...outcome, ms };
      const { language, findings } = outcome;
      blocks.push({ start: piece.start, end: piece.end, language, findings });
    }
    return { status: 'scanned', blocks, ms: performance.now() - startedAt };
  }

  return {
    ready: () => pool.ready(),
    locate,
    openText: createCodeFinder,
    openCode: (tag) =>
      createCodeStream({
        scanWhole: (code, scan) => scanCode(code, tag, scan),
        scanGrowing: (code, scan) => scanGrowing(code, tag, scan),
      }),
    scanText: (text, scan) => scanPieces(piecesOfText(text), scan),
    scanCode,
    scanToolArguments: (toolName, argumentsJson, scan) =>
      scanPieces(piecesOfArguments(toolName, argumentsJson), scan),
    close: () => pool.close(),
  };
}

function tooLong(length: number): Extract<CodeScanOutcome, { status: 'unavailable' }> {
  const detail = `the code has ${length} characters, more than ${MAX_CODE_LENGTH}`;
  return { status: 'unavailable', reason: 'context_overflow', detail, ms: 0 };
}

/** Fenced blocks, and between them whatever is plainly code. */
function piecesOfText(text: string): Piece[] {
  return createCodeFinder()
    .push(text, true)
    .snippets.filter(({ code }) => code.trim() !== '')
    .map(({ start, end, code, tag }) => ({ start, end, code, language: tag }));
}

/** Keys whose string is code whatever it looks like. */
const CODE_KEYS =
  /^(?:code|source|source_?code|script|program|snippet|cmd|command|python|javascript|bash|shell|sql|query)$/i;

function piecesOfArguments(toolName: string, json: string): Piece[] {
  const strings = argumentStrings(json);
  if (strings === undefined) {
    const pieces = piecesOfText(json);
    return pieces.length > 0
      ? pieces
      : [{ start: 0, end: json.length, code: json, language: languageOfTool(toolName) }];
  }
  const said = strings.find((item) => /^(?:language|lang)$/i.test(item.key ?? ''))?.value;
  const hint = canonicalLanguage(said) ?? languageOfTool(toolName);
  const pieces: Piece[] = [];
  for (const { value, start, end, key } of strings) {
    if (value.trim() === '') continue;
    const fenced = piecesOfText(value);
    const named = key !== undefined && CODE_KEYS.test(key);
    const whole = named || detectBareCode(value).language !== 'unknown';
    const language = canonicalLanguage(key) ?? hint;
    if (whole && !hasFence(value)) pieces.push({ start, end, code: value, language });
    else pieces.push(...fenced.map((piece) => ({ ...piece, start, end })));
  }
  return pieces;
}

function hasFence(text: string): boolean {
  return createCodeFinder()
    .push(text, true)
    .snippets.some(({ fenced }) => fenced);
}

/** `run_python`, `bash`, `execute_javascript`: a word of the tool's name that names a language. */
function languageOfTool(toolName: string): string | undefined {
  for (const word of toolName.split(/[^A-Za-z0-9#+]+|(?<=[a-z])(?=[A-Z])/)) {
    // One-letter names are words of ordinary tool names too.
    const language = word.length > 1 ? canonicalLanguage(word) : undefined;
    if (language !== undefined) return language;
  }
  return undefined;
}
