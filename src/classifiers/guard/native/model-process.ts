/**
 * Keeps one model process alive. It may die at any time (llama.cpp aborts on internal errors, the
 * kernel kills what eats too much memory): it is started anew with growing pauses, and its owner is
 * told which calls were lost. Knows nothing of queues.
 */
import type { GuardLog } from '../guard-log.js';
import { fileMark } from './file-mark.js';
import { describeEnd, startHostProcess, type HostProcess } from './host-process.js';
import type { CallOutcome, FromHost, SessionKind, Sessions } from './protocol.js';

export interface HostState {
  /**
   * `failed`: the model does not load; where another try may help, it is being made in the background.
   * `restarting`: it was ready, its process ended, and it is being started again.
   */
  readonly phase: 'loading' | 'ready' | 'restarting' | 'failed' | 'closed';
  /**
   * What is wrong and what to do: always in the phases `failed` and `restarting`, and in the phase `ready`
   * where some of several processes are not.
   */
  readonly message?: string;
  /** Only with `failed`: nothing tries again; Portcullis has to be restarted. */
  readonly final?: true;
}

export interface ModelProcess<K extends SessionKind> {
  readonly state: HostState;
  /** Undefined until the model was loaded for the first time. */
  readonly facts: Sessions[K]['facts'] | undefined;
  /** The process that hosts the model now; undefined while there is none. */
  readonly pid: number | undefined;
  /** Times the process had to be started again. */
  readonly restarts: number;
  /** Calls that occupy the process; a cancelled one does until the process has let go of it. */
  readonly running: number;
  /** How many more calls it takes now; 0 while it is not ready. */
  readonly room: number;
  /** Only while there is room. */
  run(id: number, request: Sessions[K]['request']): void;
  /** Makes the process stop working on a call soon; `onOutcome` still comes, or `onLost`. */
  cancel(id: number): void;
  /** Nothing is reported after this. */
  close(): Promise<void>;
}

export interface ModelProcessOptions {
  /** How the log calls the process: `model process`, `model process 2`. */
  readonly name: string;
  readonly loadTimeoutMs: number;
  /** How long a cancelled call may go on before the process counts as hung and is ended. */
  readonly hangMs: number;
  /** Pause before the first restart, doubled for each further one up to `maxPauseMs`. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** A process that was ready for this long was healthy: the next restart pauses only briefly again. */
  readonly healthyMs: number;
  /** Shared by all processes of one model: which file was loaded first (file-mark.ts). Others are not loaded after it. */
  readonly loadedFile: { mark: string | undefined };
  readonly log: GuardLog;
}

export interface ModelProcessEvents {
  onLoaded(): void;
  onOutcome(id: number, outcome: CallOutcome<unknown>): void;
  /** The process ended with these calls unanswered. It is being started again. */
  onLost(ids: readonly number[]): void;
  onLoadFault(): void;
}

const CLOSE_GRACE_MS = 5_000;

