/**
 * The books of one stream: how much of each text came, was judged, and left. `received >= judged >= free >=
 * released` is asserted here and nowhere else, at the moment a frame is about to leave. Everything that
 * leaves a gate is written down here first; a fault anywhere else in the gate ends here.
 */

/** One text's offsets, UTF-16 units from its beginning. For the parts nobody can read: numbers of parts. */
export interface Account {
  /** The text's id, as in FrameText. */
  readonly id: string;
  readonly received: number;
  /** A verdict of "go on" covers the text up to here. */
  readonly judged: number;
  /** The text may leave up to here: `judged`, less what may belong to code that is not scanned yet. */
  readonly free: number;
  /** What has left, or was taken out by an edit. */
  readonly released: number;
}

/** UTF-16 units that moved through a gate. */
export interface Progress {
  readonly received: number;
  readonly judged: number;
  /** Left after their verdict. What an edit took out is not among them. */
  readonly released: number;
  /** Passed on without waiting for a verdict (stream mode `monitor`). */
  readonly unheld: number;
}

/** What was about to happen when the books did not balance. */
export type Violation = Pick<Account, 'received' | 'judged' | 'released'> & { readonly textId: string };

/** Text was about to leave before its verdict: a fault of Portcullis. The stream must end; nothing of the frame leaves. */
export class GateViolation extends Error {
  constructor(readonly violation: Violation) {
    const { textId, received, judged, released } = violation;
    super(
      `text ${textId} was about to leave before its verdict (received ${received}, judged ${judged}, released ${released})`,
    );
    this.name = 'GateViolation';
  }
}

/** A piece of text that is about to leave with its frame. */
export interface Leaving {
  readonly account: Account;
  readonly start: number;
  readonly end: number;
  /** The length of the text that is in the frame now, before any edit. */
  readonly length: number;
  /** It says again what has left already. */
  readonly restates: boolean;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export class Ledger {
  readonly #onViolation: ((violation: Violation) => void) | undefined;
  readonly #total: Writable<Progress> = { received: 0, judged: 0, released: 0, unheld: 0 };
  #reported: Progress = { received: 0, judged: 0, released: 0, unheld: 0 };

  constructor(onViolation?: (violation: Violation) => void) {
    this.#onViolation = onViolation;
  }

  get total(): Progress {
    return this.#total;
  }

  open(id: string): Account {
    return { id, received: 0, judged: 0, free: 0, released: 0 };
  }

  receive(account: Account, length: number): void {
    (account as Writable<Account>).received += length;
    this.#total.received += length;
  }

  /** A verdict of "go on" covers the text up to `upTo`; up to `free` it may leave. */
  judge(account: Account, upTo: number, free = upTo): void {
    const own = account as Writable<Account>;
    if (upTo > own.received || free > upTo) this.#violated(account, upTo, own.released);
    if (upTo > own.judged) {
      this.#total.judged += upTo - own.judged;
      own.judged = upTo;
    }
    if (free > own.free) own.free = free;
  }

  /**
   * Writes down that a piece leaves. Throws GateViolation when it may not: then its frame must not leave.
   * @param removed how much of the piece an edit takes out of the frame before it leaves
   */
  release(leaving: Leaving, removed = 0): void {
    const { account, start, end, length, restates } = leaving;
    const own = account as Writable<Account>;
    const inOrder = restates ? start === 0 && end <= own.released : start === own.released;
    // What is in the frame must be what was received: a frame that changed while it was held was never judged.
    const same = length === end - start;
    const covered = end <= own.free && own.free <= own.judged && own.judged <= own.received;
    if (!inOrder || !same || !covered) this.#violated(account, own.judged, Math.max(end, start + length));
    if (restates) return;
    own.released = end;
    this.#total.released += end - start - removed;
    const { received, judged, released } = this.#total;
    if (released > judged || judged > received) this.#violated(account, own.judged, own.released);
  }

  /** Parts that nobody can read leave with their frame: `upTo` of them have left then. */
  releaseParts(account: Account, upTo: number): void {
    if (upTo > account.judged || account.judged > account.received)
      this.#violated(account, account.judged, upTo);
    (account as Writable<Account>).released = upTo;
  }

  /** Parts are no text: they are counted in their account only. */
  receiveParts(account: Account, count: number): void {
    (account as Writable<Account>).received += count;
  }

  judgeParts(account: Account, upTo: number): void {
    const own = account as Writable<Account>;
    if (upTo > own.received) this.#violated(account, upTo, own.released);
    own.judged = own.free = Math.max(own.judged, upTo);
  }

  /** A piece is passed on without a verdict, because the policy's stream mode is `monitor`. */
  passUnheld(length: number): void {
    this.#total.unheld += length;
  }

  /** What moved since the last call; undefined when nothing did. */
  takeProgress(): Progress | undefined {
    const { received, judged, released, unheld } = this.#total;
    const last = this.#reported;
    const moved =
      received !== last.received ||
      judged !== last.judged ||
      released !== last.released ||
      unheld !== last.unheld;
    if (!moved) return undefined;
    this.#reported = { received, judged, released, unheld };
    return {
      received: received - last.received,
      judged: judged - last.judged,
      released: released - last.released,
      unheld: unheld - last.unheld,
    };
  }

  #violated({ id, received }: Account, judged: number, released: number): never {
    const violation = { textId: id, received, judged, released };
    this.#onViolation?.(violation);
    throw new GateViolation(violation);
  }
}
