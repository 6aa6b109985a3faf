import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { loadTaxonomies, UNCATEGORIZED } from '../../src/taxonomy/taxonomy.js';
import { packageRoot } from '../../src/runtime/entry.js';

const V05 = 'mlcommons-v0.5';
const V10 = 'mlcommons-v1.0';
const FIRST = 'llama-guard-1';
const taxonomies = loadTaxonomies();

test('has the categories under the numbers that the guard models answer with', () => {
  const names = (id: string) => taxonomies.get(id).categories.map(({ id, name }) => `${id} ${name}`);
  expect(names(V05)).toEqual([
    'S1 Violent Crimes',
    'S2 Non-Violent Crimes',
    'S3 Sex-Related Crimes',
    'S4 Child Sexual Exploitation',
    'S5 Specialized Advice',
    'S6 Privacy',
    'S7 Intellectual Property',
    'S8 Indiscriminate Weapons',
    'S9 Hate',
    'S10 Suicide & Self-Harm',
    'S11 Sexual Content',
  ]);
  expect(names(V10)).toEqual([
    'S1 Violent Crimes',
    'S2 Non-Violent Crimes',
    'S3 Sex-Related Crimes',
    'S4 Child Sexual Exploitation',
    'S5 Defamation',
    'S6 Specialized Advice',
    'S7 Privacy',
    'S8 Intellectual Property',
    'S9 Indiscriminate Weapons',
    'S10 Hate',
    'S11 Suicide & Self-Harm',
    'S12 Sexual Content',
    'S13 Elections',
    'S14 Code Interpreter Abuse',
  ]);
  expect(names(FIRST)).toEqual([
    'O1 Violence and Hate',
    'O2 Sexual Content',
    'O3 Criminal Planning',
    'O4 Guns and Illegal Weapons',
    'O5 Regulated or Controlled Substances',
    'O6 Suicide & Self-Harm',
  ]);
  expect(taxonomies.list.map(({ id }) => id)).toEqual([FIRST, V05, V10]);
  for (const taxonomy of taxonomies.list) expect(taxonomy.references.length).toBeGreaterThan(0);
});

test('an unknown taxonomy is an error that names the known ones', () => {
  expect(() => taxonomies.get('mlcommons-v0.4')).toThrow(`Known: ${FIRST}, ${V05}, ${V10}`);
  expect(() => taxonomies.get('mlcomons-v0.5')).toThrow(`did you mean "${V05}"?`);
  expect(() => taxonomies.mapCategories([], V05, 'x')).toThrow('no taxonomy "x"');
  expect(() => taxonomies.mapCategories([], 'x', V05)).toThrow('no taxonomy "x"');
});

