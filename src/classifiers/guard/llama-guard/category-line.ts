/** What a Llama Guard writes after `unsafe`: a line of category ids, separated by commas. */

export interface CategoryLine {
  /** Known ids in the order written, without repetitions. */
  readonly ids: readonly string[];
  /** What was odd, for the log. */
  readonly notes: readonly string[];
}

/**
 * Strict: anything but `S1,S3` on one line is no list. The model's words never reach the notes,
 * because they may repeat what was judged.
 *
 * @param text what the model wrote after `unsafe`, special tokens left out
 */
export function parseCategoryLine(text: string, known: readonly string[]): CategoryLine {
  const line = /^\s*(S\d{1,2}(?:[ \t]*,[ \t]*S\d{1,2})*)\s*$/.exec(text)?.[1];
  if (line === undefined) return { ids: [], notes: ['The model named no categories in the form "S1,S3".'] };
  const written = [...new Set(line.split(',').map((id) => id.trim()))];
  const ids = written.filter((id) => known.includes(id));
  const unknown = written.filter((id) => !known.includes(id));
  return {
    ids,
    notes:
      unknown.length === 0
        ? []
        : [`The model named categories that its prompt does not list: ${unknown.join(', ')}.`],
  };
}
