/**
 * The texts of a reply as they arrive, and the windows they are cut into for the judges. A window is what
 * came since the last one; the review gets it with all the text before it, so that whatever is split over
 * frames or windows is seen whole.
 */
import type { Channel, UnjudgedPart } from '../core/conversation.js';
import { GuardError } from '../core/errors.js';
import type { FrameText, ReplyFrame } from '../core/wire-format.js';
import type { ReplyText } from '../engine/reply-review.js';
import { Edits } from './edits.js';
import type { Account, Ledger } from './ledger.js';
import { MAX_PARTS_NAMED, MAX_SENTENCE_WAIT_MS, MAX_TEXT } from './limits.js';
import { SentenceEnds } from './sentence-ends.js';

export interface GrowingText {
  readonly account: Account;
  readonly choice: number;
  readonly channel: Channel;
  /** What the windows so far had. */
  given: string;
  /** What no window has had yet. */
  added: string;
  /** 1 while the text ends with the first half of a character that has two: it waits for the other half. */
  half: 0 | 1;
  /** When the oldest of `added` came. */
  since: number;
  /** Where it is prose, and windows end where sentences do. */
  readonly sentences: SentenceEnds | undefined;
  readonly edits: Edits;
}

/** A text within a held frame: where in its whole text it stands. */
export interface Piece {
  readonly part: FrameText;
  readonly text: GrowingText;
  readonly start: number;
  readonly end: number;
}

export interface HeldFrame {
  readonly frame: ReplyFrame;
  readonly pieces: readonly Piece[];
  /** Of a frame with parts that nobody can read: how many came, up to and with it. 0 for the others. */
  readonly parts: number;
}

/** All that came up to some moment, as the review gets it. */
export interface Window {
  readonly texts: readonly ReplyText[];
  /** The same texts in the same order. */
  readonly states: readonly GrowingText[];
  readonly unjudged: readonly UnjudgedPart[];
  readonly parts: number;
}

export interface GrowingReplyOptions {
  readonly ledger: Ledger;
  /** False where nothing is judged: then no text is kept. */
  readonly keepText: boolean;
  readonly streamed: boolean;
  /** Windows end where sentences do, unless a sentence has more than `maxWindow`. */
  readonly bySentence: boolean;
  readonly maxWindow: number;
}

/** Channels in which sentences are to be expected. */
const PROSE: ReadonlySet<Channel> = new Set<Channel>(['text', 'reasoning', 'refusal']);

export class GrowingReply {
  /** The parts that nobody can read, as an account. */
  readonly parts: Account;
  /** Frames that came since the last window was cut. */
  framesAhead = 0;
  readonly #options: GrowingReplyOptions;
  readonly #texts = new Map<string, GrowingText>();
  readonly #finished = new Set<number>();
  /** Texts that are complete though their choice goes on, and those of them that no window has had as such. */
  readonly #complete = new Set<GrowingText>();
  #newlyComplete: GrowingText[] = [];
  #unjudged: readonly UnjudgedPart[] = [];
  #kept = 0;
  /** Characters that no window has had, and how many of them are halves. */
  #uncut = 0;
  #halves = 0;
  #oldest = Infinity;
  /** True while some text has a sentence that ended and no window has had. */
  #sentenceEnded = false;

  constructor(options: GrowingReplyOptions) {
    this.#options = options;
    this.parts = options.ledger.open('(parts that are no text)');
  }

  get texts(): Iterable<GrowingText> {
    return this.#texts.values();
  }

  /** Characters that the next window could have. */
  get pending(): number {
    return this.#uncut - this.#halves;
  }

  /** When the oldest of `pending` came; Infinity for none. */
  get oldest(): number {
    return this.#oldest;
  }

  get sentenceEnded(): boolean {
    return this.#sentenceEnded;
  }

  /** Parts that nobody can read and no verdict covers. */
  get partsPending(): boolean {
    return this.parts.received > this.parts.judged;
  }

  /** A text has ended that is judged already, and was held only because it might go on. */
  get endAwaited(): boolean {
    return this.#newlyComplete.some(({ account }) => account.judged > account.free);
  }

