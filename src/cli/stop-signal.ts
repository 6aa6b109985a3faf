/** SIGINT and SIGTERM: the first asks for an orderly end, the second ends at once. */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** One Ctrl-C may arrive twice: from the terminal, and from a program that passes it on. */
const SAME_SIGNAL_MS = 300;

export interface StopSignal {
  /** Resolves at the first signal. */
  readonly stopped: Promise<void>;
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
}

/** Call once in a process. */
export function stopSignal(): StopSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const stopped = new Promise<void>((resolve) => {
    for (const [signal, code] of Object.entries(EXIT_CODES))
      process.on(signal, () => {
        firstAt ??= performance.now();
        if (controller.signal.aborted && performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(code);
        controller.abort();
        resolve();
      });
  });
  return { stopped, signal: controller.signal };
}
