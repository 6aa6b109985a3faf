/**
 * Hands out lanes, one holder each. Prompts wait where no lane is free for them; a prompt whose
 * conversation a free lane keeps goes before others, but passes none of them by more than a few times.
 */
import { chooseLane, continues, type LaneState, type Wanted } from './lane-choice.js';

export interface LanePool<L, T> {
  /** Opens the lanes, if they are not open. Rejects as `open` does. */
  open(): Promise<void>;
  /**
   * Runs `work` with a lane of its own. Rejects with `signal.reason` while waiting after an abort, as
   * `open` does, and as `work` does. Unless `isSound` says of an error that the lane can still be used, all
   * lanes are thrown away once their holders are done, and opened anew.
   */
  use<R>(wanted: Wanted<T>, signal: AbortSignal, work: (lane: L) => Promise<R>): Promise<R>;
}

export interface LanePoolOptions<L> {
  /** Opens all lanes; those opened before are no longer used by anybody. */
  readonly open: () => Promise<readonly L[]>;
  /** Tokens at a prompt's end that do not belong to the conversation, by role and prompt. */
  readonly fixedEnding: (role: Wanted<never>['role']) => number;
  readonly isSound: (error: unknown, signal: AbortSignal) => boolean;
}

/** A prompt that was passed by this often is next. */
const MAX_PASSED = 4;

interface Slot<L> {
  readonly lane: L;
  role: LaneState<L>['role'];
  lastUsed: number;
  kept: number;
  held: boolean;
}

interface Waiter<L, T> {
  readonly wanted: Wanted<T>;
  passed: number;
  grant(slot: Slot<L>): void;
  fail(error: unknown): void;
}

export function createLanePool<
  L extends { readonly length: number; common(tokens: readonly T[]): number },
  T,
>({ open, fixedEnding, isSound }: LanePoolOptions<L>): LanePool<L, T> {
  let slots: Slot<L>[] = [];
  /** There are lanes, and nothing is known against them. */
  let usable = false;
  let opening: Promise<void> | undefined;
  let clock = 0;
  const waiters: Waiter<L, T>[] = [];

  function openAll(): Promise<void> {
    opening ??= open()
      .then((lanes) => {
        slots = lanes.map((lane) => ({ lane, role: undefined, lastUsed: 0, kept: 0, held: false }));
        usable = true;
      })
      .finally(() => {
        opening = undefined;
      });
    return opening;
  }

  /** What a slot keeps may have become less than noted, by an abort. */
  const stateOf = (slot: Slot<L>): LaneState<L> & { slot: Slot<L> } => ({
    lane: slot.lane,
    role: slot.role,
    idle: slot.role === undefined ? Infinity : clock - slot.lastUsed,
    kept: Math.min(slot.kept, slot.lane.length),
    slot,
  });

  /** The next prompt to be served and its lane, or undefined while all have to wait. */
  function nextGrant(): { index: number; slot: Slot<L> } | undefined {
    const all = slots.map(stateOf);
    const free = all.filter(({ slot }) => !slot.held);
    let first: { index: number; slot: Slot<L> } | undefined;
    for (const [index, { wanted, passed }] of waiters.entries()) {
      const state = chooseLane(free, all, wanted);
      if (state === undefined) continue;
      const slot = free.find(({ lane }) => lane === state.lane)?.slot;
      if (slot === undefined) continue;
      // Whoever waits longer was passed by at least as often, so this comes to the first such waiter first.
      if (passed >= MAX_PASSED) return { index, slot };
      if (continues(state.lane.common(wanted.tokens), state.kept, wanted.prefix)) return { index, slot };
      first ??= { index, slot };
    }
    return first;
  }

  function pump(): void {
    if (waiters.length === 0) return;
    if (!usable) {
      // Lanes in use are still evaluating; they are replaced when the last of them is given back.
      if (slots.some(({ held }) => held)) return;
      openAll().then(pump, (error: unknown) => {
        for (const waiter of waiters.splice(0)) waiter.fail(error);
      });
      return;
    }
    for (;;) {
      const next = nextGrant();
      const waiter = next === undefined ? undefined : waiters[next.index];
      if (next === undefined || waiter === undefined) return;
      for (const earlier of waiters.slice(0, next.index)) earlier.passed += 1;
      waiters.splice(next.index, 1);
      const { slot } = next;
      const { role, tokens } = waiter.wanted;
      slot.held = true;
      slot.role = role;
      slot.lastUsed = clock;
      slot.kept = tokens.length - fixedEnding(role);
      waiter.grant(slot);
    }
  }

  function take(wanted: Wanted<T>, signal: AbortSignal): Promise<Slot<L>> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const waiter: Waiter<L, T> = {
        wanted,
        passed: 0,
        grant(slot) {
          signal.removeEventListener('abort', onAbort);
          resolve(slot);
        },
        fail(error) {
          signal.removeEventListener('abort', onAbort);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      const onAbort = (): void => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiters.push(waiter);
      pump();
    });
  }

  return {
    async open() {
      if (!usable) await openAll();
    },
    async use(wanted, signal, work) {
      const slot = await take(wanted, signal);
      try {
        return await work(slot.lane);
      } catch (error) {
        if (!isSound(error, signal)) usable = false;
        throw error;
      } finally {
        slot.held = false;
        slot.lastUsed = ++clock;
        pump();
      }
    },
  };
}
