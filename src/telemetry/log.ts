/** The structured log: one line of JSON a record, on standard error unless told otherwise. */
import { destination as fileDescriptor, pino, stdTimeFunctions, type Logger } from 'pino';
import { scrubLine } from './log-scrub.js';

export type Log = Logger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Gets each line with its newline. Default: standard error, written at once. */
  readonly destination?: { write(line: string): void };
  /** True lets prompt and reply text into the log, where code passes it. Credentials never get in. */
  readonly prompts: boolean;
}

/**
 * Standard output belongs to results (`classify --jsonl`), so the log goes to standard error; and it is
 * written synchronously, because the last line before a crash is the one that is needed.
 */
export function createLog({ level, destination, prompts }: LogOptions): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => scrubLine(line, prompts) },
    },
    destination ?? fileDescriptor({ dest: 2, sync: true }),
  );
}
