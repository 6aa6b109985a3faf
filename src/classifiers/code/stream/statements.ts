/**
 * Tells where in unfinished code a statement ends, by its brackets, strings and comments. A syntax tree of
 * code that breaks off in the middle is of little use by itself: grammars guess. So the code is cut behind
 * the last finished statement and the brackets still open there are closed; that much parses.
 */
import { isParsedLanguage } from '../languages/names.js';

export interface Statements {
  /** Offsets behind lines where no statement is open (at most in a block), ascending; not 0. */
  readonly ends: readonly number[];
  /** What closes the blocks, and the calls around them, that are open at the last of `ends`: `})`. */
  readonly closers: string;
}

interface Style {
  /** Comments to the line's end. */
  readonly comment: '#' | '//';
  /** Strings of three quotes. */
  readonly triple: readonly string[];
  /** Strings that go over lines: templates. */
  readonly template: boolean;
  /** `{` may be a block of statements; with `;` as their end, or without. */
  readonly blocks: 'none' | 'strict' | 'loose';
  readonly regex: boolean;
}

const STYLES: Readonly<Record<string, Style>> = {
  python: { comment: '#', triple: ['"""', "'''"], template: false, blocks: 'none', regex: false },
  javascript: { comment: '//', triple: [], template: true, blocks: 'loose', regex: true },
  typescript: { comment: '//', triple: [], template: true, blocks: 'loose', regex: true },
  java: { comment: '//', triple: ['"""'], template: false, blocks: 'strict', regex: false },
  c: { comment: '//', triple: [], template: false, blocks: 'strict', regex: false },
  cpp: { comment: '//', triple: [], template: false, blocks: 'strict', regex: false },
};

const CLOSER: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', block: '}', '${': '}' };
/** Before a `{` that begins a value, not a block. */
const BEFORE_VALUE = /(?:[=(,[:?&|+!~<\]]|\b(?:return|in|of|typeof|yield|await|new))$/;
/** At the end of a line that goes on in the next one, where no `;` is needed. */
const GOES_ON = /(?:[=+\-*/%&|^<?:,.!~(]|[^=]>)$/;
/** At the beginning of a line that goes on with the one before. */
const CONTINUES = /^[.?:+\-*%&|=,)\]]/;
/** Before a `/` that begins a regular expression. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of))$/;

/**
 * @param code whole lines
 * @param language canonical; without a grammar, every line counts as a statement
 */
export function finishedStatements(code: string, language: string): Statements {
  const style = STYLES[language];
  if (style === undefined || !isParsedLanguage(language)) return { ends: lineEnds(code), closers: '' };
  return new Reader(code, style).read();
}

function lineEnds(code: string): number[] {
  return Array.from(code.matchAll(/\r\n|\n|\r/g), (match) => match.index + match[0].length);
}

class Reader {
  readonly #code: string;
  readonly #style: Style;
  readonly #open: string[] = [];
  readonly #ends: number[] = [];
  #closers = '';
  /** The last characters that are not blank, string or comment: enough to look back at. */
  #before = '';
  #lineBefore = '';
  /** Offset behind the last of them. */
  #significant = 0;
  #at = 0;

  constructor(code: string, style: Style) {
    this.#code = code;
    this.#style = style;
  }

