/**
 * A reply and what the review has said about it: takes frames in, has windows judged, and knows what may
 * leave. When anything leaves is the gates' part.
 */
import type { Decision } from '../core/decision.js';
import { toGuardError, type GuardError } from '../core/errors.js';
import type { Channel } from '../core/conversation.js';
import type { ReplyFrame } from '../core/wire-format.js';
import { nothingToJudge } from '../engine/nothing-to-judge.js';
import type { BlockNote } from '../engine/reply-review.js';
import { weightier } from '../engine/weightier.js';
import type { Step } from './frame-source.js';
import type { GateOptions } from './gate-options.js';
import { GrowingReply, type HeldFrame, type Window } from './growing-reply.js';
import { Ledger } from './ledger.js';
import { blockedInstead } from './blocked-instead.js';
import { isWithinCharacter } from './edits.js';

/** Channels that people read: notes can stand in them, and text can be missing from them. */
const EDITED_CHANNELS: ReadonlySet<Channel> = new Set<Channel>(['text', 'reasoning', 'refusal']);

export class JudgedReply {
  readonly ledger: Ledger;
  readonly growing: GrowingReply;
  /** The policy judges replies, or the code in them. */
  readonly judging: boolean;
  /** The heaviest of all windows so far. */
  decision: Decision;
  /** The reply has come to its end, or broke off. */
  ended = false;
  /** How it broke off. */
  fault: GuardError | undefined;
  /** How many windows have been judged. */
  windows = 0;
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
    const { policy, streamed } = options;
    this.judging = policy.reply.enabled || policy.code.enabled;
    this.ledger = new Ledger(options.onViolation);
    this.growing = new GrowingReply({
      ledger: this.ledger,
      keepText: this.judging,
      streamed,
      bySentence: streamed && policy.stream.mode === 'sentence',
      maxWindow: policy.stream.maxWindow,
    });
    this.decision = nothingToJudge(policy, 'reply');
  }

  /** @returns the frame that came; undefined when the reply has ended with this step */
  accept(step: Step, now: number): HeldFrame | undefined {
    if (step.kind === 'frame') {
      try {
        const held = this.growing.receive(step.frame, now);
        if (!this.judging) this.#passUnjudged(held);
        return held;
      } catch (error) {
        // As if the upstream had broken off before it.
        this.fault = toGuardError(error);
      }
    } else if (step.kind === 'fault') this.fault = toGuardError(step.error);
    this.ended = true;
    return undefined;
  }

  /** The policy judges neither replies nor code: its word stands for a verdict. */
  #passUnjudged({ pieces, parts }: HeldFrame): void {
    for (const { part, text, end } of pieces)
      if (part.restates !== true) this.ledger.judge(text.account, end);
    if (parts > 0) this.ledger.judgeParts(this.growing.parts, parts);
  }

  /**
   * Has a window judged; afterwards `decision` is the heaviest so far.
   * @returns false when the policy blocks the reply: then nothing more may leave
   */
  async judge(window: Window): Promise<boolean> {
    const { review } = this.#options;
    const { decision, notes } = await review.judge(window.texts, window.unjudged);
    this.decision = weightier(this.decision, decision);
    if (decision.action === 'block' || !this.#edit(notes, window)) return false;
    this.cover(window);
    return true;
  }

  /** Writes down that a window has its verdict. */
  cover(window: Window): void {
    this.windows += 1;
    for (const [index, text] of window.texts.entries()) {
      const account = window.states[index]?.account;
      if (account === undefined) continue;
      const { length } = text.text;
      const held = Math.min(length, this.#options.review.holdFrom(text));
      const free = isWithinCharacter(text.text, held) ? held - 1 : held;
      this.ledger.judge(account, length, Math.max(account.free, free));
    }
    this.ledger.judgeParts(this.growing.parts, window.parts);
  }

  /** @returns false when what must not be read cannot be taken out: then the reply is blocked */
  #edit(notes: readonly BlockNote[], window: Window): boolean {
    const { editable, policy } = this.#options;
    for (const note of notes) {
      const index = window.texts.findIndex(({ id }) => id === note.textId);
      const state = window.states[index];
      const removes = note.end > note.start;
      const prose = state !== undefined && EDITED_CHANNELS.has(state.channel);
      if (editable && prose && state.edits.add(note, state.given, state.account.released)) continue;
      if (!removes) continue; // a warning that has no place: the decision tells of it
      this.decision = blockedInstead(this.decision, note.decision, policy);
      return false;
    }
    return true;
  }

  /** Whether a verdict covers everything in the frame. */
  mayLeave({ pieces, parts }: HeldFrame): boolean {
    for (const { text, end } of pieces) if (end > text.account.free) return false;
    return parts <= this.growing.parts.judged;
  }

  /** Writes the edits into a frame that leaves, and the frame into the ledger. Throws GateViolation. */
  release({ pieces, parts }: HeldFrame): void {
    for (const { part, text, start, end } of pieces) {
      const restates = part.restates === true;
      const edited = text.edits.none ? undefined : text.edits.apply(part.text, start, end);
      const leaving = { account: text.account, start, end, length: part.text.length, restates };
      this.ledger.release(leaving, edited?.removed ?? 0);
      if (edited !== undefined) part.set(edited.text);
    }
    if (parts > 0) this.ledger.releaseParts(this.growing.parts, parts);
  }

  /** Frames for notes whose place has left already, before anything else does. */
  *lateNotes(): Generator<ReplyFrame> {
    const { insert } = this.#options;
    for (const { choice, channel, edits, account } of this.growing.texts) {
      if (edits.none || channel !== 'text') continue;
      for (const note of edits.takeLate(account.released))
        for (const json of insert?.(choice, note) ?? [])
          yield { json, texts: [], finished: [], isError: false };
    }
  }

  /** Tells of progress since the last report, if there is any. */
  report(): void {
    const progress = this.ledger.takeProgress();
    if (progress !== undefined) this.#options.onProgress(progress);
  }
}
