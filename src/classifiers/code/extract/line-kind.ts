/**
 * Tells lines of code from lines of prose in a text without fences. What a line is must not depend on how
 * a stream was cut, yet prose has to flow before its line ends: so prose is told from a line's first words
 * alone, and everything else from the whole line.
 */
import { isSentence } from '../languages/detect.js';

/** `neutral`: stands in code and in prose (a heading or a comment, `else`, `Output`). */
export type LineKind = 'blank' | 'prose' | 'code' | 'neutral';

/** Words that begin a line of code and a sentence; the line needs more words to be told. */
const CODE_WORDS = new Set(
  (
    'abstract and as assert async await bool boolean break case catch char class const continue def default ' +
    'del delete do double elif else enum except export extends extern fi final finally float fn for foreach ' +
    'from func function global go goto if implements import in inline int interface lambda let long loop ' +
    'match module mut mutable namespace new not null or override package pass print private protected pub ' +
    'public raise register require return select set short signed size_t static string struct super switch ' +
    'synchronized template then this throw throws try type typedef typename union unless unsigned use using ' +
    'val var virtual void volatile while with yield create insert update echo sudo'
  ).split(' '),
);

/** Words of prose: letters, with marks around them, no letter case inside. */
const PLAIN = /^[("'“‘*_]*\p{L}(?:\p{Ll}|['’-])*[)"'”’*_]*[.,:!?]*$/u;
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
  // Calls and headers that end as such.
  /^(?:(?:await|return|new|throw|raise|yield|assert|del|print|not) )*[\w$.[\]"']+(?:\.[\w$]+)*\(.*[)({[,:;]$/,
  /^(?:async )?(?:def|class|if|elif|else|for|while|with|try|except|finally|switch|case|do|fn|func|function|lambda)\b.*[:{(,]$/,
  /^(?:return|raise|throw|yield|del|global|assert|await)\b.*[)\]}"'\w]$/,
  /[;{}]$|^[)\]}]|=>|->|::|===|!==|&&|\|\||\+=|[\w)\]]\($/,
];

/** First words that show prose whatever follows: three plain ones, or most of six where the first is a word of code too. */
function beginsAsProse(line: string): boolean {
  if (MARKDOWN.test(line)) return true;
  if (UNSPACED.test(line)) return true;
  const words = line.slice(0, 200).split(/[ \t]+/, 7);
  // The last word may still grow.
  const whole = words.slice(0, -1);
  const [first = ''] = whole;
  const plain = whole.map((word) => PLAIN.test(word));
  if (plain.slice(0, 3).filter(Boolean).length === 3 && !CODE_WORDS.has(first.toLowerCase())) return true;
  return plain.length === 6 && plain.filter(Boolean).length >= 5;
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
