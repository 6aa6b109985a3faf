/** JSON Lines from files or standard input. A wrong line is told in its place; the others go on. */
import { createReadStream, fstatSync, statSync } from 'node:fs';
import { GuardError } from '../../core/errors.js';
import type { JsonValue } from '../../core/json.js';
import { parseJsonStrict } from '../../protocols/index.js';
import { CliError, EXIT } from '../exit.js';
import { MAX_LINE_BYTES, readLines, type InputLine } from './lines.js';
import { fileFault } from './read-input.js';

export interface JsonLine {
  /** `line 7`, or `items.jsonl line 7`. */
  readonly place: string;
  readonly value: JsonValue | undefined;
  /** What is wrong with the line itself; then there is no value. */
  readonly fault: string | undefined;
  /** Bytes of all inputs up to the end of this line. */
  readonly offset: number;
}

export interface JsonLines {
  readonly lines: AsyncIterable<JsonLine>;
  /** Undefined when standard input is no file. */
  readonly totalBytes: number | undefined;
}

/**
 * Blank lines are passed over.
 * @param paths read one after the other; none, or `-`, is standard input
 * @throws CliError when a file cannot be read
 */
export function openJsonLines(paths: readonly string[]): JsonLines {
  const inputs = paths.length === 0 ? ['-'] : paths;
  const sizes = inputs.map(sizeOf);
  return {
    lines: read(inputs),
    totalBytes: sizes.reduce<number | undefined>(
      (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
      0,
    ),
  };
}

function sizeOf(path: string): number | undefined {
  try {
    const stat = path === '-' ? fstatSync(process.stdin.fd) : statSync(path);
    if (stat.isDirectory()) throw new CliError(EXIT.usage, `${path} is a folder, not a file of JSON lines.`);
    return stat.isFile() ? stat.size : undefined;
  } catch (error) {
    if (path === '-' && !(error instanceof CliError)) return undefined;
    throw fileFault(path, error);
  }
}

async function* read(paths: readonly string[]): AsyncGenerator<JsonLine> {
  let before = 0;
  for (const path of paths) {
    const prefix = path === '-' ? '' : `${path} `;
    const chunks = path === '-' ? process.stdin : createReadStream(path);
    let offset = 0;
    try {
      for await (const line of readLines(chunks as AsyncIterable<Buffer>)) {
        offset = line.offset;
        if (isBlank(line)) continue;
        yield { place: `${prefix}line ${line.number}`, ...parse(line), offset: before + offset };
      }
    } catch (error) {
      throw fileFault(path, error);
    }
    before += offset;
  }
}

function isBlank({ bytes }: InputLine): boolean {
  return bytes?.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d) === true;
}

function parse({ bytes }: InputLine): Pick<JsonLine, 'value' | 'fault'> {
  if (bytes === undefined)
    return {
      value: undefined,
      fault: `longer than ${MAX_LINE_BYTES / 1024 / 1024} MB; one line is one JSON object`,
    };
  try {
    return { value: parseJsonStrict(bytes), fault: undefined };
  } catch (error) {
    if (!(error instanceof GuardError)) throw error;
    return { value: undefined, fault: inLine(error.message) };
  }
}

/** The parser's words about a request body, for a line. */
function inLine(message: string): string {
  return message
    .replace(/^The body is /, '')
    .replace(/ Send JSON encoded as UTF-8\.$/, '')
    .replace(/\(at 1:(\d+)\)\.$/, '(column $1)')
    .replace(/\.$/, '');
}
