/**
 * Keeps texts from posing as the prompt around them. Special tokens cannot be typed (texts are
 * tokenized with specials off), but the scaffold also has marks of plain text: tags such as the ones
 * around the conversation, and the labels in front of each turn. A message that contains them could
 * end the conversation early, or add a harmless last turn of its own, and so be judged on that.
 *
 * Such marks are broken up visibly with angle quotation marks: a tag `<X Y>` becomes `‹X Y›`, `[X]` becomes
 * `‹X›`, a line `User: …` becomes `‹User›: …`. The guard still reads every word. Which marks there are is taken
 * from the template's own rendering. It is a hurdle, not a proof: a model may be fooled by text that
 * merely resembles a mark.
 */
import type { ScaffoldPart } from './template.js';

export interface ScaffoldMarks {
  /** What the tags say, without brackets and bars: `END CONVERSATION`, `end_of_turn`. */
  readonly tags: readonly string[];
  /** The same of marks in square brackets: `INST`. */
  readonly brackets: readonly string[];
  /** The turn labels, without colon: `User`, `Agent`, `Human Question`. */
  readonly labels: readonly string[];
  /**
   * Special tokens of the scaffold that a vocabulary lets people type: those it calls "user defined" are
   * found in texts even where special tokens are off.
   */
  readonly typable: readonly string[];
}

const TAG = /<\/?\|?([A-Za-z][A-Za-z0-9]*(?:[ _-][A-Za-z0-9]+)*)\|?>/g;
const BRACKET = /\[\/?([A-Z][A-Z0-9]*)\]/g;

/** @param runs of ordinary text, of renderings that together show every mark: with a User turn last, with an Agent turn */
export function marksOf(
  runs: readonly (readonly ScaffoldPart[])[],
  typable: readonly string[] = [],
): ScaffoldMarks {
  const tags = new Set<string>();
  const brackets = new Set<string>();
  const labels = new Set<string>();
  for (const parts of runs)
    parts.forEach((part, index) => {
      if (typeof part !== 'string') return;
      for (const match of part.matchAll(TAG)) tags.add(match[1] ?? '');
      for (const match of part.matchAll(BRACKET)) brackets.add(match[1] ?? '');
      if (typeof parts[index + 1] !== 'number') return;
      // The text right before a message ends in its label.
      const label = /(?:^|\n)[ \t]*([A-Za-z][A-Za-z ]{0,30}):\s*$/.exec(part);
      if (label?.[1] !== undefined) labels.add(label[1]);
    });
  return { tags: [...tags], brackets: [...brackets], labels: [...labels], typable };
}

/** Spaces and invisible characters that readers, and models, pass over; no line breaks. */
const BLANK = '[\\p{Zs}\\p{Cf}\\t]';
const LINE_START = '(?<=^|[\\n\\r\\v\\f\\u0085\\u2028\\u2029])';

/** A function that breaks up the marks in a text; linear in the text's length. */
export function createImitationBreaker(marks: ScaffoldMarks): (text: string) => string {
  const words = (mark: string): string =>
    mark
      .split(/[ _-]/)
      .map((word) => Array.from(word).join('\\p{Cf}{0,4}'))
      .join(`(?:${BLANK}|[_-]){1,8}`);
  const any = (list: readonly string[]): string => list.map(words).join('|');
  const framed = (open: string, list: readonly string[], close: string): RegExp | undefined =>
    list.length === 0
      ? undefined
      : new RegExp(
          `${open}(${BLANK}{0,8}[/|]?${BLANK}{0,8}(?:${any(list)})${BLANK}{0,8}[|]?)${close}`,
          'giu',
        );
  const frames = [framed('[<＜]', marks.tags, '[>＞]'), framed('[\\[［]', marks.brackets, '[\\]］]')];
  const label =
    marks.labels.length === 0
      ? undefined
      : new RegExp(
          `${LINE_START}(${BLANK}{0,8}[*_#>"']{0,4}${BLANK}{0,8})(${any(marks.labels)})(?=${BLANK}{0,8}[*_"']{0,4}${BLANK}{0,8}[:：])`,
          'giu',
        );
  return (text) => {
    let broken = text;
    for (const frame of frames) if (frame !== undefined) broken = broken.replace(frame, '‹$1›');
    for (const special of marks.typable) broken = broken.replaceAll(special, untypable(special));
    if (label !== undefined) broken = broken.replace(label, '$1‹$2›');
    return broken;
  };
}

/** The same to a reader, and no token any more: its first and last characters are changed or set apart. */
function untypable(special: string): string {
  const inner = /^<(.*)>$/s.exec(special)?.[1];
  return inner === undefined ? `‹${special.charAt(0)}›${special.slice(1)}` : `‹${inner}›`;
}
