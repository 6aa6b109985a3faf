/**
 * Entry point of a model process: hosts one session and answers its parent over IPC. Whatever
 * llama.cpp does to this process, an abort included, stays in this process.
 */
import type { CallOutcome, FromHost, SessionKind, ToHost } from './protocol.js';
import { openSession } from './open-session.js';
import { SessionLoadError, type Session } from './session.js';

let session: Session<SessionKind> | undefined;
/** Calls that were not answered yet, by id. */
const open = new Map<number, { readonly controller: AbortController; readonly ended: Promise<void> }>();
/** Of these, the calls that the session works on; the others wait. */
let working = 0;
const waiting: (() => void)[] = [];

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

function call(id: number, request: unknown): void {
  const controller = new AbortController();
  const work = async (): Promise<void> => {
    while (working >= (session?.facts.parallel ?? 1))
      await new Promise<void>((resolve) => waiting.push(resolve));
    working += 1;
    const outcome = await perform(request, controller.signal);
    working -= 1;
    open.delete(id);
    send({ type: 'outcome', id, outcome });
    waiting.shift()?.();
  };
  open.set(id, { controller, ended: work() });
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
  const calls = [...open.values()];
  for (const { controller } of calls) controller.abort();
  await Promise.all(calls.map(({ ended }) => ended));
  await session?.dispose();
  process.exit(0);
}

process.on('message', (message: ToHost) => {
  switch (message.type) {
    case 'load':
      void load(message);
      break;
    case 'call':
      call(message.id, message.request);
      break;
    case 'cancel':
      open.get(message.id)?.controller.abort();
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
