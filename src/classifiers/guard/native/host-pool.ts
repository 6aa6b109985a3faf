/**
 * Gives the calls of one model to its processes: one queue, to which every process comes for work.
 * A call that cannot be answered by its deadline is turned away at once, one whose process dies is
 * `guard_restarted`, and one that no process has seen yet goes to another.
 */
import type { UnavailableReason } from '../../../core/assessment.js';
import { GuardError } from '../../../core/errors.js';
import { silentLog } from '../guard-log.js';
import { createCallCosts } from './call-costs.js';
import { createCallQueue, type QueuedCall } from './call-queue.js';
import { createForecast, type CallNote, type Forecast, type RunningCall } from './forecast.js';
import type { NativeHost, NativeHostOptions } from './host-interface.js';
import { createModelProcess, type HostState, type ModelProcess } from './model-process.js';
import type { CallOutcome, SessionKind, Sessions } from './protocol.js';
import { SESSION_SIZES } from './session-size.js';

export interface HostPoolOptions<K extends SessionKind> extends NativeHostOptions<K> {
  /** At least 1; each holds the whole model and uses the threads of the spec. */
  readonly processes: number;
}

/**
 * Returns at once. The first process starts at once, each further one when the one before it has loaded:
 * a bad file is told once, and the disk and the memory are not asked for everything at the same time.
 */
