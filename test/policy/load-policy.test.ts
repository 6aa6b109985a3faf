import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describePolicy } from '../../src/cli/output/describe-policy.js';
import { packageRoot } from '../../src/runtime/entry.js';
import type { Policy } from '../../src/policy/policy.js';
import { loadPolicy, parsePolicy } from '../../src/policy/policy.js';
import { policyOf, taxonomies } from './samples.js';
import { JUDGED_ROUTES } from '../../src/policy/policy.js';
import { CHAT_ROUTES, GUARD_ROUTES } from '../../src/server/routes.js';

const shipped = (name: string) => loadPolicy(join(packageRoot(), 'policies', `${name}.yaml`), taxonomies);

describe('the policies that come with the package', () => {
  /** What a policy does, without what it is called. */
  const effect = (policy: Policy) => ({ ...policy, name: '', id: '', hash: '', description: '' });

  test('default says out loud what an empty file means', () => {
    const standard = shipped('default');
    expect(effect(standard)).toEqual(effect(policyOf()));
    expect(standard.id).toBe('default@1');
    expect(standard.description).not.toBe('');
    expect(standard.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(standard).toMatchObject({
      mode: 'enforce',
      onBlock: 'refusal',
      unjudged: { image: 'block', audio: 'block', file: 'block', tokens: 'block' },
      checkFirst: false,
      turns: 'all',
      hiddenCharacters: 'keep',
      prompt: { enabled: true, threshold: 0.5, action: 'block', unavailable: 'block' },
      reply: { enabled: true, threshold: 0.5, action: 'block', unavailable: 'block' },
      code: {
        enabled: true,
        unavailable: 'block',
        treatments: { error: 'block', warning: 'warn', info: 'ignore' },
      },
      stream: { firstWindow: 80, firstWaitMs: 20, maxWindow: 1200, growth: 2, idleMs: 150 },
      judgeTimeoutMs: 30_000,
      judgeTotalTimeoutMs: 120_000,
      longTexts: 'pieces',
      thorough: { directions: [], routes: [], categories: [] },
    });
    expect([...standard.prompt.categories.keys()]).toEqual([
      ...Array.from({ length: 11 }, (_, i) => `S${i + 1}`),
      'uncategorized',
    ]);
  });

  test('strict is stricter in every category, and answers with errors', () => {
    const strict = shipped('strict');
    for (const side of [strict.prompt, strict.reply])
      for (const one of side.categories.values()) expect(one).toEqual({ threshold: 0.25, action: 'block' });
    expect(strict).toMatchObject({
      ...{ id: 'strict@1', mode: 'enforce', onBlock: 'error' },
      ...{ checkFirst: true, hiddenCharacters: 'strip', turns: 'all' },
    });
    expect(strict.code.treatments).toEqual({ error: 'block', warning: 'block', info: 'warn' });
  });

  test('monitor differs from default in its mode alone', () => {
    expect(effect(shipped('monitor'))).toEqual(effect({ ...shipped('default'), mode: 'monitor' }));
  });
});

describe('what a file gives', () => {
  test('settings for both directions, over them one direction, over them one category', () => {
    const policy = policyOf({
      threshold: 0.6,
      action: 'annotate',
      unavailable: 'allow',
      reply: {
        threshold: 0.4,
        unavailable: 'block',
        categories: { S4: { threshold: 0.1 }, S5: { action: 'allow' } },
      },
    });
    expect(policy.prompt).toMatchObject({ threshold: 0.6, action: 'annotate', unavailable: 'allow' });
    expect(policy.prompt.categories.get('S4')).toEqual({ threshold: 0.6, action: 'annotate' });
    expect(policy.reply.categories.get('S4')).toEqual({ threshold: 0.1, action: 'annotate' });
    expect(policy.reply.categories.get('S5')).toEqual({ threshold: 0.4, action: 'allow' });
    expect(policy.reply.unavailable).toBe('block');
    expect(policy.code.unavailable).toBe('allow');
  });

  test('categories of its own taxonomy', () => {
    const settings = { taxonomy: 'mlcommons-v1.0', prompt: { categories: { S13: { threshold: 0.9 } } } };
    expect(policyOf(settings).prompt.categories.size).toBe(15);
    expect(() => policyOf({ ...settings, taxonomy: 'mlcommons-v0.5' })).toThrow(
      'prompt.categories.S13: unknown key "S13"; known keys: S1, S2',
    );
  });

  test('where a thorough guard has to decide, in any order and each name once', () => {
    const thorough = {
      directions: ['reply', 'prompt', 'reply'],
      routes: ['middleware', '/api/chat'],
      categories: ['S4', 'S10'],
    };
    const policy = policyOf({ thorough });
    expect(policy.thorough).toEqual({
      directions: ['prompt', 'reply'],
      routes: ['/api/chat', 'middleware'],
      categories: ['S10', 'S4'],
    });
    const other = { ...thorough, directions: ['prompt', 'reply'], categories: ['S10', 'S4', 'S4'] };
    expect(policyOf({ thorough: other }).hash).toBe(policy.hash);
    expect(policyOf({ thorough: { ...thorough, categories: ['S4'] } }).hash).not.toBe(policy.hash);
  });

  test('time for all turns of a prompt: four judgements of it, or what is said', () => {
    expect(policyOf({ judge_timeout_ms: 500 }).judgeTotalTimeoutMs).toBe(2000);
    expect(policyOf({ judge_timeout_ms: 500, judge_total_timeout_ms: 700 }).judgeTotalTimeoutMs).toBe(700);
  });

  test.each([
    ['long_texts: piecs', 'did you mean "pieces"?'],
    ['thorough: {directions: [repl]}', 'did you mean "reply"?'],
    ['thorough: {routes: [/v1/chat/completion]}', 'did you mean "/v1/chat/completions"?'],
    ['thorough: {categories: [S12]}', 'one of S1, S2'],
    ['judge_total_timeout_ms: 0', 'a whole number from 1 to 3600000'],
  ])('%s is a mistake', (text, part) => {
    expect(() => parsePolicy(text, taxonomies, 'p.yaml')).toThrow(part);
  });

  test.each(['long_texts: refuse', 'thorough: {routes: [middleware]}', 'judge_total_timeout_ms: 5'])(
    '%s changes the hash',
    (text) => {
      expect(parsePolicy(text, taxonomies, 'p.yaml').hash).not.toBe(
        parsePolicy('', taxonomies, 'p.yaml').hash,
      );
    },
  );

  test('a version as a number or a text, and a name from the file', () => {
    const parse = (text: string, file: string) => parsePolicy(text, taxonomies, file).id;
    expect(parse('version: 3', 'a/my policy.yaml')).toBe('my-policy@3');
    expect(parse('version: "1.10"\nname: x', 'y.yaml')).toBe('x@1.10');
    expect(parse('', '.yaml')).toBe('unnamed@1');
    expect(() => parse('version: 1.10', 'y.yaml')).toThrow('y.yaml:1:10: version: 1.1 is not allowed here');
  });

  test('equal content gives an equal hash, in whatever order; other content another', () => {
    const hash = (text: string) => parsePolicy(text, taxonomies, 'p.yaml').hash;
    const one = hash('threshold: 0.4\ncode: {cwes: {CWE-1: warn, CWE-2: block}}');
    expect(hash('# note\ncode:\n  cwes: {CWE-2: block, CWE-1: warn}\nthreshold: 0.40')).toBe(one);
    expect(hash('threshold: 0.4\ncode: {cwes: {CWE-1: warn, CWE-2: warn}}')).not.toBe(one);
    expect(hash('threshold: 0.4\ncode: {rules: {CWE-1: warn, CWE-2: block}}')).not.toBe(one);
  });
});

test('every mistake is told with its place, all at once', () => {
  const text = [
    'naem: x',
    'mode: monitr',
    'taxonomy: mlcommons-v0.5',
    'prompt:',
    '  treshold: 0.4',
    '  categories:',
    '    S12: { threshold: 0.3 }',
    '    S1: { action: redact }',
    '    S2: { action: blok }',
    'refusal:',
    '  prompt: "no {category}"',
    'code:',
    '  cwes: { CWE78: block }',
    '  treatments: { eror: block }',
    'stream: { first_window: 100, max_window: 5 }',
    'judge_timeout_ms: 0',
  ].join('\n');
  const lines = (() => {
    try {
      parsePolicy(text, taxonomies, 'p.yaml');
    } catch (error) {
      return (error as Error).message.split('\n');
    }
    throw new Error('was accepted');
  })();
  const expected = [
    ['', 'p.yaml has 11 problems:'],
    ['1:1', 'did you mean "name"?'],
    ['2:7', 'did you mean "monitor"?'],
    ['5:3', 'did you mean "threshold"?'],
    ['7:5', 'unknown key "S12"; known keys: S1, S2'],
    ['8:19', 'redact is not available for categories in this version'],
    ['9:19', 'did you mean "block"?'],
    ['11:11', 'unknown placeholder {category}; known: {categories}, {names}, {rules}'],
    ['13:11', 'write a weakness as CWE- and its number: CWE-78'],
    ['14:17', 'did you mean "error"?'],
    ['15:42', '5 is smaller than first_window (100)'],
    ['16:19', 'allowed: a whole number from 1 to 600000'],
  ];
  expect(lines).toHaveLength(expected.length);
  for (const [index, [place = '', part = '']] of expected.entries()) {
    expect(lines[index]).toContain(place);
    expect(lines[index]).toContain(part);
  }
});

test('an unknown taxonomy is one problem, not one for each category', () => {
  expect(() =>
    parsePolicy('taxonomy: mlcommons-0.5\nprompt: {categories: {S1: {}}}', taxonomies, 'p.yaml'),
  ).toThrow(/^p\.yaml has a problem:\n.*did you mean "mlcommons-v0\.5"\?$/);
});

test('policy show prints every setting, also the ones that the shipped policies leave alone', () => {
  const policy = policyOf({
    name: 'all',
    long_texts: 'refuse',
    thorough: { directions: ['reply'], routes: ['middleware', '/api/chat'], categories: ['S4'] },
    judge_timeout_ms: 100,
    judge_total_timeout_ms: 150,
  });
  const shown = describePolicy(policy, taxonomies.get(policy.taxonomy));
  expect(parsePolicy(shown, taxonomies, 'shown.yaml')).toEqual(policy);
});

test('every endpoint on which something is judged can be named', () => {
  const judged = [...CHAT_ROUTES, ...GUARD_ROUTES.filter((route) => route !== '/guard/scan')];
  expect([...JUDGED_ROUTES].sort()).toEqual([...judged, 'library', 'middleware'].sort());
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('that are missing are named', () => {
    const path = join(folder, 'none.yaml');
    expect(() => loadPolicy(path, taxonomies)).toThrow(`${path} does not exist`);
  });

  test('the examples of docs/policies.md load', () => {
    const text = readFileSync(join(packageRoot(), 'docs', 'policies.md'), 'utf8');
    const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');
    expect(examples.length).toBeGreaterThan(3);
    for (const [index, example] of examples.entries()) {
      const path = join(folder, `example-${index}.yaml`);
      writeFileSync(path, example);
      expect(loadPolicy(path, taxonomies).hash).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test('docs/policies.md names every setting', () => {
    const text = readFileSync(join(packageRoot(), 'docs', 'policies.md'), 'utf8');
    const keys = readFileSync(join(packageRoot(), 'policies', 'default.yaml'), 'utf8').matchAll(
      /^ *(\w+):/gm,
    );
    for (const [, key] of keys) expect(text).toContain(`\`${key ?? ''}\``);
  });
});
