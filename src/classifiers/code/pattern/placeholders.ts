/**
 * Turns Semgrep's pattern syntax into text that the target grammar can read: `$X`, `$...X`, `...` and
 * `<... P ...>` become identifiers (and a call), which the compiler recognises again.
 */

const METAVARIABLE = '__mv_';
const ELLIPSIS_METAVARIABLE = '__mvs_';
const ELLIPSIS = '__ellipsis__';
const DEEP = '__deep__';

/** How a bare `...` is written; which one parses depends on where it stands. */
export type EllipsisStyle =
  /** An expression everywhere. */
  | 'expression'
  /** A statement of its own (with a semicolon) in braces, an expression in brackets. */
  | 'statement'
  /** A declared parameter in parentheses, a statement in braces. */
  | 'parameter'
  /** A member declaration in braces. */
  | 'member'
  /** `**name`, for dictionaries. */
  | 'splat';

/** The same pattern, with placeholders. */
export function withPlaceholders(pattern: string, style: EllipsisStyle): string {
  let out = '';
  let quote: string | undefined;
  const brackets: string[] = [];
  for (let at = 0; at < pattern.length;) {
    const rest = pattern.slice(at, at + 64);
    const char = pattern.charAt(at);
    const variable = /^\$(\.\.\.)?([A-Z_][A-Z0-9_]*)/.exec(rest);
    if (variable !== null) {
      out += (variable[1] === undefined ? METAVARIABLE : ELLIPSIS_METAVARIABLE) + (variable[2] ?? '');
      at += variable[0].length;
    } else if (quote !== undefined) {
      if (char === '\\') {
        out += pattern.slice(at, at + 2);
        at += 2;
        continue;
      }
      if (quote === '`' && rest.startsWith('${')) {
        brackets.push('`');
        quote = undefined;
        out += '${';
        at += 2;
        continue;
      }
      if (pattern.startsWith(quote, at)) {
        out += quote;
        at += quote.length;
        quote = undefined;
        continue;
      }
      out += char;
      at++;
    } else if (rest.startsWith('<...')) {
      out += DEEP + '(';
      at += 4;
    } else if (rest.startsWith('...>')) {
      out += ')';
      at += 4;
    } else if (rest.startsWith('...') && !isSpread(pattern, at + 3)) {
      out += ellipsis(style, brackets.at(-1), /[,(]\s*$/.test(pattern.slice(0, at)));
      at += 3;
    } else {
      if (char === '"' || char === "'" || char === '`') {
        const triple = char.repeat(3);
        quote = char !== '`' && rest.startsWith(triple) ? triple : char;
        out += quote;
        at += quote.length;
        continue;
      }
      if ('([{'.includes(char)) brackets.push(char);
      else if (')]}'.includes(char) && brackets.pop() === '`') quote = '`';
      out += char;
      at++;
    }
  }
  return out;
}

/** JavaScript's `...args`: three dots with a name or bracket right behind them. */
function isSpread(pattern: string, after: number): boolean {
  return /^[$\w[({]/.test(pattern.slice(after, after + 1));
}

function ellipsis(style: EllipsisStyle, bracket: string | undefined, inList: boolean): string {
  const inBraces = bracket === undefined || bracket === '{';
  switch (style) {
    case 'expression':
      return ELLIPSIS;
    case 'statement':
      return inBraces && !inList ? ELLIPSIS + ';' : ELLIPSIS;
    case 'parameter':
      return inBraces && !inList ? ELLIPSIS + ';' : 'Object ' + ELLIPSIS;
    case 'member':
      return inBraces && !inList ? `int ${ELLIPSIS};` : 'Object ' + ELLIPSIS;
    case 'splat':
      return bracket === '{' ? '**' + ELLIPSIS : ELLIPSIS;
  }
}

export function metavariableName(identifier: string): string | undefined {
  if (!identifier.startsWith(METAVARIABLE)) return undefined;
  return '$' + identifier.slice(METAVARIABLE.length);
}

/** `$...ARGS` for its placeholder, an empty string for a bare `...`, undefined for anything else. */
export function ellipsisName(identifier: string): string | undefined {
  if (identifier === ELLIPSIS) return '';
  if (!identifier.startsWith(ELLIPSIS_METAVARIABLE)) return undefined;
  return '$...' + identifier.slice(ELLIPSIS_METAVARIABLE.length);
}

export function isDeepMarker(identifier: string): boolean {
  return identifier === DEEP;
}

/** Undoes the placeholders inside string literals. */
export function originalText(text: string): string {
  return text.replaceAll(ELLIPSIS_METAVARIABLE, '$...').replaceAll(METAVARIABLE, '$');
}
