/**
 * Cuts a growing text into pieces that are undone one by one, so that what is settled is gone over once. Where
 * it is cut depends on the text before the cut only: the pieces are the same however the text arrives.
 */

/** UTF-16 units; no piece that ends with a line of prose is shorter. */
export const SHORTEST = 1024;
/** None is longer. */
export const LONGEST = 8192;
/** From here on a longer piece may end with a word. */
const LONG = LONGEST - 512;

/** A line with words that stand one space apart: no list of letters, no lines of base64. */
const PROSE = /[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}[,;:]? [A-Za-z]{2,}/;

export interface Segments {
  /** The pieces that `more` completes; what is left after the last is `rest`. */
  add(more: string): string[];
  /** The piece that is not complete yet. */
  readonly rest: string;
}

export function createSegments(): Segments {
  let rest = '';
  /** Up to here there is no place to cut. */
  let looked = 0;

  /** Where the first piece of `rest` ends; undefined while that is not known. */
  function cut(): number | undefined {
    for (;;) {
      const end = rest.indexOf('\n', looked);
      if (end < 0 || end >= LONGEST) return rest.length > LONGEST ? forced() : undefined;
      const start = looked;
      looked = end + 1;
      if (looked >= SHORTEST && PROSE.test(rest.slice(start, end))) return looked;
    }
  }

  function forced(): number {
    const space = rest.lastIndexOf(' ', LONGEST - 1);
    if (space >= LONG) return space + 1;
    const last = rest.charCodeAt(LONGEST - 1);
    // Not between the halves of a surrogate pair.
    return last >= 0xd800 && last < 0xdc00 ? LONGEST - 1 : LONGEST;
  }

  return {
    add(more) {
      rest += more;
      const pieces: string[] = [];
      for (let end = cut(); end !== undefined; end = cut()) {
        pieces.push(rest.slice(0, end));
        rest = rest.slice(end);
        looked = 0;
      }
      return pieces;
    },
    get rest() {
      return rest;
    },
  };
}
