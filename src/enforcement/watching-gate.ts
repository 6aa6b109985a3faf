/**
 * Stream mode `monitor`: text leaves as it comes and is judged beside; what the policy would have done is
 * only reported. The judges never slow the reader down: one window is judged at a time, and the next has
 * all that came meanwhile. Only what ends the reply waits for the last verdict, so that it can tell the facts.
 */
import type { Decision } from '../core/decision.js';
import type { ReplyFrame } from '../core/wire-format.js';
import type { FrameSource } from './frame-source.js';
import type { GateOptions, GateResult } from './gate-options.js';
import type { HeldFrame } from './growing-reply.js';
import { JudgedReply } from './judged-reply.js';
import { MAX_FRAMES_HELD, MAX_WAIT_MS } from './limits.js';

export class WatchingGate {
  readonly #source: FrameSource;
  readonly #options: GateOptions;
  readonly #reply: JudgedReply;
  /** Frames without text behind the end of all text: they wait for the facts. */
  #ending: HeldFrame[] = [];
  #window: number;
  #lastArrival = 0;
  #judging: Promise<void> | undefined;
  /** What a judge threw, against its contract. */
  #broken: { readonly error: unknown } | undefined;

  constructor(source: FrameSource, options: GateOptions) {
    this.#source = source;
    this.#options = options;
    this.#reply = new JudgedReply(options);
    this.#window = options.policy.stream.firstWindow;
  }

  async *run(): AsyncGenerator<ReplyFrame, GateResult> {
    const reply = this.#reply;
    while (!reply.ended) {
      const since = performance.now();
      const arrived = await this.#source.wait(this.#deadline());
      const now = performance.now();
      this.#options.onWaited?.(now - since);
      if (arrived) {
        this.#lastArrival = now;
        const held = reply.accept(this.#source.take(), now);
        if (held !== undefined) yield* this.#pass(held);
      }
      this.#judgeIfDue();
    }
    await this.#judgeRest();
    const decision = onlyReported(reply.decision);
    yield* this.#passEnding(decision);
    this.report();
    const { fault } = reply;
    return fault === undefined
      ? { status: 'complete', decision }
      : { status: 'failed', decision, error: fault };
  }

  /** Tells of progress since the last report, if there is any. */
  report(): void {
    this.#reply.report();
  }

  *#pass(held: HeldFrame): Generator<ReplyFrame> {
    const { growing } = this.#reply;
    if (held.pieces.length === 0 && growing.allFinished && this.#ending.length < MAX_FRAMES_HELD) {
      this.#ending.push(held);
      return;
    }
    const ending = this.#ending;
    if (ending.length > 0) this.#ending = [];
    for (const earlier of ending) yield this.#passed(earlier);
    yield this.#passed(held);
  }

  *#passEnding(decision: Decision): Generator<ReplyFrame> {
    for (const [index, held] of this.#ending.entries()) {
      if (index === this.#ending.length - 1 && this.#reply.fault === undefined)
        this.#options.onLast?.(held.frame, decision);
      yield this.#passed(held);
    }
  }

  #passed({ frame, pieces }: HeldFrame): ReplyFrame {
    for (const { part, start, end } of pieces)
      if (part.restates !== true) this.#reply.ledger.passUnheld(end - start);
    this.#options.onRelease?.(frame);
    return frame;
  }

  get #pending(): boolean {
    return this.#reply.growing.pending > 0 || this.#reply.growing.partsPending;
  }

  /** When what came is judged even if nothing more comes. */
  #deadline(): number {
    if (this.#judging !== undefined || !this.#reply.judging || !this.#pending) return Infinity;
    const { idleMs } = this.#options.policy.stream;
    return Math.min(this.#lastArrival + idleMs, this.#reply.growing.oldest + MAX_WAIT_MS);
  }

  #judgeIfDue(): void {
    const { growing, judging } = this.#reply;
    if (!judging || this.#judging !== undefined || this.#broken !== undefined || !this.#pending) return;
    if (growing.pending < this.#window && performance.now() < this.#deadline()) return;
    this.#judge(false);
  }

  #judge(last: boolean): void {
    const { growth, maxWindow } = this.#options.policy.stream;
    this.#window = Math.min(this.#window * growth, maxWindow);
    const window = this.#reply.growing.cut(last, performance.now());
    this.#judging = this.#reply.judge(window).then(
      (goesOn) => {
        // It has its verdict, though not one that would have let it go.
        if (!goesOn) this.#reply.cover(window);
        this.#judged();
      },
      (error: unknown) => {
        this.#broken = { error };
        this.#judged();
      },
    );
  }

  #judged(): void {
    this.#judging = undefined;
    this.report();
    // The wait for the next frame has no deadline while a window is judged.
    this.#source.interrupt();
  }

  async #judgeRest(): Promise<void> {
    await this.#judging;
    if (this.#reply.judging && this.#broken === undefined) {
      this.#judge(true);
      await this.#judging;
    }
    if (this.#broken !== undefined) throw this.#broken.error;
  }
}

/** The decision with nothing done about it. */
function onlyReported(decision: Decision): Decision {
  const reported: Decision & { message?: string } = { ...decision, action: 'allow' };
  delete reported.message;
  return reported;
}
