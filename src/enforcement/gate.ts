/**
 * Holds a reply until each piece of it has been judged. Frames are released whole, in order, and only
 * when a verdict covers all their text: received >= judged >= released, at every moment.
 */
import type { Channel } from '../core/conversation.js';
import type { Decision } from '../core/decision.js';
import { GuardError, toGuardError } from '../core/errors.js';
import type { FrameText, ReplyFrame } from '../core/wire-format.js';
import { nothingToJudge } from '../engine/nothing-to-judge.js';
import type { BlockNote, ReplyReview, ReplyText } from '../engine/reply-review.js';
import { weightier } from '../engine/weightier.js';
import type { Policy } from '../policy/policy.js';
import { codeNote } from './code-note.js';
import { createFrameSource, type FrameSource } from './frame-source.js';

export interface GateOptions {
  readonly review: ReplyReview;
  readonly policy: Policy;
  /** Notes may be written into the text; false for structured output, which they would break. */
  readonly editable: boolean;
  /** False for a reply that comes in one frame: there is nothing to wait for. */
  readonly streamed: boolean;
  /** Called just before a frame is handed out. */
  readonly onRelease?: ((frame: ReplyFrame) => void) | undefined;
  /** The last frame of the reply, before it is handed out; the place for the facts. */
  readonly onLast?: ((frame: ReplyFrame, decision: Decision) => void) | undefined;
  /** Milliseconds in which the gate had nothing to do but wait for the upstream. */
  readonly onWaited?: ((ms: number) => void) | undefined;
  /** What happened since the last call. */
  readonly onProgress: (progress: Progress) => void;
}

/** UTF-16 units that moved through a gate. */
export interface Progress {
  readonly received: number;
  readonly judged: number;
  /** After their verdict. */
  readonly released: number;
  /** Passed on without waiting for one (stream mode `monitor`). */
  readonly unheld: number;
}

/** How a reply ended. Whatever had no verdict was not released. */
export type GateResult =
  | { readonly status: 'complete'; readonly decision: Decision }
  | { readonly status: 'blocked'; readonly decision: Decision }
  /** The upstream failed; what came before was judged and released. */
  | { readonly status: 'failed'; readonly decision: Decision; readonly error: GuardError };

/** Milliseconds that text waits for its window to fill: a slow model's reader must not wait for a large one. */
const MAX_WAIT_MS = 750;
/** While a window is judged, this much more is read; then the upstream has to wait. UTF-16 units. */
export const MAX_AHEAD = 256 * 1024;
/** A code block or a tool call is held until it is complete; a longer one cannot be judged in one piece. */
export const MAX_HELD = 1024 * 1024;
/** Frames read since the last verdict: frames without text cost memory too. */
export const MAX_FRAMES_AHEAD = 16 * 1024;
/** Frames held at the end of a window, whatever text they have. */
export const MAX_FRAMES_HELD = 128 * 1024;

interface TextState {
  readonly id: string;
  readonly choice: number;
  readonly channel: Channel;
  text: string;
  /** The end of `text` that no window has had yet. */
  added: string;
  /** Offset up to which a verdict of 'go on' covers the text. */
  judged: number;
  /** Offset up to which the text may be released: `judged`, less what may belong to an open code block. */
  free: number;
  released: number;
}

interface Piece {
  readonly part: FrameText;
  readonly state: TextState;
  readonly start: number;
  readonly end: number;
}

interface HeldFrame {
  readonly frame: ReplyFrame;
  readonly pieces: readonly Piece[];
}

/**
 * Yields the frames that may go to the client. The caller writes each before it asks for the next, so
 * a slow client slows the upstream down. Ending the generator early ends the source and the review.
 */
export async function* gateReply(
  frames: AsyncIterable<ReplyFrame>,
  options: GateOptions,
): AsyncGenerator<ReplyFrame, GateResult> {
  const gate = new Gate(options);
  const source = createFrameSource(frames);
  try {
    return yield* gate.run(source);
  } finally {
    gate.report();
    options.review.close();
    await source.close();
  }
}

