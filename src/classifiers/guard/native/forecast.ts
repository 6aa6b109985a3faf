/** What becomes of the calls of a pool, as far as can be told: who begins when, where, and who waits in vain. */
import { admits, admitsWhenIdle, retryAfterSeconds, schedule, worthStarting } from './admission.js';
import type { CallCosts, StartedCall } from './call-costs.js';
import type { CallSize } from './session-size.js';

/** What the queue keeps of a call. */
export interface CallNote {
  readonly size: CallSize;
  /** By the clock of the forecast. */
  readonly deadline: number;
  /** Found the guard idle: it is tried even if the estimate is against it. */
  readonly unhindered: boolean;
}

export interface RunningCall {
  readonly process: number;
  readonly since: number;
  readonly started: StartedCall;
  /** Nobody waits for it any more. */
  readonly settled: boolean;
}

/** What there is to look at. */
export interface Scene {
  /** Processes that are ready. */
  ready(): readonly number[];
  /** How many more calls a process takes. */
  room(process: number): number;
  running(): readonly RunningCall[];
  /** Oldest first. */
  waiting(): readonly { readonly note: CallNote }[];
  readonly costs: CallCosts;
  /** Milliseconds. */
  now(): number;
}

export type Admission =
  | { readonly admitted: true; readonly unhindered: boolean }
  | { readonly admitted: false; readonly detail: string; readonly retryAfter: number };

export interface Forecast<C extends { readonly note: CallNote }> {
  /** May a call queue that comes now? Always while nothing is known. */
  admit(size: CallSize, timeoutMs: number): Admission;
  /** Is it worth beginning with a call on a process? */
  worthStarting(note: CallNote, process: number): boolean;
  /** A process takes what others began only where those are clearly busier. */
  mayGoTo(process: number, note: CallNote): boolean;
  /** Calls that wait and, as things stand, wait in vain. */
  hopeless(waiting: readonly C[]): readonly C[];
  /** Until a call that comes now would begin, in milliseconds; undefined when that cannot be told. */
  waitMs(): number | undefined;
  /** Seconds until the queue is empty, and until there is room in a full one. At least 1. */
  secondsUntilEmpty(): number;
  secondsUntilRoom(): number;
  /** A process has answered: the estimates are fresh. */
  heard(): void;
}

/** An idle guard that turned calls away tries one after this long without an answer: its estimate may be wrong. */
const TRIAL_MS = 10_000;
/** A call leaves the process that holds its beginning only where another is done with it that much sooner. */
const CLEARLY_SOONER = 1.5;

export function createForecast<C extends { readonly note: CallNote }>(scene: Scene): Forecast<C> {
  const { costs } = scene;
  let lastHeard = scene.now();

  /** Cost of a call where it costs least. */
  function cheapest(size: CallSize): number | undefined {
    const ready = scene.ready();
    const process = costs.home(size, ready) ?? ready[0];
    return process === undefined ? undefined : costs.estimate(size, process);
  }

  /** When each slot of a process becomes free, in milliseconds from now. */
  function slotsOf(process: number): number[] {
    const at = scene.now();
    const busy = scene
      .running()
      .filter((call) => call.process === process)
      // A cancelled call stops at the process's next look.
      .map(({ settled, since, started }) => (settled ? 0 : Math.max(0, since + (started.costMs ?? 0) - at)));
    return [...busy, ...Array<number>(scene.room(process)).fill(0)];
  }
  function slots(): number[] {
    return scene.ready().flatMap(slotsOf);
  }

  function costed<W extends { readonly note: CallNote }>(
    call: W,
  ): { readonly call: W; readonly costMs: number; readonly remainingMs: number } {
    const { size, deadline } = call.note;
    return { call, costMs: cheapest(size) ?? 0, remainingMs: deadline - scene.now() };
  }

  function waitMs(): number | undefined {
    const free = slots();
    if (free.length === 0 || costs.model.msPerToken === undefined) return undefined;
    return schedule(free, scene.waiting().map(costed)).startMs;
  }

  function seconds(ms: number): number {
    return Math.max(1, Math.ceil(ms / 1000));
  }

  return {
    admit(size, timeoutMs) {
      const startMs = waitMs();
      const costMs = cheapest(size);
      if (startMs === undefined || costMs === undefined) return { admitted: true, unhindered: false };
      const call = { costMs, remainingMs: timeoutMs };
      const idle = scene.waiting().length === 0 && scene.ready().some((process) => scene.room(process) > 0);
      if (idle && (admitsWhenIdle(call) || scene.now() - lastHeard >= TRIAL_MS))
        return { admitted: true, unhindered: true };
      if (admits(startMs, call)) return { admitted: true, unhindered: false };
      return {
        admitted: false,
        detail: `The check would wait about ${Math.round(startMs)} ms and take about ${Math.round(costMs)} ms; it has ${Math.round(timeoutMs)} ms.`,
        retryAfter: retryAfterSeconds(startMs, call),
      };
    },
    worthStarting({ size, deadline, unhindered }, process) {
      const costMs = costs.estimate(size, process);
      return (
        unhindered || costMs === undefined || worthStarting({ costMs, remainingMs: deadline - scene.now() })
      );
    },
    mayGoTo(process, { size }) {
      const home = costs.home(size, scene.ready());
      if (home === undefined || home === process) return true;
      const atHome = costs.estimate(size, home);
      const here = costs.estimate(size, process);
      if (atHome === undefined || here === undefined) return scene.room(home) === 0;
      return Math.min(...slotsOf(home)) + atHome > here * CLEARLY_SOONER;
    },
    hopeless(waiting) {
      const free = slots();
      if (free.length === 0 || costs.model.msPerToken === undefined) return [];
      const candidates = waiting.filter(({ note }) => !note.unhindered);
      return schedule(free, candidates.map(costed)).hopeless.map(({ call }) => call);
    },
    waitMs,
    secondsUntilEmpty: () => seconds(waitMs() ?? 0),
    secondsUntilRoom() {
      const free = slots();
      const next = free.length === 0 ? 0 : Math.min(...free);
      // By the time of the very next answer, others will have taken the one place: half the queue is safer.
      return seconds(Math.max(next, (waitMs() ?? 0) / 2));
    },
    heard() {
      lastHeard = scene.now();
    },
  };
}
