/**
 * Keeps one model process alive and hands it calls. The process may die at any time (llama.cpp aborts
 * on internal errors, the kernel kills what eats too much memory): calls in flight then get
 * `guard_restarted`, the process is started anew with growing pauses, and calls that had not been
 * sent yet wait for it until their own deadline.
 */
import { GuardError } from '../../../core/errors.js';
import { silentLog, type GuardLog } from '../guard-log.js';
import { createCallQueue, type CallOptions, type QueuedCall } from './call-queue.js';
import { describeEnd, startHostProcess, type HostProcess } from './host-process.js';
import type { CallOutcome, FromHost, SessionKind, Sessions } from './protocol.js';

export interface HostState {
  /**
   * `failed`: the model does not load; where another try may help, it is being made in the background.
   * `restarting`: it was ready, its process ended, and it is being started again.
   */
  readonly phase: 'loading' | 'ready' | 'restarting' | 'failed' | 'closed';
  /** What is wrong and what to do; only in the phases `failed` and `restarting`. */
  readonly message?: string;
}

export interface NativeHost<K extends SessionKind> {
  readonly state: HostState;
  /** Undefined until the model was loaded for the first time. */
  readonly facts: Sessions[K]['facts'] | undefined;
  /** Resolves once calls can be answered; rejects with GuardError('guard_not_ready') on a failed load or a close. */
  ready(): Promise<void>;
  /** Never rejects. */
  call(request: Sessions[K]['request'], options: CallOptions): Promise<CallOutcome<Sessions[K]['answer']>>;
  /** Calls waiting or running. */
  readonly queueDepth: number;
  /** The process that hosts the model now; undefined while there is none. */
  readonly pid: number | undefined;
  close(): Promise<void>;
}

export interface NativeHostOptions {
  /** Calls that may wait or run; default 64. */
  readonly maxQueue?: number | undefined;
  /** Default 10 minutes: 8B models on slow disks take their time. */
  readonly loadTimeoutMs?: number | undefined;
  /** How long a cancelled call may go on before the process counts as hung and is ended; default 60 s. */
  readonly hangMs?: number | undefined;
  /** Pause before the first restart, doubled for each further one up to `maxPauseMs`. Defaults 200 and 30000. */
  readonly firstPauseMs?: number | undefined;
  readonly maxPauseMs?: number | undefined;
  readonly log?: GuardLog | undefined;
}

/** A process that lived this long was healthy: the next restart pauses only briefly again. */
const HEALTHY_MS = 60_000;
const CLOSE_GRACE_MS = 5_000;

