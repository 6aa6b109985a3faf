/**
 * Ends this process when the one that started it is gone.
 *
 * npm runs scripts through a shell. Whoever kills npm kills that shell with it, but the shell passes no
 * signal on, and a server would be left behind, holding its port.
 */

const POLL_MS = 500;
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 };

/** Sends this process SIGTERM once its parent is gone, unless a signal reached it anyway. */
export function endWithParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_MS);
  watch.unref();
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    process.on(signal, () => {
      clearInterval(watch);
      // Our listener alone must not keep the process from ending, as it would have without it.
      if (process.listenerCount(signal) === 1) process.exit(code);
    });
  }
}
