/**
 * What is changed in one text on its way out: notes put in, ranges taken out. Frames are cut where a range
 * touches them, and a frame that says all of the text again shows the same changes.
 */
import type { BlockNote } from '../engine/reply-review.js';
import { blockNotice, codeNote } from './code-note.js';

interface Edit {
  /** Offsets in the text as received; equal for what is only put in. */
  readonly start: number;
  readonly end: number;
  /** What is put in: for a note after the character before `start`, for a notice in place of the range. */
  readonly insert: string;
  /** Some frame has shown it. */
  shown: boolean;
}

/** A piece of text after its edits. */
export interface Edited {
  readonly text: string;
  /** Characters of the piece that were taken out. */
  readonly removed: number;
}

export class Edits {
  readonly #edits: Edit[] = [];

  get none(): boolean {
    return this.#edits.length === 0;
  }

  /**
   * @param text as far as it was judged: ranges are widened where they would cut a character in two
   * @param released how much of the text has left
   * @returns false when the range begins in what has left already: too late to be taken out
   */
  add(note: BlockNote, text: string, released: number): boolean {
    const removes = note.end > note.start;
    const end = isWithinCharacter(text, note.end) ? note.end + 1 : note.end;
    const start = !removes ? end : isWithinCharacter(text, note.start) ? note.start - 1 : note.start;
    if (removes && start < released) return false;
    const before = text.charAt(start - 1);
    const insert = !removes
      ? codeNote(note.decision, before)
      : note.continues === true
        ? ''
        : blockNotice(note.decision, before);
    this.#edits.push({ start, end, insert, shown: false });
    return true;
  }

  /** The notes that belong at a place whose frame has left already; each is given once. */
  takeLate(released: number): string[] {
    const late: string[] = [];
    for (const edit of this.#edits) {
      if (edit.shown || edit.end > edit.start || edit.start > released) continue;
      edit.shown = true;
      late.push(edit.insert);
    }
    return late;
  }

  /**
   * @param text what stands from `start` to `end` in the whole text
   * @returns undefined when nothing is changed in it
   */
  apply(text: string, start: number, end: number): Edited | undefined {
    let edited = '';
    let at = start;
    let removed = 0;
    let touched = false;
    for (const edit of this.#edits) {
      const inserts = edit.start === edit.end;
      // A note goes out with the character before it, a notice with the first one it replaces.
      const here = inserts ? edit.start > start && edit.start <= end : edit.end > start && edit.start < end;
      if (!here) continue;
      touched = true;
      const from = Math.max(at, edit.start);
      edited += text.slice(at - start, from - start);
      if (edit.start >= start) {
        edited += edit.insert;
        edit.shown = true;
      }
      const to = Math.max(from, Math.min(edit.end, end));
      removed += to - from;
      at = to;
    }
    return touched ? { text: edited + text.slice(at - start), removed } : undefined;
  }
}

/** Whether an offset is between the two UTF-16 units of one character. */
export function isWithinCharacter(text: string, offset: number): boolean {
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
