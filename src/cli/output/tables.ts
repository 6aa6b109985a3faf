/** Tables, as a terminal and as Markdown show them. */

export interface Table {
  readonly title: string;
  /** The first column is text, the others are figures. */
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below the table. */
  readonly notes: readonly string[];
}

/** Columns lined up with spaces; long sentences stay on one line, for the terminal to wrap. */
export function tableAsText({ title, header, rows, notes }: Table): string {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const table = rows.length === 0 ? [] : [line(header), ...rows.map(line)];
  return [title, ...table.map((text) => `  ${text}`), ...notes.map((note) => `  ${note}`)].join('\n') + '\n';
}

export function tableAsMarkdown({ title, header, rows, notes }: Table): string {
  const line = (row: readonly string[]): string => `| ${row.map(escaped).join(' | ')} |`;
  const table =
    rows.length === 0 ? [] : [line(header), `|${' --- |'.repeat(header.length)}`, ...rows.map(line)];
  return [
    `## ${title}`,
    '',
    ...table,
    ...(table.length > 0 ? [''] : []),
    ...notes.flatMap((note) => [note, '']),
  ].join('\n');
}

/** A source's name comes from a file that anybody may have written. */
function escaped(cell: string): string {
  return cell.replace(/[\\|<>`*_[\]&]/g, (character) => `\\${character}`).replace(/\s+/g, ' ');
}
