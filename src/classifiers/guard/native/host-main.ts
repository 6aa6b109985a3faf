/**
 * Entry point of a model process: hosts one session and answers its parent over IPC. Whatever
 * llama.cpp does to this process, an abort included, stays in this process.
 */
import type { CallOutcome, FromHost, SessionKind, ToHost } from './protocol.js';
import { openSession } from './open-session.js';
import { SessionLoadError, type Session } from './session.js';

let session: Session<SessionKind> | undefined;
let lastCall: Promise<void> = Promise.resolve();
const running = new Map<number, AbortController>();

function send(message: FromHost): void {
  // Without a channel the parent is gone, and 'disconnect' ends this process.
  if (process.connected) process.send?.(message);
}

async function load(message: Extract<ToHost, { type: 'load' }>): Promise<void> {
  try {
    session = await openSession(message.spec);
    send({ type: 'loaded', facts: session.facts });
  } catch (error) {
    send({
      type: 'load-failed',
      message: error instanceof Error ? error.message : String(error),
      permanent: error instanceof SessionLoadError && error.permanent,
    });
  }
}

async function call(id: number, request: unknown): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  const before = lastCall;
  const work = before.then(() => perform(request, controller.signal));
  lastCall = work.then(() => undefined);
  send({ type: 'outcome', id, outcome: await work });
  running.delete(id);
}

/** Never rejects. */
async function perform(request: unknown, signal: AbortSignal): Promise<CallOutcome<unknown>> {
  if (session === undefined)
    return { status: 'unavailable', reason: 'not_ready', detail: 'The model is not loaded.' };
  try {
    signal.throwIfAborted();
    // The parent's types pair each request with its session's kind.
    return await session.call(request as never, signal);
  } catch (error) {
    if (signal.aborted)
      return { status: 'unavailable', reason: 'aborted', detail: 'The call was cancelled.' };
    return {
      status: 'unavailable',
      reason: 'internal',
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}

async function close(): Promise<void> {
  for (const controller of running.values()) controller.abort();
  await lastCall;
  await session?.dispose();
  process.exit(0);
}

process.on('message', (message: ToHost) => {
  switch (message.type) {
    case 'load':
      void load(message);
      break;
    case 'call':
      void call(message.id, message.request);
      break;
    case 'cancel':
      running.get(message.id)?.abort();
      break;
    case 'close':
      void close();
      break;
  }
});

// A terminal's Ctrl-C and a service manager's stop reach the whole group, but the parent still needs
// its judge while it drains; it says `close`, or goes away, when it is done.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

// An ordinary exit would wait for a decode in progress, which may take seconds; nothing here needs saving.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

send({ type: 'up' });