class Gate {
  readonly #options: GateOptions;
  readonly #judging: boolean;
  readonly #texts = new Map<string, TextState>();
  readonly #held: HeldFrame[] = [];
  readonly #finished = new Set<number>();
  readonly #notes: BlockNote[] = [];
  #ended = false;
  #fault: GuardError | undefined;
  #window: number;
  #decision: Decision;
  #received = 0;
  #judged = 0;
  #released = 0;
  /** Frames that came since the last window was cut. */
  #framesAhead = 0;
  #reported = { received: 0, judged: 0, released: 0 };

  constructor(options: GateOptions) {
    this.#options = options;
    const { policy } = options;
    this.#judging = policy.reply.enabled || policy.code.enabled;
    this.#window = policy.stream.firstWindow;
    this.#decision = nothingToJudge(policy, 'reply');
  }

  async *run(source: FrameSource): AsyncGenerator<ReplyFrame, GateResult> {
    for (;;) {
      await this.#collect(source);
      const last = this.#ended;
      if (this.#judging) {
        if (!(await this.#judgeWindow(source, last))) return { status: 'blocked', decision: this.#decision };
      } else this.#passUnjudged();
      yield* this.#releaseFree(last);
      this.report();
      if (last) break;
      if (this.#received - this.#released > MAX_HELD || this.#held.length > MAX_FRAMES_HELD)
        this.#refuseEndless();
    }
    if (this.#fault !== undefined) return { status: 'failed', decision: this.#decision, error: this.#fault };
    return { status: 'complete', decision: this.#decision };
  }

  /** Reads until a window is due, the upstream pauses, text has waited long enough, or the reply ends. */
  async #collect(source: FrameSource): Promise<void> {
    const { streamed, policy, onWaited } = this.#options;
    let oldest = Infinity;
    while (!this.#ended && !this.#windowDue()) {
      const since = performance.now();
      if (this.#pending() > 0) oldest = Math.min(oldest, since);
      const left = MAX_WAIT_MS - (since - oldest);
      if (streamed && left <= 0) return;
      const waiting = streamed && (this.#pending() > 0 || this.#mayRelease());
      const arrived = await source.wait(waiting ? Math.min(policy.stream.idleMs, left) : undefined);
      onWaited?.(performance.now() - since);
      if (!arrived) return;
      this.#accept(source);
    }
  }

  #windowDue(): boolean {
    if (!this.#options.streamed) return false;
    if (!this.#judging) return this.#held.length > 0;
    return this.#pending() >= this.#window || this.#framesAhead >= MAX_FRAMES_AHEAD;
  }

  #pending(): number {
    return this.#received - this.#judged;
  }

  #accept(source: FrameSource): void {
    const step = source.take();
    if (step.kind === 'end') this.#ended = true;
    else if (step.kind === 'fault') {
      this.#ended = true;
      this.#fault = toGuardError(step.error);
    } else this.#hold(step.frame);
  }

  #hold(frame: ReplyFrame): void {
    const pieces = frame.texts.map((part): Piece => {
      let state = this.#texts.get(part.id);
      if (state === undefined) {
        const { id, choice, channel } = part;
        state = { id, choice, channel, text: '', added: '', judged: 0, free: 0, released: 0 };
        this.#texts.set(part.id, state);
      }
      const start = state.text.length;
      state.text += part.text;
      state.added += part.text;
      this.#received += part.text.length;
      return { part, state, start, end: state.text.length };
    });
    for (const choice of frame.finished) this.#finished.add(choice);
    this.#held.push({ frame, pieces });
    this.#framesAhead += 1;
  }

  /**
   * Judges all text so far; more may arrive meanwhile and waits for the next window.
   * @returns false when the policy blocks the reply
   */
  async #judgeWindow(source: FrameSource, last: boolean): Promise<boolean> {
    const states = [...this.#texts.values()];
    const snapshot = states.map(({ id, choice, channel, text, added }): ReplyText => ({
      id,
      choice,
      channel,
      text,
      added,
      complete: last || this.#finished.has(choice),
    }));
    for (const state of states) state.added = '';
    this.#framesAhead = 0;
    const { review } = this.#options;
    const judging = review.judge(snapshot);
    await this.#readAhead(source, judging);
    const { decision, notes } = await judging;
    this.#decision = weightier(this.#decision, decision);
    if (decision.action === 'block') return false;
    this.#notes.push(...notes);
    snapshot.forEach((text, index) => {
      const state = states[index];
      if (state === undefined) return;
      this.#judged += text.text.length - state.judged;
      state.judged = text.text.length;
      state.free = Math.max(state.free, Math.min(text.text.length, review.holdFrom(text)));
    });
    this.#window = Math.min(
      this.#window * this.#options.policy.stream.growth,
      this.#options.policy.stream.maxWindow,
    );
    return true;
  }

  async #readAhead(source: FrameSource, judging: Promise<unknown>): Promise<void> {
    let settled = false;
    const done = judging.then(
      () => (settled = true),
      () => (settled = true),
    );
    while (!this.#ended && this.#pending() < MAX_AHEAD && this.#framesAhead < MAX_FRAMES_AHEAD) {
      await Promise.race([done, source.wait(undefined)]);
      // `settled` changes behind the compiler's back, while the race is awaited.
      if (settled as boolean) return;
      this.#accept(source);
    }
    await done;
  }

  /** The policy judges neither replies nor code: its word stands for a verdict. */
  #passUnjudged(): void {
    for (const state of this.#texts.values()) {
      this.#judged += state.text.length - state.judged;
      state.judged = state.text.length;
      state.free = state.text.length;
      state.added = '';
    }
  }

  #mayRelease(): boolean {
    // Frames without text wait for the first verdict too: the response's headers go out with them, and
    // until then a block can still be told there.
    if (this.#judging && this.#judged === 0 && !this.#ended) return false;
    return this.#held[0]?.pieces.every(({ state, end }) => end <= state.free) ?? false;
  }

  *#releaseFree(last: boolean): Generator<ReplyFrame> {
    while (this.#mayRelease()) {
      // The end came while this window was judged: the last frame waits for the review of the whole reply.
      if (!last && this.#ended && this.#held.length === 1) return;
      const held = this.#held.shift();
      if (held === undefined) return;
      for (const piece of held.pieces) this.#release(piece);
      if (last && this.#held.length === 0 && this.#fault === undefined)
        this.#options.onLast?.(held.frame, this.#decision);
      this.#options.onRelease?.(held.frame);
      yield held.frame;
    }
    // Everything is judged and complete by now: a frame that stays behind would be lost silently.
    if (last && this.#held.length > 0) throw new Error('the gate kept a frame of a finished reply');
  }

  #release({ part, state, start, end }: Piece): void {
    const notes = this.#notes.filter(
      (note) => note.textId === state.id && note.end > start && note.end <= end,
    );
    if (this.#options.editable && notes.length > 0) {
      let edited = '';
      let at = start;
      for (const note of notes) {
        edited += state.text.slice(at, note.end) + codeNote(note.decision, state.text.slice(0, note.end));
        at = note.end;
      }
      part.set(edited + state.text.slice(at, end));
    }
    state.released = end;
    this.#released += end - start;
    if (state.released > state.judged || this.#released > this.#judged || this.#judged > this.#received)
      throw new Error(`text ${state.id} was about to leave before its verdict`);
  }

  /** Tells of progress since the last report, if there is any. */
  report(): void {
    const { received, judged, released } = this.#reported;
    this.#reported = { received: this.#received, judged: this.#judged, released: this.#released };
    if (this.#received === received && this.#judged === judged && this.#released === released) return;
    this.#options.onProgress({
      received: this.#received - received,
      judged: this.#judged - judged,
      released: this.#released - released,
      unheld: 0,
    });
  }

  #refuseEndless(): void {
    throw new GuardError(
      'guard_unavailable',
      `The reply holds a code block or a tool call of more than ${MAX_HELD} characters (or ${MAX_FRAMES_HELD} messages), which cannot be judged in one piece.`,
    );
  }
}
