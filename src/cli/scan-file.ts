/** Scans one file, or standard input. */
import { extname } from 'node:path';
import { canonicalLanguage } from './language.js';
import type { ScanParts, ScannedSource, ScanSource } from '../server/guard-api/index.js';
import { scanSource } from '../server/guard-api/index.js';
import { CliError } from './exit.js';
import { readInput } from './input/read-input.js';

export type ScannedFile =
  | { readonly path: string; readonly scanned: ScannedSource; readonly fault: undefined }
  /** The file could not be read. */
  | { readonly path: string; readonly scanned: undefined; readonly fault: string };

export interface ScanFileOptions {
  readonly language?: string;
  /** The input is an answer with code in it. */
  readonly text?: boolean;
}

/** @param path `-` is standard input */
export async function scanFile(
  parts: ScanParts,
  path: string,
  options: ScanFileOptions,
): Promise<ScannedFile> {
  let content: string;
  try {
    content = await readInput(path);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { path, scanned: undefined, fault: error.message };
  }
  const scanned = await scanSource(parts, sourceOf(parts, path, content, options), { requestId: path });
  return { path, scanned, fault: undefined };
}

const ANSWERS = new Set(['.md', '.markdown', '.mdx']);

function sourceOf(
  { scanner }: ScanParts,
  path: string,
  content: string,
  { language, text }: ScanFileOptions,
): ScanSource {
  if (text === true) return { text: content };
  if (language !== undefined) return { code: content, language };
  const extension = extname(path).toLowerCase();
  if (ANSWERS.has(extension)) return { text: content };
  const said = canonicalLanguage(extension.slice(1));
  if (said !== undefined) return { code: content, language: said };
  // What nobody named, and what has fenced code in it, is an answer.
  return scanner.locate(content).blocks.length > 0 ? { text: content } : { code: content };
}
