/**
 * A run of lines outside fences that may be code: from a line that looks like code up to the next line of
 * prose. Blank lines, comments and headings do not end it, and neither does prose inside a long string or
 * comment. Whether it is code is asked of the whole run, so weak lines count together.
 */
import { BARE_SCORE, detectBareCode } from '../languages/detect.js';
import type { LineKind } from './line-kind.js';

/** Lines of a run that are held until it can be told; older ones leave. */
const UNTOLD_LINES = 10;

export class BareRun {
  /** Offset behind the last line that is not blank. */
  end: number;
  #code = '';
  /** Blank lines behind it: they belong to the run if more of it follows. */
  #blanks = '';
  #lines = 0;
  #asked = 0;
  #told = false;
  #inside: 'string' | 'comment' | undefined;
  /** Offsets of the last lines, oldest first. */
  readonly #starts: number[] = [];

  constructor(readonly start: number) {
    this.end = start;
  }

  /** Everything up to `end`. */
  get code(): string {
    return this.#code;
  }

  /** Lines with something in them. */
  get lines(): number {
    return this.#lines;
  }

  /** Whether a line of this kind belongs to the run. */
  takes(kind: LineKind): boolean {
    return kind !== 'prose' || this.#inside !== undefined;
  }

  /** @param line with its ending, at the offset where the run's last line ended */
  add(line: string, kind: LineKind, start: number): void {
    if (kind === 'blank') {
      this.#blanks += line;
      return;
    }
    this.#code += this.#blanks + line;
    this.#blanks = '';
    this.end = start + line.length;
    this.#lines += 1;
    this.#starts.push(start);
    if (this.#starts.length > UNTOLD_LINES) this.#starts.shift();
    this.#inside = after(line, this.#inside);
  }

  /**
   * Whether the run is plainly code. Once it is, it stays so: more lines are more evidence.
   *
   * @param now ask even if little has come since it was asked last
   */
  isCode(now: boolean): boolean {
    if (this.#told) return true;
    const due = this.#lines - this.#asked >= Math.max(1, this.#asked / 4);
    if (this.#lines === this.#asked || !(now || due)) return false;
    this.#asked = this.#lines;
    this.#told = isBareCode(this.#code);
    return this.#told;
  }

  /** Where to hold while it cannot be told yet. */
  get holdFrom(): number {
    return this.#lines <= UNTOLD_LINES ? this.start : (this.#starts[0] ?? this.start);
  }

  /** As it would be with an unfinished last line. */
  with(line: string, kind: LineKind, start: number): BareRun {
    const other = new BareRun(this.start);
    other.#code = this.#code;
    other.#blanks = this.#blanks;
    other.#lines = this.#lines;
    other.#inside = this.#inside;
    other.#told = this.#told;
    other.end = this.end;
    other.add(line, kind, start);
    return other;
  }
}

function isBareCode(code: string): boolean {
  const { language, score } = detectBareCode(code);
  return language !== 'unknown' && score >= BARE_SCORE;
}

/** What a line leaves open: a Python string of three quotes, a comment of C's kind. */
function after(line: string, inside: 'string' | 'comment' | undefined): 'string' | 'comment' | undefined {
  let state = inside;
  const mark = /"""|'''|\/\*|\*\//g;
  for (let match = mark.exec(line); match !== null; match = mark.exec(line)) {
    const [found] = match;
    if (found === '/*') state ??= 'comment';
    else if (found === '*/') state = state === 'comment' ? undefined : state;
    else if (state !== 'comment') state = state === 'string' ? undefined : 'string';
  }
  return state;
}
