/**
 * Tells lines of code from lines of prose in a text without fences. What a line is must not depend on how
 * a stream was cut, yet prose has to flow before its line ends: so prose is told from a line's first words
 * alone, and everything else from the whole line.
 */
import { isSentence } from '../languages/detect.js';

/** `neutral`: stands in code and in prose (a heading or a comment, `else`, `Output`). */
export type LineKind = 'blank' | 'prose' | 'code' | 'neutral';

/** Words that begin a line of code, written as there; such a line needs more words to be told. */
const CODE_WORDS = new Set(
  (
    'abstract as assert async await bool boolean break case catch char class const continue def default del ' +
    'delete do double elif else enum except export extends extern final finally float fn for foreach from ' +
    'func function global goto if implements import in inline int interface let long loop match module mut ' +
    'mutable namespace new not override package pass print private protected pub public raise register ' +
    'return set short signed static string struct super switch synchronized template throw throws try type ' +
    'typedef typename union unless unsigned use using val var virtual void volatile while with yield'
  ).split(' '),
);

/** Words of prose: letters, with marks around them, no letter case inside; numbers. */
const PLAIN = /^[("'“‘*_]*(?:\p{L}(?:\p{Ll}|['’-])*|\d+(?:[.,:]\d+)?[%°]?)[)"'”’*_]*[.,:!?]*$/u;
/** Scripts that write without blanks between the words. */
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}]/u;
/** List items, table rows, quotes. */
const MARKDOWN = /^(?:[-*+•] |\d{1,3}[.)] |\||> )/;

/** Characters of a line that the patterns see. */
const LOOKED_AT = 240;

const CODE = [
  /^(?:import [\w.{}*, ]+|from [\w.]+ import .+|import .+ from .+);?$/,
  /^#\s*(?:include|define|ifdef|ifndef|endif|pragma)\b|^#!|^<\?php|^<\/?[a-zA-Z!][^>]*>|^>>> |^\/\/|^\/\*|^\*\/|^(?:"""|''')/,
  /^@[\w.]+(?:\(.*\))?$/,
  // Assignments, also with a type: `x = 1`, `a.b += c`, `x: int = 1`, `let x = 1`, `char *p = q`.
  /^(?:(?:export|const|let|var|final|static|auto|unsigned|public|private) )*(?:[\w<>[\],.]+[ *&]+){0,2}[*&]?[\w$.[\]"'()-]+(?:, ?[\w$.]+)*(?:: ?[\w[\]<>.|, ]+)? ?(?:[-+*/%&|^]|\*\*|\/\/|<<|>>|:)?=(?!=) ?\S/,
  // Headers, calls that end as such.
  /^(?:def|fn|func|fun|sub) [\w.]+[?!]?(?:\(|$)/,
  /^(?:if|for|while|switch|catch|foreach) ?\(.*\)$/,
  /^(?:[\w<>[\],]+[ *&]+){1,5}\w+\([^()]*\)$/,
  /^(?:(?:await|return|new|throw|raise|yield|assert|del|print|not) )*[\w$.[\]"']+(?:\.[\w$]+)*\(.*[)({[,:;]$/,
  /^(?:async )?(?:def|class|if|elif|else|for|while|with|try|except|finally|switch|case|do|fn|func|function|lambda)\b.*[:{(,]$/,
  /^(?:return|raise|throw|yield|del|global|assert|await)\b.*[)\]}"'\w]$/,
  /[;{}]$|^[)\]}]|=>|->|::|===|!==|&&|\|\||\+=|[\w)\]]\($/,
];

/** After so many words a line is prose if so many of them are plain. */
const ENOUGH_PLAIN: readonly (readonly [words: number, plain: number])[] = [
  [6, 5],
  [10, 7],
  [18, 12],
];
/** A line of this length without a mark that code has is data or prose. */
const LONG_LINE = 400;
/** Marks that code has and prose seldom. */
const CODE_MARK = /[=(){}[\];<>_]/;

/** Looks at the first words only: three plain ones show prose, more where the first is a word of code too. */
function beginsAsProse(line: string): boolean {
  if (MARKDOWN.test(line) || UNSPACED.test(line)) return true;
  if (line.length >= LONG_LINE && !CODE_MARK.test(line.slice(0, LONG_LINE))) return true;
  const words = line.slice(0, LONG_LINE).split(/[ \t]+/, 19);
  // The last word may still grow.
  words.pop();
  const plain = words.map((word) => PLAIN.test(word));
  const plainOf = (count: number): number => plain.slice(0, count).filter(Boolean).length;
  const maybeCode = CODE_WORDS.has(words[0] ?? '');
  if (plainOf(3) === 3 && !maybeCode) return true;
  return ENOUGH_PLAIN.some(([count, enough]) => {
    if (plain.length < count || plainOf(count) < enough) return false;
    return !maybeCode || !CODE_MARK.test(words.slice(0, count).join(' '));
  });
}

/** Whether what has come of a line is prose already: then so is the whole line (see `lineKind`). */
export function isProseAlready(line: string): boolean {
  return beginsAsProse(line.trimStart());
}

/** Whether what has come of a line shows that no code begins with it. */
export function beginsNoCode(line: string): boolean {
  return /^\s*(?:#{1,6} |$)/.test(line) || isProseAlready(line);
}

/** @param line complete, without its ending */
export function lineKind(line: string): LineKind {
  const trimmed = line.trim();
  if (trimmed === '') return 'blank';
  if (beginsAsProse(line.trimStart())) return 'prose';
  if (/^#{1,6} /.test(trimmed)) return 'neutral';
  if (isSentence(trimmed)) return 'prose';
  // Both ends of a long line tell enough, and bound the work.
  const looked =
    trimmed.length > LOOKED_AT
      ? `${trimmed.slice(0, LOOKED_AT / 2)} ${trimmed.slice(-LOOKED_AT / 2)}`
      : trimmed;
  return CODE.some((pattern) => pattern.test(looked)) ? 'code' : 'neutral';
}
