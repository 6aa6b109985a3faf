/** Loads the hazard taxonomies and translates scores from one to another. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CategoryScore } from '../core/assessment.js';
import { highestOfEach } from '../core/category-scores.js';
import { GuardError } from '../core/errors.js';
import type { Taxonomies, Taxonomy } from '../core/taxonomy.js';
import { UNCATEGORIZED } from '../core/taxonomy.js';
import { packageRoot } from '../runtime/entry.js';
import { didYouMean, readStrictYaml } from '../strict-yaml/index.js';
import { NO_COUNTERPART, taxonomySchema } from './taxonomy-schema.js';
import type { TaxonomyFile } from './taxonomy-schema.js';

export { UNCATEGORIZED } from '../core/taxonomy.js';
export type { Category, Taxonomies, Taxonomy, TaxonomyReference } from '../core/taxonomy.js';

interface Loaded {
  readonly path: string;
  readonly file: TaxonomyFile;
}

function fault(message: string, cause?: unknown): GuardError {
  return new GuardError('config_invalid', message, { cause });
}

function readFolder(folder: string): Loaded[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /\.ya?ml$/i.test(name));
  } catch (error) {
    throw fault(`The folder of taxonomies ${folder} cannot be read.`, error);
  }
  if (names.length === 0) throw fault(`The folder of taxonomies ${folder} has no .yaml file.`);
  return names.sort().map((name) => {
    const path = join(folder, name);
    return { path, file: readStrictYaml(path, taxonomySchema) };
  });
}

/** Ids are unique, and every mapping leads to categories that exist. */
function checkTogether(loaded: readonly Loaded[]): void {
  const byId = new Map<string, Loaded>();
  for (const one of loaded) {
    const other = byId.get(one.file.id);
    if (other) throw fault(`${other.path} and ${one.path} both have the id ${one.file.id}.`);
    byId.set(one.file.id, one);
  }
  for (const { path, file } of loaded) {
    for (const [target, mapping] of Object.entries(file.mappings)) {
      const known = byId.get(target);
      if (!known) throw fault(`${path}: mappings: no taxonomy ${target}${didYouMean(target, byId.keys())}`);
      const ids = new Set(known.file.categories.map(({ id }) => id));
      for (const [own, counterpart] of Object.entries(mapping))
        if (counterpart !== NO_COUNTERPART && !ids.has(counterpart))
          throw fault(`${path}: mappings.${target}.${own}: ${target} has no category ${counterpart}`);
    }
  }
}

/**
 * Loads every `.yaml` file of a folder, by default of the package's own `taxonomies/`.
 * @param ownFile path of the operator's own file beside them
 * @throws GuardError('config_invalid') naming the file and the place of each mistake
 */
export function loadTaxonomies(
  ownFile?: string,
  folder: string = join(packageRoot(), 'taxonomies'),
): Taxonomies {
  const loaded = [
    ...readFolder(folder),
    ...(ownFile === undefined ? [] : [{ path: ownFile, file: readStrictYaml(ownFile, taxonomySchema) }]),
  ];
  checkTogether(loaded);
  const files = new Map(loaded.map(({ file }) => [file.id, file]));
  const list = loaded.map(({ file: { id, name, description, categories, references } }): Taxonomy =>
    Object.freeze({ id, name, description, categories, references }),
  );

  function get(id: string): Taxonomy {
    const found = list.find((taxonomy) => taxonomy.id === id);
    if (found) return found;
    const ids = list.map((taxonomy) => taxonomy.id);
    throw fault(`There is no taxonomy "${id}"${didYouMean(id, ids) || '.'} Known: ${ids.join(', ')}.`);
  }

  function mapCategories(scores: readonly CategoryScore[], from: string, to: string): CategoryScore[] {
    const source = get(from);
    get(to);
    const own = new Set(source.categories.map(({ id }) => id));
    const mapping = files.get(from)?.mappings[to];
    return highestOfEach(
      scores.map(({ id, score }) => {
        if (from === to) return { id: own.has(id) ? id : UNCATEGORIZED, score };
        const counterpart = mapping !== undefined && Object.hasOwn(mapping, id) ? mapping[id] : undefined;
        return {
          id: counterpart === undefined || counterpart === NO_COUNTERPART ? UNCATEGORIZED : counterpart,
          score,
        };
      }),
    );
  }

  return Object.freeze({ list, own: ownFile === undefined ? undefined : list.at(-1), get, mapCategories });
}
