/** The last lines a child process wrote: llama.cpp says why it aborts on stderr, and nowhere else. */
import type { Readable } from 'node:stream';

const MAX_LINES = 12;
const MAX_LINE_LENGTH = 300;

export interface OutputTail {
  follow(stream: Readable | null): void;
  /** Oldest first; empty when nothing was written. */
  lines(): readonly string[];
}

export function createOutputTail(): OutputTail {
  const lines: string[] = [];
  return {
    follow(stream) {
      let open = '';
      stream?.setEncoding('utf8');
      stream?.on('data', (chunk: string) => {
        const parts = (open + chunk).split(/\r?\n/);
        open = (parts.pop() ?? '').slice(0, MAX_LINE_LENGTH);
        for (const part of parts) {
          if (part.trim() === '') continue;
          lines.push(part.slice(0, MAX_LINE_LENGTH));
          if (lines.length > MAX_LINES) lines.shift();
        }
      });
      stream?.on('end', () => {
        if (open.trim() !== '') lines.push(open);
      });
    },
    lines: () => [...lines],
  };
}
