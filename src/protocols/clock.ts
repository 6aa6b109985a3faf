/** Where made-up messages take their time and ids from; tests pass their own. */
import { randomUUID } from 'node:crypto';

export interface Clock {
  now(): Date;
  /** A fresh id of letters and digits. */
  id(): string;
}

export const systemClock: Clock = {
  now: () => new Date(),
  id: () => randomUUID().replaceAll('-', ''),
};

export interface FormatOptions {
  /** Default: the system's time and random ids. */
  readonly clock?: Clock;
}
