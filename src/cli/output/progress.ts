/** How far a long run has come, drawn on a terminal and nowhere else. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** @param lines done so far; @param bytes of the input read for them */
  update(lines: number, bytes: number): void;
  /** Takes the bar away. */
  stop(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  /** Bytes of the whole input, if known: then there is a bar, else a count. */
  readonly totalBytes: number | undefined;
}

const NONE: Progress = { update: () => undefined, stop: () => undefined };

/** A bar on `stream` when that is a terminal, else nothing at all. */
export function createProgress({ stream, totalBytes }: ProgressOptions): Progress {
  if (!stream.isTTY) return NONE;
  const known = totalBytes !== undefined && totalBytes > 0;
  const bar = new SingleBar({
    stream,
    format: known
      ? ' {bar} {percentage}% · {lines} lines · {rate}/s · {eta_formatted} left'
      : ' {lines} lines · {rate}/s',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: null,
    clearOnComplete: true,
    etaBuffer: 100,
    fps: 5,
  });
  const startedAt = performance.now();
  const rate = (lines: number): number =>
    Math.round(lines / Math.max(0.001, (performance.now() - startedAt) / 1000));
  bar.start(known ? totalBytes : 1, 0, { lines: 0, rate: 0 });
  return {
    update: (lines, bytes) =>
      bar.update(known ? Math.min(bytes, totalBytes) : 0, { lines, rate: rate(lines) }),
    stop: () => bar.stop(),
  };
}
