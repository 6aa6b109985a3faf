/** Whatever would not run as written is refused at load, with file, line, column, rule and advice. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createCodeScanner } from '../../../src/classifiers/code/index.js';
import { loadRuleSet } from '../../../src/classifiers/code/rules/rule-set.js';

const folder = mkdtempSync(join(tmpdir(), 'rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = 'rules:\n  - id: r\n    languages: [python]\n    severity: ERROR\n    message: m\n';
let count = 0;

function fileWith(text: string): string {
  const file = join(folder, `${++count}.yaml`);
  writeFileSync(file, text);
  return file;
}

test.each([
  [
    'an unknown key',
    `${HEAD}    pattern: foo()\n    fixx: bar\n`,
    ':7:5: rule "r": "fixx" is not supported in a rule',
  ],
  [
    'an operator we do not have',
    `${HEAD}    patterns:\n      - pattern: f()\n      - metavariable-type: x\n`,
    ':8:9: rule "r": "metavariable-type" is not supported in patterns',
  ],
  [
    'taint mode',
    `${HEAD}    mode: taint\n    pattern: foo()\n`,
    ':6:11: rule "r": mode taint is not supported',
  ],
  [
    'a pattern that does not parse',
    `${HEAD}    pattern: foo((\n`,
    ':6:14: rule "r": the pattern does not parse as python',
  ],
  [
    'a regex with lookahead',
    `${HEAD}    pattern-regex: (?!a)b\n`,
    ':6:20: rule "r": the regex cannot be used',
  ],
  [
    'two patterns',
    `${HEAD}    pattern: a()\n    pattern-regex: b\n`,
    'exactly one of pattern, patterns, pattern-either, pattern-regex',
  ],
  ['no pattern', HEAD, 'found 0'],
  ['only negative patterns', `${HEAD}    patterns:\n      - pattern-not: f()\n`, 'says what to find'],
  [
    'an unbound metavariable',
    `${HEAD}    patterns:\n      - pattern: f($X)\n      - metavariable-regex:\n          metavariable: $Y\n          regex: a\n`,
    'no pattern beside it binds $Y; use one of $X',
  ],
  [
    'an unknown severity',
    HEAD.replace('ERROR', 'BAD') + '    pattern: f()\n',
    ':4:15: rule "r": severity BAD is unknown',
  ],
  [
    'an unknown language',
    HEAD.replace('python', 'cobol') + '    pattern: f()\n',
    ':3:17: rule "r": language cobol is not supported',
  ],
  ['no message', HEAD.replace('    message: m\n', '') + '    pattern: f()\n', '"message" must be a text'],
  [
    'a pattern in a regex rule',
    HEAD.replace('python', 'regex') + '    pattern: f()\n',
    'can use pattern-regex only',
  ],
  ['a bad CWE', `${HEAD}    metadata: {cwe: 78}\n    pattern: f()\n`, 'metadata.cwe must read like'],
  ['broken YAML', 'rules:\n  - id: [\n', 'not valid YAML'],
  ['a duplicate key', `${HEAD}    pattern: f()\n    pattern: g()\n`, ':7:5: this is not valid YAML'],
  ['an ellipsis alone', `${HEAD}    pattern: ...\n`, 'a pattern cannot be ... alone'],
  ['not a list', 'rules: none\n', '"rules" must be a list'],
  ['an empty file', '', 'starts with "rules:"'],
])('%s', async (_, text, message) => {
  const file = fileWith(text);
  await expect(loadRuleSet(file)).rejects.toThrow(file);
  await expect(loadRuleSet(file)).rejects.toThrow(message);
});

test('the same id twice', async () => {
  const own = join(folder, 'twice');
  mkdirSync(own);
  writeFileSync(join(own, 'a.yaml'), `${HEAD}    pattern: f()\n`);
  writeFileSync(join(own, 'b.yaml'), `${HEAD}    pattern: g()\n`);
  await expect(loadRuleSet(own)).rejects.toThrow(/b\.yaml:2:5: rule "r": the id is taken by .*a\.yaml:2/);
});

test('every faulty file is named', async () => {
  const own = join(folder, 'many');
  mkdirSync(own);
  writeFileSync(join(own, 'a.yaml'), `${HEAD}    pattern: f((\n`);
  writeFileSync(join(own, 'b.yaml'), 'rules: none\n');
  await expect(loadRuleSet(own)).rejects.toThrow(/b\.yaml[^]*a\.yaml/);
});

test('an empty or missing folder', async () => {
  const own = join(folder, 'empty');
  mkdirSync(own);
  await expect(loadRuleSet(own)).rejects.toThrow('there are no rules in it');
  await expect(loadRuleSet(join(own, 'gone'))).rejects.toThrow('there is no such rule folder');
});

test('the scanner says so at ready(), and never calls code clean', async () => {
  const rulesDir = fileWith(`${HEAD}    pattern: foo((\n`);
  const scanner = createCodeScanner({ rulesDir });
  await expect(scanner.ready()).rejects.toThrow(/:6:14: rule "r": the pattern does not parse/);
  const outcome = await scanner.scanCode('x', 'python', { timeoutMs: 5000 });
  expect(outcome).toMatchObject({ status: 'unavailable', reason: 'load_failed' });
  await scanner.close();
});
