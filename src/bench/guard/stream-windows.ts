/** The windows in which the gate judges a reply, with the settings of the shipped policies. */

export const FIRST_WINDOW = 80;
export const GROWTH = 2;
export const MAX_WINDOW = 1200;

/** The text in pieces: one of `FIRST_WINDOW` characters, then ever larger ones, then what is left. */
export function windowsOf(text: string): string[] {
  const windows: string[] = [];
  let size = FIRST_WINDOW;
  for (let at = 0; at < text.length; size = Math.min(size * GROWTH, MAX_WINDOW)) {
    windows.push(text.slice(at, at + size));
    at += size;
  }
  return windows;
}
