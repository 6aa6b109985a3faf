import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { GuardError } from '../../src/core/errors.js';
import { inspectYaml, parseStrictYaml, readStrictYaml } from '../../src/strict-yaml/index.js';

const schema = z.strictObject({
  name: z.string().default('none'),
  mode: z.enum(['enforce', 'monitor']).default('enforce'),
  limits: z
    .strictObject({
      threshold: z.number().min(0).max(1).default(0.5),
      count: z.int().min(1).max(9).optional(),
    })
    .prefault({}),
  loud: z.boolean().optional(),
  tags: z.array(z.string()).default([]),
  levels: z.record(z.string(), z.strictObject({ level: z.int() })).default({}),
});

function messageOf(text: string): string {
  try {
    parseStrictYaml(text, schema, 'f.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(GuardError);
    expect((error as GuardError).code).toBe('config_invalid');
    return (error as GuardError).message;
  }
  throw new Error('was accepted');
}

test('fills in defaults, and takes an empty file for an empty mapping', () => {
  const empty = {
    name: 'none',
    mode: 'enforce',
    limits: { threshold: 0.5 },
    tags: [],
    levels: {},
  };
  expect(parseStrictYaml('', schema, 'f.yaml')).toEqual(empty);
  expect(parseStrictYaml('# only a comment\n', schema, 'f.yaml')).toEqual(empty);
  expect(parseStrictYaml('\uFEFFname: x\r\nloud: true\r\n', schema, 'f.yaml')).toEqual({
    ...empty,
    name: 'x',
    loud: true,
  });
});

describe('one problem', () => {
  test.each([
    ['naem: x', '1:1: naem: unknown key "naem"; did you mean "name"?'],
    ['limits:\n  treshold: 1', '2:3: limits.treshold: unknown key "treshold"; did you mean "threshold"?'],
    ['zebra: 1', '1:1: zebra: unknown key "zebra"; known keys: name, mode, limits, loud, tags, levels'],
    [
      'mode: monitr',
      '1:7: mode: "monitr" is not allowed here; allowed: one of enforce, monitor; did you mean "monitor"?',
    ],
    [
      'limits: {threshold: 1.5}',
      '1:21: limits.threshold: 1.5 is not allowed here; allowed: a number from 0 to 1',
    ],
    [
      'limits:\n  count: 2.5',
      '2:10: limits.count: 2.5 is not allowed here; allowed: a whole number from 1 to 9',
    ],
    ['limits:\n  threshold: .nan', '2:14: limits.threshold: NaN is not allowed here'],
    ['loud: yes', '1:7: loud: "yes" is not allowed here; allowed: true or false; write true'],
    ['loud: Off', 'write false'],
    ['name: [a]', '1:7: name: a list is not allowed here; allowed: a text'],
    ['name: 5', '1:7: name: 5 is not allowed here; allowed: a text'],
    ['tags: [a, 1]', '1:11: tags[1]: 1 is not allowed here; allowed: a text'],
    ['mode:', '1:1: mode: is empty; give it a value (one of enforce, monitor) or leave it out'],
    ['levels: {a: {}}', '1:13: levels.a.level: is missing; it has to be a whole number'],
    ['- a', '1:1: a list is not allowed here; allowed: keys with values (name, mode'],
    ['name: a\nname: b', '2:1: key "name" is given a second time; keep one of the two'],
    ['name: !secret x', '1:7: tags (!secret) are not allowed; write the plain value'],
    ['name: !!binary aGk=', '1:7: tags (!!binary) are not allowed; write the plain value'],
    ['? [a]\n: b', '1:3: a key has to be a plain word'],
    ['limits:\n\tcount: 1', '2:1: a tab is used for indentation; use spaces'],
    ['name: a\n---\nname: b', 'several YAML documents'],
    ['name: a: b', '1:7: two "key: value" on one line'],
    ['name: *x', '1:7: nothing is called "x"; a value that begins with * needs quotes'],
    ['name: [a', 'not valid YAML'],
    ['%YAML 1.1\n---\nloud: yes', '1:1: leave the %YAML line out'],
    ['<<: {name: x}', '1:1: ["<<"]: unknown key "<<"'],
    ['__proto__: {name: x}', '1:1: __proto__: unknown key "__proto__"'],
  ])('%j', (text, expected) => {
    const message = messageOf(text);
    expect(message).toContain(`f.yaml:`);
    expect(message).toContain(expected);
    expect(message.split('\n')[0]).toBe('f.yaml has a problem:');
  });
});

test('tells all problems at once, in the order of the file', () => {
  const message = messageOf(
    'loud: maybe\nlimits:\n  threshold: -1\n  cuont: 3\nmode: x\nname: a\nname: b\ntags: !t []\n',
  );
  expect(message.split('\n')).toEqual([
    'f.yaml has 6 problems:',
    expect.stringContaining('f.yaml:1:7: loud: "maybe"'),
    expect.stringContaining('f.yaml:3:14: limits.threshold: -1'),
    expect.stringContaining('f.yaml:4:3: limits.cuont: unknown key "cuont"; did you mean "count"?'),
    expect.stringContaining('f.yaml:5:7: mode: "x"'),
    expect.stringContaining('f.yaml:7:1: key "name"'),
    expect.stringContaining('f.yaml:8:7: tags (!t)'),
  ]);
});

test('points through an alias at the place where the value is written', () => {
  const message = messageOf('limits: &l\n  threshold: 7\nlevels: {a: *l}');
  expect(message).toContain('f.yaml:2:14: limits.threshold: 7');
  expect(message).toContain('levels.a.threshold: unknown key "threshold"');
});

test('a number is no misspelling of another number', () => {
  const numbered = z.strictObject({ S1: z.string().optional(), S2: z.string().optional() });
  expect(() => parseStrictYaml('S12: x', numbered, 'f')).toThrow('unknown key "S12"; known keys: S1, S2');
  expect(() => parseStrictYaml('s1: x', numbered, 'f')).toThrow('did you mean "S1"?');
});

test('a schema may depend on the data', () => {
  const one = z.object({ kind: z.string(), a: z.int().default(1) });
  const chosen = (data: unknown) => {
    expect(data).toEqual({ kind: 'b' });
    return one;
  };
  expect(parseStrictYaml('kind: b', chosen, 'f')).toEqual({ kind: 'b', a: 1 });
});

describe('input made to cost memory', () => {
  test.each([
    ['flow lists', '['.repeat(100_000)],
    ['flow maps', '{a: '.repeat(100_000)],
    ['block lists on one line', '- '.repeat(100_000)],
    ['block maps', Array.from({ length: 400 }, (_, i) => ' '.repeat(i) + 'a:').join('\n')],
  ])('deep %s', (_, text) => {
    expect(messageOf(text)).toMatch(/f\.yaml:\d+:\d+: nested more than 50 levels deep/);
  });

  test('aliases of aliases', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 20; i++) {
      const inner = Array(9)
        .fill(`*a${i - 1}`)
        .join(', ');
      lines.push(`a${i}: &a${i} [${inner}]`);
    }
    expect(messageOf(lines.join('\n'))).toContain('aliases (*name) repeat too much');
  });

  test('an alias that contains itself', () => {
    expect(messageOf('tags: &t [*t]')).toContain('f.yaml');
  });
});

