/** A text as it is now, and what is new in it, where that is known. */
export interface GrowingText {
  /** What it was the last time, and more. */
  readonly text: string;
  readonly added?: string | undefined;
}

/**
 * The text from an offset on, in memory of its own. A plain slice would keep the whole text alive for as
 * long as the slice lives, and each window of a long reply has a whole text of its own.
 */
export function endOf(text: string, from: number): string {
  return structuredClone(text.slice(from));
}