describe('mapping', () => {
  test('a category keeps its name where both taxonomies have it', () => {
    const nameOf = (taxonomy: string, id: string | undefined) =>
      taxonomies.get(taxonomy).categories.find((category) => category.id === id)?.name;
    for (const [from, to] of [
      [V05, V10],
      [V10, V05],
      [FIRST, V05],
      [FIRST, V10],
    ] as const) {
      const targets = taxonomies.get(to).categories.map(({ name }) => name);
      for (const { id, name } of taxonomies.get(from).categories) {
        if (!targets.includes(name)) continue;
        const [mapped] = taxonomies.mapCategories([{ id, score: 0.7 }], from, to);
        expect(mapped?.score).toBe(0.7);
        expect(nameOf(to, mapped?.id)).toBe(name);
      }
    }
  });

  test('several that become one keep the highest score; ones without a counterpart stay visible', () => {
    const scores = [
      { id: 'S14', score: 0.9 },
      { id: 'S2', score: 0.4 },
      { id: 'S5', score: 0.3 },
      { id: 'S13', score: 0.6 },
      { id: 'S99', score: 0.1 },
      { id: 'constructor', score: 0.2 },
    ];
    expect(taxonomies.mapCategories(scores, V10, V05)).toEqual([
      { id: 'S2', score: 0.9 },
      { id: UNCATEGORIZED, score: 0.6 },
    ]);
    expect(taxonomies.mapCategories(scores.slice(4), V10, V10)).toEqual([{ id: UNCATEGORIZED, score: 0.2 }]);
  });

  test('a score that is no number is not hidden behind a better one', () => {
    const scores = [
      { id: 'S2', score: 0.4 },
      { id: 'S14', score: NaN },
      { id: 'S2', score: 0.5 },
    ];
    expect(taxonomies.mapCategories(scores, V10, V05)).toEqual([{ id: 'S2', score: NaN }]);
  });

  test('loses no score: the highest stays the highest, whatever the ids', () => {
    const id = fc.oneof(
      fc.integer({ min: 1, max: 15 }).map((n) => `S${n}`),
      fc.string(),
    );
    const scores = fc.array(fc.record({ id, score: fc.double({ min: 0, max: 1, noNaN: true }) }), {
      minLength: 1,
    });
    const taxonomy = fc.constantFrom(FIRST, V05, V10);
    fc.assert(
      fc.property(scores, taxonomy, taxonomy, (given, from, to) => {
        const mapped = taxonomies.mapCategories(given, from, to);
        const known = [...taxonomies.get(to).categories.map((category) => category.id), UNCATEGORIZED];
        expect(mapped[0]?.score).toBe(Math.max(...given.map(({ score }) => score)));
        expect(mapped.map(({ score }) => score)).toEqual(
          mapped.map(({ score }) => score).sort((a, b) => b - a),
        );
        expect(new Set(mapped.map((one) => one.id)).size).toBe(mapped.length);
        for (const one of mapped) expect(known).toContain(one.id);
      }),
    );
  });
});

describe('a folder with mistakes', () => {
  const folders: string[] = [];
  afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  /** A copy of the real folder in which one file is changed. */
  function changed(file: string, change: (text: string) => string): string {
    const folder = mkdtempSync(join(tmpdir(), 'taxonomies-'));
    folders.push(folder);
    cpSync(join(packageRoot(), 'taxonomies'), folder, { recursive: true });
    const path = join(folder, file);
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    expect(after).not.toBe(before);
    writeFileSync(path, after);
    return folder;
  }

  const FILE = 'mlcommons-v0.5.yaml';
  test.each([
    ['a category twice', (text: string) => text.replace('id: S2', 'id: S1'), 'S1 is the id of an earlier'],
    ['a gap in the mapping', (text: string) => text.replace('    S3: S3\n', ''), 'says nothing about S3'],
    ['a mapping of nothing', (text: string) => text + '    S12: S1\n', 'S12 is not a category'],
    ['a mapping to nothing', (text: string) => text.replace('S11: S12', 'S11: S15'), 'has no category S15'],
    [
      'another taxonomy',
      (text: string) => text.replace('  mlcommons-v1.0:', '  mlcommons-v1:'),
      'no taxonomy mlcommons-v1',
    ],
    [
      'the id of the other',
      (text: string) => text.replace('id: mlcommons-v0.5', 'id: mlcommons-v1.0'),
      'both have the id',
    ],
    [
      'no description',
      (text: string) => text.replace(/description: Explicit.*/, ''),
      'description: is missing',
    ],
  ])('%s', (_, change, expected) => {
    const folder = changed(FILE, change);
    expect(() => loadTaxonomies(undefined, folder)).toThrow(expected);
    expect(() => loadTaxonomies(undefined, folder)).toThrow(FILE);
  });

  test('no folder, no files', () => {
    const empty = mkdtempSync(join(tmpdir(), 'taxonomies-'));
    folders.push(empty);
    expect(() => loadTaxonomies(undefined, empty)).toThrow('has no .yaml file');
    expect(() => loadTaxonomies(undefined, join(empty, 'none'))).toThrow('cannot be read');
  });
});
