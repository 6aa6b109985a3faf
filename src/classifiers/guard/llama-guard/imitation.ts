/**
 * Keeps texts from posing as the prompt around them. Special tokens cannot be typed (texts are
 * tokenized with specials off), but the scaffold also has marks of plain text: tags such as the ones
 * around the conversation, and the labels in front of each turn. A message that contains them could
 * end the conversation early, or add a harmless last turn of its own, and so be judged on that.
 *
 * Such marks are broken up visibly with angle quotation marks: a tag `<X Y>` becomes `‹X Y›`, a line
 * `User: …` becomes `‹User›: …`. The guard still reads every word. Which marks there are is taken
 * from the template's own rendering. It is a hurdle, not a proof: a model may be fooled by text that
 * merely resembles a mark.
 */
import type { Scaffold } from './scaffold.js';

export interface ScaffoldMarks {
  /** What the tags say, without brackets: `END CONVERSATION`. */
  readonly tags: readonly string[];
  /** The turn labels, without colon: `User`, `Agent`. */
  readonly labels: readonly string[];
}

/** @param scaffolds renderings that together show every mark: one with a User turn last, one with an Agent turn */
export function marksOf(scaffolds: readonly Scaffold[]): ScaffoldMarks {
  const tags = new Set<string>();
  const labels = new Set<string>();
  for (const { parts } of scaffolds)
    parts.forEach((part, index) => {
      if (typeof part !== 'string') return;
      for (const match of part.matchAll(/<\/?([A-Z][A-Z0-9]*(?:[ _-][A-Z0-9]+)*)>/g))
        tags.add(match[1] ?? '');
      if (typeof parts[index + 1] !== 'number') return;
      // The text right before a message ends in its label.
      const label = /(?:^|\n)[ \t]*([A-Za-z][A-Za-z ]{0,30}):\s*$/.exec(part);
      if (label?.[1] !== undefined) labels.add(label[1]);
    });
  return { tags: [...tags], labels: [...labels] };
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
  const tag =
    marks.tags.length === 0
      ? undefined
      : new RegExp(`[<＜](${BLANK}{0,8}/?${BLANK}{0,8}(?:${any(marks.tags)})${BLANK}{0,8})[>＞]`, 'giu');
  const label =
    marks.labels.length === 0
      ? undefined
      : new RegExp(
          `${LINE_START}(${BLANK}{0,8}[*_#>"']{0,4}${BLANK}{0,8})(${any(marks.labels)})(?=${BLANK}{0,8}[*_"']{0,4}${BLANK}{0,8}[:：])`,
          'giu',
        );
  return (text) => {
    let broken = text;
    if (tag !== undefined) broken = broken.replace(tag, '‹$1›');
    if (label !== undefined) broken = broken.replace(label, '$1‹$2›');
    return broken;
  };
}
