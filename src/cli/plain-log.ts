/** The log as a person at a terminal reads it, for commands that run once. */
import type { Config } from '../config/config.js';
import { createLog, type Log } from '../telemetry/index.js';

export interface PlainLog {
  readonly log: Log;
  /** Lines are held until then, so that a failed start is told once, by the command. */
  release(): void;
  /** What is held and says something that `told` does not. */
  releaseExcept(told: string): void;
}

/** Warnings and worse, unless the configuration says which level. */
export function createPlainLog(config: Config): PlainLog {
  const given = config.origin.settings.some(({ key, source }) => key === 'log.level' && source !== 'default');
  let held: string[] | undefined = [];
  const write = (text: string): void => void process.stderr.write(text);
  const log = createLog({
    level: given ? config.log.level : 'warn',
    prompts: config.log.prompts,
    destination: {
      write: (line) => {
        const text = plain(line);
        if (held === undefined) write(text);
        else held.push(text);
      },
    },
  });
  const releaseWhere = (wanted: (text: string) => boolean): void => {
    for (const text of held ?? []) if (wanted(text)) write(text);
    held = undefined;
  };
  return {
    log,
    release: () => releaseWhere(() => true),
    releaseExcept: (told) => releaseWhere((text) => !text.includes(told)),
  };
}

/** `{"level":"warn","msg":"…","reason":"timeout"}` -> `warn: … (reason: timeout)`. */
function plain(line: string): string {
  const { level, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(rest)
    .filter(([key]) => key !== 'time' && key !== 'part')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${String(level)}: ${String(msg)}${details.length > 0 ? ` (${details.join(', ')})` : ''}\n`;
}