  read(): Statements {
    const code = this.#code;
    while (this.#at < code.length) {
      const char = code.charAt(this.#at);
      if (char === '\n' || char === '\r') this.#endLine(char);
      else if (char === ' ' || char === '\t') this.#at += 1;
      else if (!this.#skipComment() && !this.#skipString(char)) this.#take(char);
    }
    return { ends: this.#ends, closers: this.#closers };
  }

  #endLine(char: string): void {
    this.#at += char === '\r' && this.#code.charAt(this.#at + 1) === '\n' ? 2 : 1;
    if (this.#ended()) {
      this.#ends.push(this.#at);
      this.#closers = [...this.#open]
        .reverse()
        .map((open) => CLOSER[open] ?? '')
        .join('');
    }
    this.#lineBefore = '';
  }

  #ended(): boolean {
    const innermost = this.#open.at(-1);
    if (innermost !== undefined && innermost !== 'block') return false;
    const { blocks } = this.#style;
    if (this.#before.endsWith('\\')) return false;
    if (blocks === 'none' || this.#before === '' || /[;{}]$/.test(this.#before)) return true;
    // A preprocessor's line, an annotation, a label.
    if (this.#lineBefore.startsWith('#')) return true;
    if (blocks === 'strict')
      return /^(?:case\b.*|default|public|private|protected|\w+):$/.test(this.#lineBefore);
    return !GOES_ON.test(this.#before) || /(?:\+\+|--|=>\{)$/.test(this.#before);
  }

  #skipComment(): boolean {
    const { comment, blocks } = this.#style;
    if (this.#code.startsWith(comment, this.#at)) {
      const end = /[\r\n]/g;
      end.lastIndex = this.#at;
      this.#at = end.exec(this.#code)?.index ?? this.#code.length;
      return true;
    }
    if (blocks === 'none' || !this.#code.startsWith('/*', this.#at)) return false;
    const end = this.#code.indexOf('*/', this.#at + 2);
    this.#at = end < 0 ? this.#code.length : end + 2;
    return true;
  }

  #skipString(char: string): boolean {
    const { triple, template, regex } = this.#style;
    const long = triple.find((quotes) => this.#code.startsWith(quotes, this.#at));
    if (long !== undefined) this.#skipTo(long, true);
    else if (char === '`' && template) return this.#template(1);
    else if (char === '}' && this.#open.at(-1) === '${') {
      this.#open.pop();
      return this.#template(1);
    } else if (char === '"' || (char === "'" && !/\d$/.test(this.#before))) this.#skipTo(char, false);
    else if (char === '/' && regex && BEFORE_REGEX.test(this.#before)) this.#skipRegex();
    else return false;
    this.#note('"');
    return true;
  }

  /** Behind the closing quotes, or where the line ends without them. */
  #skipTo(quotes: string, overLines: boolean): void {
    let at = this.#at + quotes.length;
    while (at < this.#code.length && !this.#code.startsWith(quotes, at)) {
      const char = this.#code.charAt(at);
      if (!overLines && (char === '\n' || char === '\r')) break;
      at += char === '\\' ? (this.#code.startsWith('\r\n', at + 1) ? 3 : 2) : 1;
    }
    const closed = this.#code.startsWith(quotes, at);
    this.#at = Math.min(this.#code.length, closed ? at + quotes.length : at);
  }

  /** From inside a template to its end, or to the code in it. */
  #template(skip: number): boolean {
    let at = this.#at + skip;
    while (at < this.#code.length) {
      const char = this.#code.charAt(at);
      if (char === '`') break;
      if (char === '$' && this.#code.charAt(at + 1) === '{') {
        this.#open.push('${');
        this.#at = at + 2;
        this.#note('(');
        return true;
      }
      at += char === '\\' ? 2 : 1;
    }
    this.#at = Math.min(this.#code.length, at + 1);
    this.#note('"');
    return true;
  }

  #skipRegex(): void {
    let inClass = false;
    let at = this.#at + 1;
    for (; at < this.#code.length; at++) {
      const char = this.#code.charAt(at);
      if (char === '\n' || char === '\r') return void (this.#at += 1);
      if (char === '\\') at++;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '/' && !inClass) break;
    }
    this.#at = Math.min(this.#code.length, at + 1);
  }

  #take(char: string): void {
    if (this.#lineBefore === '' && this.#style.blocks === 'loose' && CONTINUES.test(char)) this.#reopen();
    if (char === '(' || char === '[') this.#open.push(char);
    else if (char === '{') this.#open.push(this.#opensBlock() ? 'block' : '{');
    else if (char === ')' || char === ']' || char === '}') this.#close(char);
    this.#at += 1;
    // Words are told apart by the blank between them.
    const apart = this.#at - 1 > this.#significant && /\w$/.test(this.#before) && /\w/.test(char);
    this.#note(apart ? ` ${char}` : char);
  }

  /** The line before was no end after all. */
  #reopen(): void {
    while ((this.#ends.at(-1) ?? 0) > this.#significant) this.#ends.pop();
  }

  #opensBlock(): boolean {
    if (this.#style.blocks === 'none') return false;
    return this.#before.endsWith('=>') || !BEFORE_VALUE.test(this.#before);
  }

  #close(char: string): void {
    const last = this.#open.at(-1);
    if (last !== undefined && CLOSER[last] === char) this.#open.pop();
  }

  #note(text: string): void {
    this.#before = (this.#before + text).slice(-24);
    this.#lineBefore = (this.#lineBefore + text).slice(0, 200);
    this.#significant = this.#at;
  }
}
