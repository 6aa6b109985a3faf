/** The undisguised and decoded reading of a text that grows. What is settled is read once. */
import { createSegments } from './segments.js';
import { undo, type Undoing, type Undone } from './undo.js';

/** How a reading went on. */
export interface ViewStep {
  /** What is undone in it, joined by `+` (`disguises`, `base64+rot13`); undefined while it is the text itself. */
  readonly name: string | undefined;
  /** Behind what was settled before; stays as it is. */
  readonly settled: string;
  /** Behind that; may read otherwise when more has come. */
  readonly tail: string;
}

export interface GrowingView {
  add(more: string): ViewStep;
}

/** @param undoPiece what reads one piece; for tests */
export function createGrowingView(undoing: Undoing, undoPiece = undo): GrowingView {
  const segments = createSegments();
  const steps = new Set<string>();

  return {
    add(more) {
      let settled = '';
      for (const piece of segments.add(more)) {
        const undone = undoPiece(piece, undoing);
        undone.steps.forEach((step) => steps.add(step));
        settled += undone.text;
      }
      const tail: Undone = undoPiece(segments.rest, undoing);
      const all = new Set([...steps, ...tail.steps]);
      return { name: all.size === 0 ? undefined : [...all].join('+'), settled, tail: tail.text };
    },
  };
}
