/** `portcullis scan`: no guard model is needed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { jsonLines, runCli } from './run-cli.js';
import { runHere } from './run-here.js';

// Each test starts a process or two, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const PYTHON = 'import os\nos.system("cat " + input())\n';
const CLEAN = 'def add(a, b):\n    return a + b\n';

const folder = mkdtempSync(join(tmpdir(), 'cli-scan-'));
beforeAll(() => {
  mkdirSync(join(folder, 'sub folder'));
  writeFileSync(join(folder, 'bad.py'), PYTHON);
  writeFileSync(join(folder, 'sub folder', 'clean.py'), CLEAN);
  writeFileSync(join(folder, 'answer.md'), `Like this:\n\n\`\`\`python\n${PYTHON}\`\`\`\n`);
  writeFileSync(join(folder, 'latin1.py'), Buffer.from([0x23, 0xe9, 0x0a]));
});
afterAll(() => rmSync(folder, { recursive: true }));

const scan = (args: readonly string[], stdin = '') => runCli(['scan', ...args], { cwd: folder, stdin });

describe('files', () => {
  test('a finding: exit code 1, and a line that editors can follow', async () => {
    const { code, stdout, stderr } = await scan(['bad.py', 'sub folder/clean.py']);
    expect(stdout).toMatch(
      /^bad\.py:2:1: error: .+ \[CWE-78 python-os-system, block\]\n1 finding in 2 files: 1 block\.\n$/,
    );
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });

  test('nothing found: exit code 0', async () => {
    expect(await scan(['sub folder/clean.py'])).toEqual({
      code: 0,
      stdout: 'Nothing found in 1 file.\n',
      stderr: '',
    });
  });

  test('an answer: the code in it is scanned, the line is that of the file', async () => {
    const { stdout, code } = await scan(['answer.md']);
    expect(stdout).toMatch(/^answer\.md:5:1: error/);
    expect(code).toBe(1);
  });

  test('what cannot be read is told, the others are scanned, the exit code is 2', async () => {
    const { stdout, code } = await scan(['none.py', 'latin1.py', '.', 'bad.py']);
    expect(stdout).toMatch(/^none\.py: NOT SCANNED: none\.py does not exist\.$/m);
    expect(stdout).toMatch(/^latin1\.py: NOT SCANNED: latin1\.py is not UTF-8 text\.$/m);
    expect(stdout).toMatch(/^\.: NOT SCANNED: \. is a folder/m);
    expect(stdout).toMatch(/^bad\.py:2:1: error/m);
    expect(stdout).toMatch(/3 could not be scanned\.\n$/);
    expect(code).toBe(2);
  });

  test('what the policy ignores is listed and has exit code 0', async () => {
    const policy = join(folder, 'mild.yaml');
    writeFileSync(policy, 'code: { treatments: { error: ignore, warning: ignore } }\n');
    const { stdout, code } = await scan(['--policy', policy, 'bad.py']);
    expect(stdout).toMatch(/, ignore\]\n1 finding in 1 file: 1 ignore\.\n$/);
    expect(code).toBe(0);
  });

  test('code that takes too long is not scanned: exit code 3', async () => {
    const policy = join(folder, 'hasty.yaml');
    writeFileSync(policy, 'code: { timeout_ms: 1 }\n');
    const big = join(folder, 'big.py');
    writeFileSync(big, PYTHON.repeat(8000));
    const { stdout, code } = await scan(['--policy', policy, 'big.py']);
    expect(stdout).toMatch(/^big\.py: NOT SCANNED: timeout/);
    expect(code).toBe(3);
  });
});

describe('standard input', () => {
  test('code in a named language', async () => {
    const { stdout, code } = await scan(['--language', 'py'], PYTHON);
    expect(stdout).toMatch(/^standard input:2:1: error/);
    expect(code).toBe(1);
  });

  test('an answer is recognised by its fences', async () => {
    const { stdout } = await scan(['-'], `Try\n\`\`\`\n${PYTHON}\`\`\`\n`);
    expect(stdout).toMatch(/^standard input:4:1: error/);
  });

  test('empty: nothing found', async () => {
    const { stdout, code } = await scan([]);
    expect(stdout).toMatch(/Nothing found in 1 file\.\n$/);
    expect(code).toBe(0);
  });
});

describe('formats', () => {
  test('json: an array with one object a file', async () => {
    const { stdout } = await scan(['--format', 'json', 'bad.py', 'none.py']);
    const files = JSON.parse(stdout) as Record<string, unknown>[];
    expect(files).toMatchObject([
      {
        file: 'bad.py',
        language: 'python',
        treatment: 'block',
        findings: [{ cwe: 'CWE-78', startLine: 2, treatment: 'block' }],
      },
      { file: 'none.py', treatment: 'block', reason: 'invalid_input', error: 'none.py does not exist.' },
    ]);
  });

  test('sarif: rules are named once, results point at them and at the file', async () => {
    const { stdout } = await scan([
      '--format',
      'sarif',
      'bad.py',
      'answer.md',
      'sub folder/clean.py',
      'none.py',
    ]);
    const log = JSON.parse(stdout) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: {
          ruleId: string;
          ruleIndex: number;
          locations: { physicalLocation: { artifactLocation: { uri: string }; region: object } }[];
        }[];
        invocations: {
          executionSuccessful: boolean;
          toolExecutionNotifications: { message: { text: string } }[];
        }[];
      }[];
    };
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    const rules = run?.tool.driver.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual(['python-os-system']);
    expect(run?.results).toHaveLength(2);
    for (const result of run?.results ?? []) expect(rules[result.ruleIndex]?.id).toBe(result.ruleId);
    expect(run?.results.map(({ locations }) => locations[0]?.physicalLocation)).toEqual([
      {
        artifactLocation: { uri: 'bad.py' },
        region: { startLine: 2, startColumn: 1, endLine: 2, endColumn: 28 },
      },
      {
        artifactLocation: { uri: 'answer.md' },
        region: { startLine: 5, startColumn: 1, endLine: 5, endColumn: 28 },
      },
    ]);
    expect(run?.invocations[0]?.executionSuccessful).toBe(false);
    expect(run?.invocations[0]?.toolExecutionNotifications[0]?.message.text).toMatch(/none\.py/);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['an unknown format', ['--format', 'xml'], /Allowed choices are text, json, sarif/],
    ['an unknown language', ['--language', 'pythn'], /Known: python, javascript/],
    ['a format for lines', ['--jsonl', '--format', 'sarif'], /--jsonl does not go with --format/],
    ['a language for an answer', ['--text', '--language', 'c'], /leave out --language/],
  ])('%s: exit code 2', async (_, args, message) => {
    const { stdout, stderr, code } = await runHere('scan', ...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('--jsonl', () => {
  test('2000 lines are answered in order', async () => {
    const items = Array.from({ length: 2000 }, (_, id) =>
      id % 10 === 0
        ? { id, code: PYTHON, language: 'python' }
        : { id, code: `x = ${id}\n`, language: 'python' },
    );
    const { code, stdout, stderr } = await scan(
      ['--jsonl'],
      items.map((item) => JSON.stringify(item)).join('\n'),
    );
    const lines = jsonLines(stdout);
    expect(lines.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    expect(lines.map(({ treatment }) => treatment)).toEqual(
      items.map(({ id }) => (id % 10 === 0 ? 'block' : 'ignore')),
    );
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });

  test('a line is as the contract says; wrong lines have an error and the exit code is 2', async () => {
    const { stdout, code } = await scan(
      ['--jsonl'],
      [
        JSON.stringify({ id: 1, text: `Hi\n\`\`\`py\n${PYTHON}\`\`\`\n` }),
        JSON.stringify({ id: 2, text: 'No code at all.' }),
        JSON.stringify({ id: 3, kode: 'x' }),
        JSON.stringify({ id: 4, code: 'x', text: 'y' }),
      ].join('\n'),
    );
    const lines = jsonLines(stdout);
    expect(Object.keys(lines[0] ?? {})).toEqual(['id', 'language', 'treatment', 'findings', 'ms']);
    expect(lines[0]?.findings).toEqual([
      {
        rule: 'python-os-system',
        cwe: 'CWE-78',
        severity: 'error',
        message: expect.any(String) as string,
        startLine: 4,
        endLine: 4,
        startColumn: 1,
        endColumn: 28,
        language: 'python',
      },
    ]);
    expect(lines[1]).toMatchObject({ id: 2, language: 'none', treatment: 'ignore', findings: [] });
    expect(lines[2]?.error).toMatch(/^line 3: .*unknown key "kode"; did you mean "code"\?/);
    expect(lines[3]).toMatchObject({ id: 4, treatment: 'block', reason: 'invalid_input' });
    expect(code).toBe(2);
  });
});
