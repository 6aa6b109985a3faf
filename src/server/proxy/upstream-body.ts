/** The body of an upstream's answer: bytes as they come, read at the reader's pace. */

/** More than this is not read from the socket before it is taken, in bytes. */
const MAX_QUEUED = 64 * 1024;

export interface UpstreamBody extends AsyncIterableIterator<Uint8Array, undefined> {
  /**
   * All bytes that have come and were not taken yet, at least one; waits for them. Done at the body's end.
   * Rejects with GuardError('upstream_interrupted' | 'upstream_timeout' | 'client_closed').
   */
  next(): Promise<IteratorResult<Uint8Array, undefined>>;
  /** Reads no more: closes the connection, unless the body has come to its end. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** How far it was read. */
  readonly progress: { readonly bytes: number; readonly ended: boolean };
}

/** The writing side. */
export interface BodyWriter {
  readonly body: UpstreamBody;
  /** False when the reader is behind: nothing more should be read until `onDrain` is called. */
  push(bytes: Uint8Array): boolean;
  end(): void;
  /** The reader has all it wants: what still comes is dropped, and counts as read. */
  release(): void;
  fail(error: unknown): void;
}

export interface BodyOwner {
  readonly onDrain: () => void;
  /** The reader wants no more. */
  readonly onReturn: () => void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

export function createBody(owner: BodyOwner): BodyWriter {
  let queued: Uint8Array[] = [];
  let size = 0;
  let finish: { readonly error?: unknown; readonly returned?: true } | undefined;
  let waiting: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  const progress = { bytes: 0, ended: false };

  function wake(): void {
    const awaited = waiting;
    waiting = undefined;
    awaited?.resolve();
  }

  function take(): Uint8Array {
    const [first] = queued;
    const bytes = queued.length === 1 && first !== undefined ? first : Buffer.concat(queued);
    const wasFull = size >= MAX_QUEUED;
    queued = [];
    size = 0;
    progress.bytes += bytes.length;
    if (wasFull) owner.onDrain();
    return bytes;
  }

  const body: UpstreamBody = {
    progress,
    async next() {
      if (queued.length === 0 && finish === undefined)
        await new Promise<void>((resolve, reject) => (waiting = { resolve, reject }));
      if (queued.length > 0) return { done: false, value: take() };

      if (finish !== undefined && 'error' in finish) throw finish.error;
      if (finish?.returned !== true) progress.ended = true;
      return DONE;
    },
    return() {
      if (finish === undefined) {
        finish = { returned: true };
        queued = [];
        wake();
        owner.onReturn();
      }
      return Promise.resolve(DONE);
    },
    [Symbol.asyncIterator]: () => body,
  };

  return {
    body,
    push(bytes) {
      if (finish !== undefined) return true;
      queued.push(bytes);
      size += bytes.length;
      wake();
      return size < MAX_QUEUED;
    },
    end() {
      finish ??= {};
      wake();
    },
    release() {
      finish ??= {};
      queued = [];
      progress.ended = true;
    },
    fail(error) {
      finish ??= { error };
      wake();
    },
  };
}
