/**
 * Gives the calls of one model to its processes: one queue, to which every process comes for work.
 * A call that cannot be answered by its deadline is turned away at once, one whose process dies is
 * `guard_restarted`, and one that no process has seen yet goes to another.
 */
import type { UnavailableReason } from '../../../core/assessment.js';
import { GuardError } from '../../../core/errors.js';
import { silentLog } from '../guard-log.js';
import { admits, admitsWhenIdle, retryAfterSeconds, schedule, worthStarting } from './admission.js';
import { createCallCosts, type StartedCall } from './call-costs.js';
import { createCallQueue, type QueuedCall } from './call-queue.js';
import { createModelProcess, type HostState, type ModelProcess } from './model-process.js';
import type { NativeHost, NativeHostOptions } from './native-host.js';
import type { CallOutcome, SessionKind, Sessions } from './protocol.js';
import { SESSION_SIZES, type CallSize } from './session-size.js';

export interface HostPoolOptions<K extends SessionKind> extends NativeHostOptions<K> {
  /** At least 1; each holds the whole model and uses the threads of the spec. */
  readonly processes: number;
}

/** What the queue keeps of a call. */
interface Note {
  readonly size: CallSize;
  readonly deadline: number;
  /** Found the guard idle: it is tried even if the estimate is against it. */
  readonly unhindered: boolean;
}

interface Running<R, A> {
  readonly call: QueuedCall<R, A, Note>;
  readonly process: number;
  readonly since: number;
  readonly started: StartedCall;
}

