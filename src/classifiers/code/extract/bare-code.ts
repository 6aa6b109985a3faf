/** Finds code that stands outside fences: an answer that is nothing but code, or paragraphs of it. */
import { detectBareCode } from '../languages/detect.js';

export interface BareCode {
  readonly start: number;
  readonly end: number;
  readonly language: string;
}

/** Paragraphs of `text` within [from, to) that are plainly code; neighbours of one language are joined. */
export function bareCode(text: string, from: number, to: number): BareCode[] {
  const found: BareCode[] = [];
  const whole = text.slice(from, to);
  let joined = false;
  for (const paragraph of paragraphs(whole)) {
    const { language } = detectBareCode(whole.slice(paragraph.start, paragraph.end));
    const last = found.at(-1);
    if (language === 'unknown') {
      joined = false;
      continue;
    }
    const start = from + paragraph.start;
    const end = from + paragraph.end;
    if (joined && last?.language === language) found[found.length - 1] = { ...last, end };
    else found.push({ start, end, language });
    joined = true;
  }
  return found;
}

/** Runs of lines without a blank line, in order. */
function* paragraphs(text: string): Generator<{ readonly start: number; readonly end: number }> {
  const gap = /(?:\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)\s*/g;
  let start = 0;
  for (let match = gap.exec(text); match !== null; match = gap.exec(text)) {
    if (match.index > start) yield { start, end: match.index };
    // The blanks before the next paragraph's first word are its indentation.
    const newline = Math.max(match[0].lastIndexOf('\n'), match[0].lastIndexOf('\r'));
    start = match.index + newline + 1;
    gap.lastIndex = Math.max(start, match.index + 1);
  }
  if (start < text.length) yield { start, end: text.length };
}