export function createNativeHost<K extends SessionKind>(
  spec: Sessions[K]['spec'],
  options: NativeHostOptions = {},
): NativeHost<K> {
  type Request = Sessions[K]['request'];
  type Answer = Sessions[K]['answer'];
  const { maxQueue = 64, loadTimeoutMs = 600_000, hangMs = 60_000 } = options;
  const { firstPauseMs = 200, maxPauseMs = 30_000, log = silentLog } = options;

  let state: HostState = { phase: 'loading' };
  let facts: Sessions[K]['facts'] | undefined;
  let host: HostProcess | undefined;
  /** The call the process works on; it takes one at a time. */
  let current: QueuedCall<Request, Answer> | undefined;
  let hangTimer: NodeJS.Timeout | undefined;
  let loadTimer: NodeJS.Timeout | undefined;
  let restartTimer: NodeJS.Timeout | undefined;
  let restarts = 0;
  let waiters: { resolve: () => void; reject: (error: GuardError) => void }[] = [];

  const queue = createCallQueue<Request, Answer>({
    limit: maxQueue,
    lateReason: () =>
      state.phase === 'ready'
        ? { reason: 'timeout', detail: 'The check did not get its turn in time.' }
        : { reason: 'not_ready', detail: 'The guard model is not loaded yet.' },
    onAbandoned(call) {
      if (call !== current) return;
      host?.send({ type: 'cancel', id: call.id });
      hangTimer = setTimeout(() => {
        log(
          'error',
          `The guard's model process did not stop a cancelled check within ${hangMs} ms; it is ended.`,
        );
        host?.kill();
      }, hangMs);
    },
  });

  function notReady(message: string): GuardError {
    return new GuardError('guard_not_ready', message);
  }

  function start(): void {
    let loaded = false;
    let loadFault: { message: string; permanent: boolean } | undefined;
    const startedAt = performance.now();
    const started = startHostProcess((message) => {
      if (started !== host) return;
      switch (message.type) {
        case 'up':
          started.send({ type: 'load', spec });
          break;
        case 'loaded':
          loaded = true;
          clearTimeout(loadTimer);
          onLoaded(message);
          break;
        case 'load-failed':
          loadFault = message;
          started.kill();
          break;
        case 'outcome':
          onOutcome(message);
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
      clearTimeout(hangTimer);
      if (state.phase === 'closed') return;
      if (loaded) {
        if (performance.now() - startedAt > HEALTHY_MS) restarts = 0;
        onCrash(describeEnd(end));
      } else
        onLoadFault(
          loadFault ?? {
            message: `The guard's model process ended while loading ${spec.modelPath}: ${describeEnd(end)}. The file may be damaged or need more memory than there is; download it again, or use another model (--guard embedded needs little).`,
            permanent: false,
          },
        );
    });
  }

  function onLoaded(message: Extract<FromHost, { type: 'loaded' }>): void {
    facts = message.facts as Sessions[K]['facts'];
    state = { phase: 'ready' };
    log('info', `Guard model loaded: ${spec.modelPath}`);
    for (const waiter of waiters.splice(0)) waiter.resolve();
    pump();
  }

  function onCrash(how: string): void {
    const message = `The guard's model process ended unexpectedly (${how}); it is being restarted.`;
    log('error', message);
    state = { phase: 'restarting', message };
    const interrupted = current;
    current = undefined;
    interrupted?.settle({
      status: 'unavailable',
      reason: 'guard_restarted',
      detail: "The guard's model process ended during the check.",
    });
    scheduleStart();
  }

  function onLoadFault(fault: { message: string; permanent: boolean }): void {
    log('error', fault.message);
    state = { phase: 'failed', message: fault.message };
    queue.rejectWaiting('load_failed', fault.message);
    for (const waiter of waiters.splice(0)) waiter.reject(notReady(fault.message));
    if (!fault.permanent) scheduleStart();
  }

  function scheduleStart(): void {
    const pause = Math.min(maxPauseMs, firstPauseMs * 2 ** Math.min(restarts, 20));
    restarts += 1;
    restartTimer = setTimeout(start, pause);
  }

  function onOutcome(message: Extract<FromHost, { type: 'outcome' }>): void {
    if (message.id !== current?.id) return;
    clearTimeout(hangTimer);
    const call = current;
    current = undefined;
    call.settle(message.outcome as CallOutcome<Answer>);
    pump();
  }

  function pump(): void {
    if (current !== undefined || state.phase !== 'ready' || host === undefined) return;
    current = queue.take();
    if (current !== undefined) host.send({ type: 'call', id: current.id, request: current.request });
  }

  start();

  return {
    get state() {
      return state;
    },
    get facts() {
      return facts;
    },
    get queueDepth() {
      return queue.depth;
    },
    get pid() {
      return host?.pid;
    },
    ready() {
      switch (state.phase) {
        case 'ready':
          return Promise.resolve();
        case 'failed':
          return Promise.reject(notReady(state.message ?? 'The guard model did not load.'));
        case 'closed':
          return Promise.reject(notReady('The guard is closed.'));
        case 'loading':
        case 'restarting':
          return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
      }
    },
    call(request, callOptions) {
      if (state.phase === 'failed' || state.phase === 'closed')
        return Promise.resolve({
          status: 'unavailable',
          reason: state.phase === 'failed' ? 'load_failed' : 'not_ready',
          detail: state.message ?? 'The guard is closed.',
        });
      const outcome = queue.add(request, callOptions);
      pump();
      return outcome;
    },
    async close() {
      if (state.phase === 'closed') return;
      const loaded = state.phase === 'ready';
      state = { phase: 'closed' };
      clearTimeout(restartTimer);
      clearTimeout(loadTimer);
      clearTimeout(hangTimer);
      for (const waiter of waiters.splice(0)) waiter.reject(notReady('The guard is closed.'));
      waiters = [];
      queue.rejectWaiting('aborted', 'The guard is closing.');
      current?.settle({ status: 'unavailable', reason: 'aborted', detail: 'The guard is closing.' });
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
