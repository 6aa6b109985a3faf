/** A labelled data set: JSON lines that are read again for every guard, and never held. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { GuardError } from '../../core/errors.js';
import { isJsonObject, type JsonValue } from '../../core/json.js';
import type { Taxonomies } from '../../core/taxonomy.js';
import { UNCATEGORIZED } from '../../core/taxonomy.js';
import { createRandom, permutation } from '../../evaluation/index.js';
import { readClassifyItem, type ItemToJudge } from '../../server/guard-api/classify-shape.js';
import { CliError, EXIT } from '../exit.js';
import { openJsonLines, type JsonLine } from '../input/json-lines.js';
import { fileFault } from '../input/read-input.js';

export interface LabelledLine extends ItemToJudge {
  /** 0-based, without blank lines. */
  readonly ordinal: number;
  readonly label: 'safe' | 'unsafe';
  /** Ids in the policy's taxonomy, sorted; empty: not known, or the line is safe. */
  readonly categories: readonly string[];
  readonly source: string | undefined;
  /** Bytes of the file up to the end of this line. */
  readonly offset: number;
}

export interface DatasetOptions {
  readonly path: string;
  readonly taxonomies: Taxonomies;
  /** Taxonomy of the labels. */
  readonly labelTaxonomy: string;
  /** Taxonomy that categories are translated to. */
  readonly policyTaxonomy: string;
  /** Lines to judge at most: a random sample. */
  readonly limit: number | undefined;
  readonly seed: number;
}

export interface Dataset {
  /** The file's name without its folder. */
  readonly name: string;
  readonly sha256: string;
  /** Lines in the file, blank ones left out. */
  readonly total: number;
  /** Lines that are judged: all, or the sample. */
  readonly lines: number;
  readonly bytes: number;
  /** Those lines, in the file's order; the same each time. */
  read(): AsyncGenerator<LabelledLine>;
}

/** Faults that the message names; the rest is counted. */
const NAMED = 5;

/**
 * Reads the whole file once, so that a mistake in its last line is told before hours of judging.
 * @throws CliError with exit code 2 naming file and line of what is wrong
 */
export async function openDataset(options: DatasetOptions): Promise<Dataset> {
  const { path, limit, seed } = options;
  if (path === '-')
    throw new CliError(
      EXIT.usage,
      '--dataset needs a file: it is read more than once, which standard input cannot be.',
    );
  const faults: string[] = [];
  let faulty = 0;
  let total = 0;
  for await (const line of openJsonLines([path]).lines) {
    total += 1;
    try {
      readLine(line, 0, options);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      faulty += 1;
      if (faults.length < NAMED) faults.push(error.message);
    }
  }
  if (faulty > 0) {
    const more = faulty > faults.length ? `\n  and ${faulty - faults.length} more` : '';
    throw new CliError(
      EXIT.usage,
      `${faulty} of ${total} lines cannot be used:\n  ${faults.join('\n  ')}${more}`,
    );
  }
  if (total === 0) throw new CliError(EXIT.usage, `${path} has no lines.`);
  const chosen = limit !== undefined && limit < total ? sample(total, limit, seed) : undefined;
  return {
    name: basename(path),
    ...(await digest(path)),
    total,
    lines: chosen === undefined ? total : (limit ?? total),
    async *read() {
      let ordinal = 0;
      for await (const line of openJsonLines([path]).lines) {
        if (chosen === undefined || chosen[ordinal] === 1) yield readLine(line, ordinal, options);
        ordinal += 1;
      }
    },
  };
}

/** One byte for each line: 1 when it is in the sample. */
function sample(total: number, limit: number, seed: number): Uint8Array {
  const chosen = new Uint8Array(total);
  for (const index of permutation(total, createRandom(seed)).subarray(0, limit)) chosen[index] = 1;
  return chosen;
}

async function digest(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw fileFault(path, error);
  }
  return { sha256: hash.digest('hex'), bytes };
}

function readLine(line: JsonLine, ordinal: number, options: DatasetOptions): LabelledLine {
  const { value, fault, place, offset } = line;
  if (value === undefined) throw new CliError(EXIT.usage, `${place}: ${fault ?? 'is no JSON'}`);
  try {
    return { ...readClassifyItem(value, 'User'), ...readLabel(value, options), ordinal, offset };
  } catch (error) {
    if (!(error instanceof GuardError) || error.code !== 'invalid_request') throw error;
    throw new CliError(EXIT.usage, `${place}: ${error.message}`);
  }
}

function readLabel(
  item: JsonValue,
  { taxonomies, labelTaxonomy, policyTaxonomy }: DatasetOptions,
): Pick<LabelledLine, 'label' | 'categories' | 'source'> {
  const wrong = (message: string): GuardError => new GuardError('invalid_request', message);
  if (!isJsonObject(item)) throw wrong('has to be a JSON object, in braces');
  const { label, categories = [], source = null } = item;
  if (label !== 'safe' && label !== 'unsafe')
    throw wrong(
      label === undefined
        ? 'label: is missing; every line needs "label": "safe" or "unsafe"'
        : `label: is ${JSON.stringify(label).slice(0, 40)}; allowed: "safe", "unsafe"`,
    );
  if (source !== null && typeof source !== 'string') throw wrong('source: has to be a text');
  const ids = categories ?? [];
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string'))
    throw wrong('categories: has to be a list of ids like ["S1"]');
  const known = taxonomies.get(labelTaxonomy).categories.map(({ id }) => id);
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw wrong(
      `categories: ${labelTaxonomy} has no "${unknown.slice(0, 40)}" (known: ${known.join(', ')}); if the labels are of another taxonomy, name it with --taxonomy`,
    );
  return {
    label,
    source: source ?? undefined,
    categories:
      label === 'safe'
        ? []
        : taxonomies
            .mapCategories(
              ids.map((id) => ({ id, score: 1 })),
              labelTaxonomy,
              policyTaxonomy,
            )
            .map(({ id }) => id)
            .filter((id) => id !== UNCATEGORIZED)
            .sort(),
  };
}
