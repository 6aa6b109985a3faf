/**
 * At most so many calls at a time; the others wait in the order in which they came. undici's pool would queue
 * them too, but keeps those that nobody wants any more until their turn comes: in front of a slow model server
 * that is without bound.
 */
export interface Lane {
  /** Whether it has begun. */
  readonly entered: boolean;
  /** It is over, or is not wanted any more. Only the first call does anything. */
  leave(): void;
}

export class Lanes {
  readonly #limit: number;
  readonly #waiting = new Set<QueuedLane>();
  #taken = 0;

  /** @param limit calls at a time, from 1 on */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls `begin` as soon as there is a lane, which may be before this returns. */
  enter(begin: (lane: Lane) => void): Lane {
    const lane = new QueuedLane(begin, () => this.#left(lane));
    if (this.#taken < this.#limit) this.#begin(lane);
    else this.#waiting.add(lane);
    return lane;
  }

  #begin(lane: QueuedLane): void {
    this.#taken += 1;
    lane.begin();
  }

  #left(lane: QueuedLane): void {
    if (!lane.entered) {
      this.#waiting.delete(lane);
      return;
    }
    this.#taken -= 1;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#begin(next);
  }
}

class QueuedLane implements Lane {
  entered = false;
  #over = false;
  readonly #start: (lane: Lane) => void;
  readonly #left: () => void;

  constructor(start: (lane: Lane) => void, left: () => void) {
    this.#start = start;
    this.#left = left;
  }

  begin(): void {
    this.entered = true;
    this.#start(this);
  }

  leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#left();
  }
}