/** An idle guard that turned calls away tries one after this long without an answer: its estimate may be wrong. */
const TRIAL_MS = 10_000;
/** A call leaves the process that holds its beginning only where another is done with it that much sooner. */
const CLEARLY_SOONER = 1.5;

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
  const { processes: total, maxQueue = 64, log = silentLog, now = () => performance.now() } = options;
  const kind = SESSION_SIZES[spec.kind as K];
  const { costOf, spent } = options.size ?? kind;
  const costs = createCallCosts(kind.remembered(spec));
  const processes: ModelProcess<K>[] = [];
  const running = new Map<number, Running<Request, Answer>>();
  let waiters: { resolve: () => void; reject: (error: GuardError) => void }[] = [];
  let closed = false;
  let refused = 0;
  let lastSign = now();
  /** Process -> lane of the call that it began last. */
  const lastLane = new Map<number, string | undefined>();

  const queue = createCallQueue<Request, Answer, Note>({
    limit: maxQueue,
    onFull() {
      refused += 1;
      const slots = slotsOfReady();
      const next = slots.length === 0 ? 0 : Math.min(...slots);
      return Math.max(1, Math.ceil(Math.max(next, (startMs() ?? 0) / 2) / 1000));
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
    lastSign = now();
    const ms = lastSign - entry.since;
    // The parent's types pair each answer with its session's kind.
    const typed = outcome as CallOutcome<Answer>;
    if (typed.status === 'done') entry.started.done(ms, spent(typed.value));
    else if (entry.call.settled) entry.started.unfinished(ms);
    entry.call.settle(typed);
    dropHopeless();
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
      fits: (note) => mayGoTo(index, note),
      prefers: ({ size }) => size.lane !== undefined && size.lane === lastLane.get(index),
    });
    if (call === undefined) return false;
    const { size, deadline, unhindered } = call.note;
    const since = now();
    const costMs = costs.estimate(size, index);
    const inTime = costMs === undefined || worthStarting({ costMs, remainingMs: deadline - since });
    if (!inTime && !unhindered) {
      refuse(call, costMs);
      return true;
    }
    lastLane.set(index, size.lane);
    running.set(call.id, { call, process: index, since, started: costs.begin(size, index) });
    processes[index]?.run(call.id, call.request);
    return true;
  }

  /** A process takes what others began only where those are clearly busier. */
  function mayGoTo(index: number, { size }: Note): boolean {
    const home = costs.home(size, readyIndexes());
    if (home === undefined || home === index) return true;
    const atHome = costs.estimate(size, home);
    const here = costs.estimate(size, index);
    if (atHome === undefined || here === undefined) return processes[home]?.room === 0;
    return Math.min(...slotsOf(home)) + atHome > here * CLEARLY_SOONER;
  }

  /** Those that wait and, as things stand, wait in vain. */
  function dropHopeless(): void {
    const slots = slotsOfReady();
    if (slots.length === 0) return;
    const at = now();
    const waiting = queue.waiting.flatMap((call) => {
      const costMs = cheapest(call.note.size);
      return costMs === undefined || call.note.unhindered
        ? []
        : [{ call, costMs, remainingMs: call.note.deadline - at }];
    });
    for (const { call, costMs } of schedule(slots, waiting).hopeless) refuse(call, costMs);
  }

  function refuse(call: QueuedCall<Request, Answer, Note>, costMs: number | undefined): void {
    refused += 1;
    const start = startMs() ?? 0;
    call.settle({
      ...unavailable('overloaded', 'The check waited too long to be answered in time.'),
      // Its caller will come again with a deadline of its own; all that is known is how long the queue is.
      retryAfter: retryAfterSeconds(start, { costMs: costMs ?? 0, remainingMs: 0 }),
    });
  }

  /** The answer to a call that would not be done in time; undefined when it may queue. */
  function turnAway(
    size: CallSize,
    timeoutMs: number,
  ): { readonly outcome?: CallOutcome<Answer>; readonly unhindered: boolean } {
    const start = startMs();
    const costMs = cheapest(size);
    if (start === undefined || costMs === undefined) return { unhindered: false };
    const call = { costMs, remainingMs: timeoutMs };
    const idle = queue.waiting.length === 0 && processes.some(({ room }) => room > 0);
    if (idle && (admitsWhenIdle(call) || now() - lastSign >= TRIAL_MS)) return { unhindered: true };
    if (admits(start, call)) return { unhindered: false };
    refused += 1;
    return {
      unhindered: false,
      outcome: {
        ...unavailable(
          'overloaded',
          `The check would wait about ${Math.round(start)} ms and take about ${Math.round(costMs)} ms; it has ${Math.round(timeoutMs)} ms.`,
        ),
        retryAfter: retryAfterSeconds(start, call),
      },
    };
  }

  function readyIndexes(): number[] {
    return processes.flatMap(({ state }, index) => (state.phase === 'ready' ? [index] : []));
  }
  function runningOn(index: number): number {
    return processes[index]?.running ?? 0;
  }
  /** Cost of a call where it costs least. */
  function cheapest(size: CallSize): number | undefined {
    const ready = readyIndexes();
    const index = costs.home(size, ready) ?? ready[0];
    return index === undefined ? undefined : costs.estimate(size, index);
  }
  /** When each slot of a process becomes free, in milliseconds from now. */
  function slotsOf(index: number): number[] {
    const at = now();
    const busy = [...running.values()]
      .filter(({ process }) => process === index)
      // A cancelled call stops at the process's next look.
      .map(({ call, since, started }) =>
        call.settled ? 0 : Math.max(0, since + (started.costMs ?? 0) - at),
      );
    return [...busy, ...Array<number>(processes[index]?.room ?? 0).fill(0)];
  }
  function slotsOfReady(): number[] {
    return readyIndexes().flatMap(slotsOf);
  }
  /** When a call that comes now would begin; undefined when that cannot be told. */
  function startMs(): number | undefined {
    const slots = slotsOfReady();
    if (slots.length === 0 || costs.model.msPerToken === undefined) return undefined;
    const at = now();
    const waiting = queue.waiting.map(({ note: { size, deadline } }) => ({
      costMs: cheapest(size) ?? 0,
      remainingMs: deadline - at,
    }));
    return schedule(slots, waiting).startMs;
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
        waitMs: startMs(),
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
      const { outcome, unhindered } =
        signal?.aborted === true ? { unhindered: false } : turnAway(size, timeoutMs);
      if (outcome !== undefined) return Promise.resolve(outcome);
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
