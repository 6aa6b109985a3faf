/** A clock that stands still until a test moves it. */
import type { Clock } from '../../../src/classifiers/guard/backends/clock.js';

export interface ManualClock extends Clock {
  /** Moves time on and runs what became due, in order. */
  advance(ms: number): void;
  /** Alarms that are set. */
  readonly pending: number;
}

export function createManualClock(): ManualClock {
  let time = 0;
  let alarms: { at: number; action: () => void }[] = [];
  return {
    now: () => time,
    after(ms, action) {
      const alarm = { at: time + Math.max(0, ms), action };
      alarms.push(alarm);
      return () => {
        alarms = alarms.filter((other) => other !== alarm);
      };
    },
    advance(ms) {
      const end = time + ms;
      for (;;) {
        const next = alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        alarms = alarms.filter((other) => other !== next);
        time = Math.max(time, next.at);
        next.action();
      }
      time = end;
    },
    get pending() {
      return alarms.length;
    },
  };
}