  /** Every choice that has text has ended. */
  get allFinished(): boolean {
    if (this.#finished.size === 0) return false;
    for (const { choice } of this.#texts.values()) if (!this.#finished.has(choice)) return false;
    return true;
  }

  /**
   * Takes a frame in. Throws GuardError('upstream_malformed') when it says again what was not said before,
   * GuardError('guard_unavailable') when the reply is too long to be kept.
   * @param now of `performance.now()`
   */
  receive(frame: ReplyFrame, now: number): HeldFrame {
    const pieces: Piece[] = [];
    for (const part of frame.texts) {
      const text = this.#textOf(part);
      if (part.restates === true) pieces.push(this.#restated(text, part));
      else {
        const start = text.account.received;
        this.#add(text, part.text, now);
        pieces.push({ part, text, start, end: start + part.text.length });
      }
    }
    for (const choice of frame.finished) this.#finished.add(choice);
    for (const id of frame.finishedTexts ?? []) this.#completed(id);
    const named = frame.unjudged ?? [];
    if (named.length > 0) {
      this.#options.ledger.receiveParts(this.parts, named.length);
      this.#unjudged = withParts(this.#unjudged, named);
    }
    this.framesAhead += 1;
    return { frame, pieces, parts: named.length > 0 ? this.parts.received : 0 };
  }

  /** The next window: all that is pending, or less of it where windows end with sentences. */
  cut(last: boolean, now: number): Window {
    const states = [...this.#texts.values()];
    const texts: ReplyText[] = [];
    this.#oldest = Infinity;
    this.#sentenceEnded = false;
    for (const state of states) {
      const complete = last || this.#finished.has(state.choice) || this.#complete.has(state);
      const length = complete ? state.added.length : this.#lengthOfWindow(state, now);
      const added = length === state.added.length ? state.added : state.added.slice(0, length);
      state.given += added;
      state.added = length === state.added.length ? '' : state.added.slice(length);
      this.#uncut -= length;
      if (complete) {
        this.#halves -= state.half;
        state.half = 0;
      }
      if (length > 0) state.since = now;
      if (state.added.length > state.half) this.#oldest = Math.min(this.#oldest, state.since);
      const { account, choice, channel } = state;
      texts.push({ id: account.id, choice, channel, text: state.given, added, complete });
    }
    this.framesAhead = 0;
    this.#newlyComplete = [];
    return { texts, states, unjudged: this.#unjudged, parts: this.parts.received };
  }

  #lengthOfWindow({ added, half, since, given, sentences }: GrowingText, now: number): number {
    const all = added.length - half;
    if (sentences === undefined || all === 0) return all;
    const ended = sentences.last - given.length;
    if (ended > 0) return Math.min(ended, all);
    return all >= this.#options.maxWindow || now - since >= MAX_SENTENCE_WAIT_MS ? all : 0;
  }

  #textOf(part: FrameText): GrowingText {
    let text = this.#texts.get(part.id);
    if (text === undefined) {
      const { id, choice, channel } = part;
      text = {
        account: this.#options.ledger.open(id),
        choice,
        channel,
        given: '',
        added: '',
        half: 0,
        since: Infinity,
        sentences: this.#options.bySentence && PROSE.has(channel) ? new SentenceEnds() : undefined,
        edits: new Edits(),
      };
      this.#texts.set(part.id, text);
    }
    return text;
  }

  #completed(id: string): void {
    const text = this.#texts.get(id);
    if (text === undefined || this.#complete.has(text)) return;
    this.#complete.add(text);
    this.#newlyComplete.push(text);
  }

  #add(text: GrowingText, more: string, now: number): void {
    const { ledger, keepText, streamed } = this.#options;
    ledger.receive(text.account, more.length);
    // Whoever said that it was complete was wrong: it is judged as one that goes on.
    if (more !== '') this.#complete.delete(text);
    if (!keepText || more === '') return;
    this.#kept += more.length;
    if (streamed && this.#kept > MAX_TEXT)
      throw new GuardError(
        'guard_unavailable',
        `The reply has more than ${MAX_TEXT} characters, which is more than the guard can judge.`,
      );
    if (text.added.length === text.half) text.since = now;
    if (this.pending === 0) this.#oldest = now;
    text.added += more;
    this.#uncut += more.length;
    const half = isFirstHalf(more.charCodeAt(more.length - 1)) ? 1 : 0;
    this.#halves += half - text.half;
    text.half = half;
    if (text.sentences !== undefined) {
      const before = text.sentences.last;
      text.sentences.add(more);
      if (text.sentences.last > before) this.#sentenceEnded = true;
    }
  }

  #restated(text: GrowingText, part: FrameText): Piece {
    const end = text.account.received;
    const same =
      part.text.length === end && (!this.#options.keepText || part.text === text.given + text.added);
    if (!same)
      throw new GuardError(
        'upstream_malformed',
        'The upstream sent a text a second time in other words, so it is not clear which of them was judged.',
      );
    return { part, text, start: 0, end };
  }
}

/** The first of the two UTF-16 units of a character. */
function isFirstHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function withParts(known: readonly UnjudgedPart[], more: readonly UnjudgedPart[]): readonly UnjudgedPart[] {
  const named = [...known];
  for (const part of more)
    if (named.filter(({ kind }) => kind === part.kind).length < MAX_PARTS_NAMED) named.push(part);
  return named.length === known.length ? known : named;
}
