/**
 * Holds frames until they are judged: stream modes `window`, `sentence` and `buffer`, replies that do not
 * stream, and replies that the policy does not judge.
 */
import { GuardError } from '../core/errors.js';
import type { ReplyFrame } from '../core/wire-format.js';
import type { FrameSource } from './frame-source.js';
import type { GateOptions, GateResult } from './gate-options.js';
import type { HeldFrame } from './growing-reply.js';
import { JudgedReply } from './judged-reply.js';
import {
  MAX_AHEAD,
  MAX_FRAMES_AHEAD,
  MAX_FRAMES_HELD,
  MAX_HELD,
  MAX_PATIENCE_MS,
  MAX_SENTENCE_WAIT_MS,
  MAX_WAIT_MS,
  SMALL_WINDOWS,
} from './limits.js';

export class HoldingGate {
  readonly #source: FrameSource;
  readonly #options: GateOptions;
  readonly #reply: JudgedReply;
  readonly #buffers: boolean;
  readonly #bySentence: boolean;
  /** Frames that came and have not left; those before `#first` have. */
  #held: HeldFrame[] = [];
  #first = 0;
  /** Characters of the next window, and how long text waits for them, in ms. */
  #window: number;
  #wait: number;
  /** When the last frame came. */
  #lastArrival = -Infinity;
  /**
   * Text that has no full window waits as long as the last verdict took, in ms: a guard with many streams is asked
   * less often by each of them, so that the wait for it settles instead of growing until it refuses.
   */
  #patience = 0;

  constructor(source: FrameSource, options: GateOptions) {
    this.#source = source;
    this.#options = options;
    this.#reply = new JudgedReply(options);
    const { stream } = options.policy;
    this.#buffers = stream.mode === 'buffer';
    this.#bySentence = stream.mode === 'sentence';
    // Nobody waits for the first words of a reply that is held to its end.
    this.#window = this.#buffers ? stream.maxWindow : Math.min(stream.firstWindow, stream.maxWindow);
    this.#wait = stream.firstWaitMs;
  }