/** Starts the process at once. */
export function createModelProcess<K extends SessionKind>(
  spec: Sessions[K]['spec'],
  options: ModelProcessOptions,
  events: ModelProcessEvents,
): ModelProcess<K> {
  const { name, loadTimeoutMs, hangMs, firstPauseMs, maxPauseMs, healthyMs, loadedFile, log } = options;
  let state: HostState = { phase: 'loading' };
  let facts: Sessions[K]['facts'] | undefined;
  let host: HostProcess | undefined;
  let parallel = 1;
  /** Running call -> the timer that runs once it is cancelled. */
  const running = new Map<number, NodeJS.Timeout | undefined>();
  let loadTimer: NodeJS.Timeout | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let restarts = 0;
  let restartsSinceHealthy = 0;

  function start(): void {
    let loaded = false;
    let loadFault: { message: string; permanent: boolean } | undefined;
    let loadedAt = 0;
    let mark: string | undefined;
    const started = startHostProcess((message) => {
      if (started !== host) return;
      switch (message.type) {
        case 'up':
          mark = fileMark(spec.modelPath);
          if (isAnother(mark)) {
            loadFault = {
              message: `${spec.modelPath} was replaced or changed since Portcullis loaded it. Restart Portcullis: the new file has to prove itself first.`,
              permanent: true,
            };
            started.kill();
          } else started.send({ type: 'load', spec });
          break;
        case 'loaded':
          loaded = true;
          loadedFile.mark ??= mark;
          loadedAt = performance.now();
          clearTimeout(loadTimer);
          onLoaded(message);
          break;
        case 'load-failed':
          loadFault = message;
          started.kill();
          break;
        case 'outcome':
          if (free(message.id)) events.onOutcome(message.id, message.outcome);
          break;
      }
    });
    host = started;
    loadTimer = setTimeout(() => {
      loadFault = {
        message: `Loading ${spec.modelPath} took longer than ${loadTimeoutMs} ms. Use a smaller model, a faster disk or more memory.`,
        permanent: false,
      };
      started.kill();
    }, loadTimeoutMs);
    void started.ended.then((end) => {
      if (started !== host) return;
      host = undefined;
      clearTimeout(loadTimer);
      if (state.phase === 'closed') return;
      if (loaded) {
        if (performance.now() - loadedAt > healthyMs) restartsSinceHealthy = 0;
        onCrash(describeEnd(end));
      } else
        onLoadFault(
          loadFault ?? {
            message: `The guard's ${name} ended while loading ${spec.modelPath}: ${describeEnd(end)}. The file may be damaged or need more memory than there is; download it again, or use another model (--guard embedded needs little).`,
            permanent: false,
          },
        );
    });
  }

  /** Its answers would be remembered under the first one's name. One that is missing may be the same when it is back. */
  function isAnother(mark: string | undefined): boolean {
    return mark !== undefined && loadedFile.mark !== undefined && mark !== loadedFile.mark;
  }

  /** False for a call that was not running. */
  function free(id: number): boolean {
    clearTimeout(running.get(id));
    return running.delete(id);
  }

  function onLoaded(message: Extract<FromHost, { type: 'loaded' }>): void {
    facts = message.facts as Sessions[K]['facts'];
    ({ parallel } = facts);
    state = { phase: 'ready' };
    events.onLoaded();
  }

  function onCrash(how: string): void {
    const message = `The guard's ${name} ended unexpectedly (${how}); it is being restarted.`;
    log('error', message);
    state = { phase: 'restarting', message };
    const lost = [...running.keys()];
    lost.forEach(free);
    scheduleStart();
    events.onLost(lost);
  }

  function onLoadFault(fault: { message: string; permanent: boolean }): void {
    log('error', fault.message);
    state = { phase: 'failed', message: fault.message };
    if (!fault.permanent) scheduleStart();
    events.onLoadFault();
  }

  function scheduleStart(): void {
    const pause = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(restartsSinceHealthy, 20));
    restartsSinceHealthy += 1;
    restartTimer = setTimeout(() => {
      restarts += 1;
      start();
    }, pause);
  }

  start();

  return {
    get state() {
      return state;
    },
    get facts() {
      return facts;
    },
    get pid() {
      return host?.pid;
    },
    get restarts() {
      return restarts;
    },
    get running() {
      return running.size;
    },
    get room() {
      return state.phase === 'ready' ? Math.max(0, parallel - running.size) : 0;
    },
    run(id, request) {
      running.set(id, undefined);
      host?.send({ type: 'call', id, request });
    },
    cancel(id) {
      if (!running.has(id)) return;
      const hung = host;
      hung?.send({ type: 'cancel', id });
      const timer = setTimeout(() => {
        log('error', `The guard's ${name} did not stop a cancelled check within ${hangMs} ms; it is ended.`);
        hung?.kill();
      }, hangMs);
      running.set(id, timer);
    },
    async close() {
      if (state.phase === 'closed') return;
      const loaded = state.phase === 'ready';
      state = { phase: 'closed' };
      clearTimeout(restartTimer);
      clearTimeout(loadTimer);
      for (const id of [...running.keys()]) free(id);
      const last = host;
      if (last === undefined) return;
      // A load in progress cannot be interrupted in an orderly way, and there is nothing to save.
      if (loaded) last.send({ type: 'close' });
      else last.kill();
      const grace = setTimeout(() => last.kill(), CLOSE_GRACE_MS);
      await last.ended;
      clearTimeout(grace);
    },
  };
}
