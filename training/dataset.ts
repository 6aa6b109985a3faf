/** The labelled texts: one JSON object a line, as the shared data's README describes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const Row = z.object({
  text: z.string(),
  role: z.enum(['User', 'Agent']),
  prompt: z.string().optional(),
  label: z.enum(['safe', 'unsafe']),
  categories: z.array(z.string().regex(/^S([1-9]|1[01])$/)),
  source: z.string(),
  license: z.string().optional(),
});

export type Row = z.infer<typeof Row>;

/** Reads `<folder>/<name>.jsonl`. Throws with the line number at the first malformed row. */
export function readRows(folder: string, name: string): Row[] {
  const path = join(folder, `${name}.jsonl`);
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      const parsed = Row.safeParse(JSON.parse(line));
      if (!parsed.success) throw new Error(`${path}:${index + 1}: ${z.prettifyError(parsed.error)}`);
      return parsed.data;
    });
}