test('any text gives a value or problems with places in the file, and never another error', () => {
  const fragments = fc.constantFrom(
    'name', 'limits', ':', ': ', '\n', '\n  ', '- ', '[', ']', '{', '}', '&a ', '*a', '!x ', '"', "'", '#', '|', '>', '%YAML 1.1', '---', '\t', '<<', '0x1f', '~', 'é', '\u{1F600}', '\0', ',', '?',
  ); // prettier-ignore
  const text = fc.oneof(
    fc.array(fragments, { maxLength: 40 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  fc.assert(
    fc.property(text, (input) => {
      const result = inspectYaml(input, schema);
      if (result.ok) return;
      expect(result.problems.length).toBeGreaterThan(0);
      for (const { line, column, message } of result.problems) {
        expect(message).not.toBe('');
        if (line === undefined) continue;
        expect(line).toBeLessThanOrEqual(input.split('\n').length);
        expect(column).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 2000 },
  );
});

test('what another writer wrote from valid data is read back as it was', () => {
  const valid = fc.record(
    {
      name: fc.string(),
      mode: fc.constantFrom('enforce' as const, 'monitor' as const),
      tags: fc.array(fc.string()),
      levels: fc.dictionary(fc.string(), fc.record({ level: fc.integer() })),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(valid, (data) => {
      fc.pre(!Object.hasOwn(data.levels, '__proto__'));
      expect(parseStrictYaml(stringify(data), schema, 'f')).toMatchObject(data);
    }),
  );
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'strict-yaml-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  test('a good one', () => {
    expect(readStrictYaml(file('good.yaml', 'name: grün'), schema)).toMatchObject({ name: 'grün' });
  });

  test('a bad one is named in every line', () => {
    const path = file('bad.yaml', 'x: 1\ny: 2');
    expect(() => readStrictYaml(path, schema)).toThrow(`${path}:2:1: y: unknown key`);
  });

  test.each([
    ['missing', () => join(folder, 'none.yaml'), 'does not exist'],
    ['under a file', () => join(file('a.yaml', ''), 'b.yaml'), 'does not exist'],
    ['a folder', () => (mkdirSync(join(folder, 'sub')), join(folder, 'sub')), 'is a folder, not a file'],
    ['no file', () => '/dev/null', 'is not an ordinary file'],
    ['large', () => file('large.yaml', '#'.repeat(1024 * 1024 + 1)), 'is larger than 1 MB'],
    ['Latin-1', () => file('latin.yaml', Buffer.from('name: gr\xfcn', 'latin1')), 'is not UTF-8'],
    ['UTF-16', () => file('wide.yaml', Buffer.from('\ufeffname: x', 'utf16le')), 'is not UTF-8'],
  ])('%s', (_, path, expected) => {
    const name = path();
    expect(() => readStrictYaml(name, schema)).toThrow(`${name} ${expected}`);
  });
});