export function createHostPool<K extends SessionKind>(
  spec: Sessions[K]['spec'],
  options: HostPoolOptions<K>,
): NativeHost<K> {
  type Request = Sessions[K]['request'];
  type Answer = Sessions[K]['answer'];
  type Waiting = QueuedCall<Request, Answer, CallNote>;
  const { processes: total, maxQueue = 64, log = silentLog, now = () => performance.now() } = options;
  const kind = SESSION_SIZES[spec.kind as K];
  const { costOf, spent } = options.size ?? kind;
  const costs = createCallCosts(kind.remembered(spec));
  const loadedFile = { mark: undefined };
  const processes: ModelProcess<K>[] = [];
  const running = new Map<number, RunningCall & { readonly call: Waiting }>();
  let waiters: { resolve: () => void; reject: (error: GuardError) => void }[] = [];
  let closed = false;
  let refused = 0;
  /** Process -> lane of the call that it began last. */
  const lastLane = new Map<number, string | undefined>();

  const forecast: Forecast<Waiting> = createForecast({
    ready: readyIndexes,
    room: (index) => processes[index]?.room ?? 0,
    running: () => [...running.values()],
    waiting: () => queue.waiting,
    costs,
    now,
  });
  const queue = createCallQueue<Request, Answer, CallNote>({
    limit: maxQueue,
    onFull() {
      refused += 1;
      return forecast.secondsUntilRoom();
    },
    lateReason: () =>
      stateOf().phase === 'ready'
        ? { reason: 'timeout', detail: 'The check did not get its turn in time.' }
        : { reason: 'not_ready', detail: 'The guard model is not loaded yet.' },
    onAbandoned(call) {
      const entry = running.get(call.id);
      if (entry !== undefined) processes[entry.process]?.cancel(call.id);
    },
  });

  function startNext(): void {
    const index = processes.length;
    if (closed || index >= total) return;
    const name = total === 1 ? 'model process' : `model process ${index + 1} of ${total}`;
    let loadedBefore = false;
    const created = createModelProcess<K>(
      spec,
      {
        name,
        loadTimeoutMs: options.loadTimeoutMs ?? 600_000,
        hangMs: options.hangMs ?? 60_000,
        firstPauseMs: options.firstPauseMs ?? 200,
        maxPauseMs: options.maxPauseMs ?? 30_000,
        healthyMs: options.healthyMs ?? 60_000,
        loadedFile,
        log,
      },
      {
        onLoaded() {
          log('info', `Guard model loaded${total === 1 ? '' : ` (${name})`}: ${spec.modelPath}`);
          for (const waiter of waiters.splice(0)) waiter.resolve();
          if (!loadedBefore) startNext();
          loadedBefore = true;
          pump();
        },
        onOutcome,
        onLost(ids) {
          costs.forget(index);
          for (const id of ids) {
            const lost = running.get(id);
            running.delete(id);
            lost?.call.settle(
              unavailable('guard_restarted', "The guard's model process ended during the check."),
            );
          }
          pump();
        },
        onLoadFault() {
          const state = stateOf();
          if (state.phase !== 'failed') return;
          queue.rejectWaiting('load_failed', state.message ?? '');
          for (const waiter of waiters.splice(0)) waiter.reject(notReady(state.message ?? ''));
        },
      },
    );
    processes.push(created);
  }

  function onOutcome(id: number, outcome: CallOutcome<unknown>): void {
    const entry = running.get(id);
    if (entry === undefined) return;
    running.delete(id);
    forecast.heard();
    const ms = now() - entry.since;
    // The parent's types pair each answer with its session's kind.
    const typed = outcome as CallOutcome<Answer>;
    if (typed.status === 'done') entry.started.done(ms, spent(typed.value));
    else if (entry.call.settled) entry.started.unfinished(ms);
    entry.call.settle(typed);
    for (const late of forecast.hopeless(queue.waiting)) refuse(late);
    pump();
  }

  /** Hands out calls as long as there is a process for one. */
  function pump(): void {
    if (closed) return;
    const byLoad = readyIndexes().sort((a, b) => runningOn(a) - runningOn(b) || a - b);
    for (const index of byLoad) while ((processes[index]?.room ?? 0) > 0 && handOut(index));
  }

  /** False when there is no call for the process. */
  function handOut(index: number): boolean {
    const call = queue.take({
      fits: (note) => forecast.mayGoTo(index, note),
      prefers: ({ size }) => size.lane !== undefined && size.lane === lastLane.get(index),
    });
    if (call === undefined) return false;
    if (!forecast.worthStarting(call.note, index)) {
      refuse(call);
      return true;
    }
    const { size } = call.note;
    lastLane.set(index, size.lane);
    running.set(call.id, {
      call,
      process: index,
      since: now(),
      started: costs.begin(size, index),
      get settled() {
        return call.settled;
      },
    });
    processes[index]?.run(call.id, call.request);
    return true;
  }

  /** Of a call that was let into the queue and turns out to be too late. */
  function refuse(call: Waiting): void {
    refused += 1;
    call.settle({
      ...unavailable('overloaded', 'The check waited too long to be answered in time.'),
      retryAfter: forecast.secondsUntilEmpty(),
    });
  }

  function readyIndexes(): number[] {
    return processes.flatMap(({ state }, index) => (state.phase === 'ready' ? [index] : []));
  }
  function runningOn(index: number): number {
    return processes[index]?.running ?? 0;
  }

  function stateOf(): HostState {
    if (closed) return { phase: 'closed' };
    const states = processes.map(({ state }) => state);
    const faults = states.flatMap(({ message }) => message ?? []);
    const some = (phase: HostState['phase']): boolean => states.some((state) => state.phase === phase);
    const message = faults.length === 0 ? {} : { message: faults.join(' ') };
    if (some('ready')) return { phase: 'ready', ...message };
    if (some('restarting')) return { phase: 'restarting', ...message };
    return some('loading') ? { phase: 'loading' } : { phase: 'failed', ...message };
  }

  startNext();

  return {
    get state() {
      return stateOf();
    },
    get facts() {
      return processes.find(({ facts }) => facts !== undefined)?.facts;
    },
    get queueDepth() {
      return queue.depth;
    },
    get pid() {
      return processes.find(({ pid }) => pid !== undefined)?.pid;
    },
    get pids() {
      return processes.flatMap(({ pid }) => pid ?? []);
    },
    get stats() {
      return {
        msPerToken: costs.model.msPerToken,
        fixedMs: costs.model.fixedMs,
        waitMs: forecast.waitMs(),
        running: running.size,
        waiting: queue.waiting.length,
        refused,
        restarts: processes.reduce((sum, { restarts }) => sum + restarts, 0),
        processes: { ready: readyIndexes().length, total },
      };
    },
    ready() {
      const { phase, message } = stateOf();
      switch (phase) {
        case 'ready':
          return Promise.resolve();
        case 'failed':
          return Promise.reject(notReady(message ?? 'The guard model did not load.'));
        case 'closed':
          return Promise.reject(notReady('The guard is closed.'));
        case 'loading':
        case 'restarting':
          return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
      }
    },
    call(request, callOptions) {
      const { phase, message } = stateOf();
      if (phase === 'failed') return Promise.resolve(unavailable('load_failed', message ?? ''));
      if (phase === 'closed') return Promise.resolve(unavailable('not_ready', 'The guard is closed.'));
      const { timeoutMs, affinity, signal } = callOptions;
      const own = costOf(request);
      const size = affinity === undefined ? own : { ...own, key: affinity };
      // The queue answers a call whose caller is gone already.
      const admission =
        signal?.aborted === true
          ? { admitted: true as const, unhindered: false }
          : forecast.admit(size, timeoutMs);
      if (!admission.admitted) {
        refused += 1;
        const { detail, retryAfter } = admission;
        return Promise.resolve({ ...unavailable('overloaded', detail), retryAfter });
      }
      const { unhindered } = admission;
      const answer = queue.add(request, callOptions, { size, deadline: now() + timeoutMs, unhindered });
      pump();
      return answer;
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const waiter of waiters.splice(0)) waiter.reject(notReady('The guard is closed.'));
      waiters = [];
      queue.rejectWaiting('aborted', 'The guard is closing.');
      for (const { call } of running.values()) call.settle(unavailable('aborted', 'The guard is closing.'));
      await Promise.all(processes.map((one) => one.close()));
      running.clear();
    },
  };
}

function notReady(message: string): GuardError {
  return new GuardError('guard_not_ready', message);
}

function unavailable(
  reason: UnavailableReason,
  detail: string,
): Extract<CallOutcome<never>, { status: 'unavailable' }> {
  return { status: 'unavailable', reason, detail };
}
