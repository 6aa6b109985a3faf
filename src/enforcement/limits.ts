/** How much a gate holds and how long it waits. Sizes are UTF-16 units, times are milliseconds. */

/** Text waits this long for its window to fill: a slow model's reader must not wait for a large one. */
export const MAX_WAIT_MS = 750;
/** … and no longer than this, however long the guard took for the last window. */
export const MAX_PATIENCE_MS = 10_000;
/** While nothing has left, so many windows are as small as the first. */
export const SMALL_WINDOWS = 5;
/** In mode `sentence`: text of a sentence that does not end waits this long for its end. */
export const MAX_SENTENCE_WAIT_MS = 3_000;
/** While a window is judged, this much more is read; then the upstream has to wait. */
export const MAX_AHEAD = 256 * 1024;
/**
 * What is held: a code block or a tool call that is not complete, in mode `buffer` the whole reply. More
 * cannot be judged in one piece.
 */
export const MAX_HELD = 1024 * 1024;
/** Frames read since the last verdict: frames without text cost memory too. */
export const MAX_FRAMES_AHEAD = 16 * 1024;
/** Frames held at the end of a window, whatever text they have. */
export const MAX_FRAMES_HELD = 128 * 1024;
/**
 * All text of one streamed reply. Judges see each window with everything before it, so the text so far is
 * kept until the reply ends; no model writes this much.
 */
export const MAX_TEXT = 8 * 1024 * 1024;
/** Parts that nobody can read, of one kind, that are named to the review; more of the kind change nothing. */
export const MAX_PARTS_NAMED = 16;
