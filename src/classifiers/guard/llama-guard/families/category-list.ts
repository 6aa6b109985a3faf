/**
 * The list of categories in a rendered prompt: between a line `<BEGIN …>` and the next line `<END …>`, each
 * category from its own `S1: …` (or `O1: …`) to the next one's.
 */

export interface CategoryEntry {
  readonly id: string;
  /** From the id to the last character that is no space. */
  readonly body: string;
}

export interface CategoryList {
  /** Everything up to the first entry. */
  readonly before: string;
  readonly entries: readonly CategoryEntry[];
  /** Whitespace between two entries, and after the last. */
  readonly separator: string;
  readonly tail: string;
  /** From the closing mark on. */
  readonly after: string;
}

const ENTRY = /^[ \t]*([SO]\d{1,2})[ \t]*[:.][ \t]*\S/gm;
const MARK_LINE = /^[ \t]*<\/?[A-Za-z][^<>\n]*>[ \t]*$/gm;

/** Ids of all lines that look like a category, in their order, once each. */
export function categoryIdsIn(text: string): string[] {
  return [...new Set([...text.matchAll(ENTRY)].map((match) => match[1] ?? ''))];
}

/** Undefined when there is no list between marks, or an id stands in it twice. */
export function findCategoryList(text: string): CategoryList | undefined {
  const first = [...text.matchAll(ENTRY)][0];
  if (first === undefined) return undefined;
  const marks = [...text.matchAll(MARK_LINE)].map((match) => match.index);
  const opening = marks.findLast((at) => at < first.index);
  const closing = marks.find((at) => at > first.index);
  if (opening === undefined || closing === undefined) return undefined;
  const inside = text.slice(0, closing);
  const starts = [...inside.matchAll(ENTRY)].map((match) => ({ id: match[1] ?? '', at: match.index }));
  if (new Set(starts.map(({ id }) => id)).size !== starts.length) return undefined;
  const slices = starts.map(({ id, at }, index) => ({
    id,
    slice: inside.slice(at, starts[index + 1]?.at ?? closing),
  }));
  const spaces = slices.map(({ slice }) => slice.slice(slice.trimEnd().length));
  const tail = spaces.at(-1) ?? '';
  return {
    before: text.slice(0, first.index),
    entries: slices.map(({ id, slice }) => ({ id, body: slice.trimEnd() })),
    separator: slices.length > 1 ? (spaces[0] ?? '') : tail,
    tail,
    after: text.slice(closing),
  };
}

/** The text with other entries, everything else as it was. */
export function withEntries(list: CategoryList, bodies: readonly string[]): string {
  return list.before + bodies.join(list.separator) + list.tail + list.after;
}

/** An entry in the manner of a list's own: one line or several, names with or without a full stop. */
export function entryLike(
  list: CategoryList,
  { id, name, description }: { readonly id: string; readonly name: string; readonly description: string },
): string {
  const sample = list.entries[0]?.body ?? '';
  const colon = /^[ \t]*[SO]\d{1,2}([ \t]*[:.][ \t]*)/.exec(sample)?.[1] ?? ': ';
  const manyLines = list.entries.some(({ body }) => body.includes('\n'));
  return `${id}${colon}${name.replace(/\.$/, '')}.${manyLines ? '\n' : ' '}${description}`;
}