  async *run(): AsyncGenerator<ReplyFrame, GateResult> {
    const reply = this.#reply;
    for (;;) {
      await this.#collect();
      const last = reply.ended;
      if (reply.judging && !(await this.#judge(last))) return { status: 'blocked', decision: reply.decision };
      yield* this.#releaseFree(last);
      this.report();
      if (last) break;
      const { received, released } = reply.ledger.total;
      if (received - released > MAX_HELD || this.#heldFrames > MAX_FRAMES_HELD) this.#refuseEndless();
    }
    const { decision, fault } = reply;
    return fault === undefined
      ? { status: 'complete', decision }
      : { status: 'failed', decision, error: fault };
  }

  /** Tells of progress since the last report, if there is any. */
  report(): void {
    this.#reply.report();
  }

  get #heldFrames(): number {
    return this.#held.length - this.#first;
  }

  /** Reads until a window is due, the upstream pauses, text has waited long enough, or the reply ends. */
  async #collect(): Promise<void> {
    const { onWaited } = this.#options;
    let now = performance.now();
    this.#lastArrival = now;
    while (!this.#reply.ended && !this.#windowDue()) {
      const deadline = this.#deadline();
      if (deadline <= now) return;
      const arrived = await this.#source.wait(deadline);
      const since = now;
      now = performance.now();
      onWaited?.(now - since);
      if (!arrived) return;
      this.#accept(now);
    }
  }

  #windowDue(): boolean {
    const { streamed, policy } = this.#options;
    if (!streamed) return false;
    const { growing, judging } = this.#reply;
    if (!judging) return this.#heldFrames > 0;
    if (growing.framesAhead >= MAX_FRAMES_AHEAD || growing.partsPending) return true;
    if (growing.endAwaited && !this.#buffers) return true;
    if (growing.pending < this.#window) return false;
    return !this.#bySentence || growing.sentenceEnded || growing.pending >= policy.stream.maxWindow;
  }

  /** When what is there is judged, or released, even if nothing more comes; of `performance.now()`. */
  #deadline(): number {
    const { streamed, policy } = this.#options;
    const { growing } = this.#reply;
    if (!streamed || this.#buffers) return Infinity;
    if (growing.pending > 0 && this.#bySentence && !growing.sentenceEnded)
      return growing.oldest + MAX_SENTENCE_WAIT_MS;
    if (growing.pending > 0)
      return Math.min(
        this.#lastArrival + Math.max(policy.stream.idleMs, this.#patience),
        growing.oldest + Math.max(this.#wait, this.#patience),
      );
    return this.#mayRelease() ? this.#lastArrival + policy.stream.idleMs : Infinity;
  }

  #accept(now: number): void {
    this.#lastArrival = now;
    const held = this.#reply.accept(this.#source.take(), now);
    if (held !== undefined) this.#held.push(held);
  }

  /**
   * Judges all text so far; more may arrive meanwhile and waits for the next window.
   * @returns false when the policy blocks the reply
   */
  async #judge(last: boolean): Promise<boolean> {
    const { growth, maxWindow } = this.#options.policy.stream;
    const since = performance.now();
    const judging = this.#reply.judge(this.#reply.growing.cut(last, since));
    await this.#readAhead(judging);
    this.#patience = Math.min(performance.now() - since, MAX_PATIENCE_MS);
    // The first words may be judged and still be held, until it is clear that they begin no code: a reader who
    // has nothing yet does not wait for a larger window.
    const nothingLeft = this.#reply.ledger.total.released === 0 && this.#reply.windows < SMALL_WINDOWS;
    if (nothingLeft) return judging;
    this.#window = Math.min(this.#window * growth, maxWindow);
    this.#wait = Math.min(this.#wait * growth, MAX_WAIT_MS);
    return judging;
  }

  /** Reads while a window is judged, as far as the memory allows; resolves when it is. */
  async #readAhead(judging: Promise<boolean>): Promise<void> {
    let settled = false;
    const done = (): void => {
      settled = true;
      this.#source.interrupt();
    };
    const finished = judging.then(done, done);
    const { growing } = this.#reply;
    while (!this.#reply.ended && growing.pending < MAX_AHEAD && growing.framesAhead < MAX_FRAMES_AHEAD) {
      const arrived = await this.#source.wait(Infinity);
      // `settled` changes behind the compiler's back, while the wait goes on.
      if (settled as boolean) return;
      if (arrived) this.#accept(performance.now());
    }
    await finished;
  }

  /** Whether the next frame may leave. */
  #mayRelease(): boolean {
    const { judging, windows, ended } = this.#reply;
    // Frames without text wait for the first verdict too: the response's headers go out with them, and
    // until then a block can still be told there.
    if (judging && !ended && (windows === 0 || (this.#buffers && this.#options.streamed))) return false;
    const next = this.#held[this.#first];
    return next !== undefined && this.#reply.mayLeave(next);
  }

  *#releaseFree(last: boolean): Generator<ReplyFrame> {
    const reply = this.#reply;
    const { onLast, onRelease } = this.#options;
    if (this.#buffers && !last) return;
    yield* reply.lateNotes();
    while (this.#mayRelease()) {
      // The end came while this window was judged: the last frame waits for the review of the whole reply.
      if (!last && reply.ended && this.#heldFrames === 1) return;
      const held = this.#takeHeld();
      if (held === undefined) return;
      reply.release(held);
      if (last && this.#heldFrames === 0 && reply.fault === undefined) onLast?.(held.frame, reply.decision);
      onRelease?.(held.frame);
      yield held.frame;
    }
    // Everything is judged and complete by now: a frame that stays behind would be lost silently.
    if (last && this.#heldFrames > 0) throw new Error('the gate kept a frame of a finished reply');
  }

  #takeHeld(): HeldFrame | undefined {
    const held = this.#held[this.#first];
    this.#first += 1;
    if (this.#first * 2 >= this.#held.length) {
      this.#held = this.#held.slice(this.#first);
      this.#first = 0;
    }
    return held;
  }

  #refuseEndless(): never {
    throw new GuardError(
      'guard_unavailable',
      this.#buffers
        ? `The reply has more than ${MAX_HELD} characters (or ${MAX_FRAMES_HELD} messages), and the policy (stream.mode: buffer) holds replies until they are complete.`
        : `The reply holds a code block or a tool call of more than ${MAX_HELD} characters (or ${MAX_FRAMES_HELD} messages), which cannot be judged in one piece.`,
    );
  }
}
