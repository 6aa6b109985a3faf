/** `portcullis config`, `portcullis policy` and the help. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { loadPolicy, parsePolicy } from '../../src/policy/policy.js';
import { loadTaxonomies } from '../../src/taxonomy/taxonomy.js';
import { runCli } from './run-cli.js';
import { runHere } from './run-here.js';

// Each test starts a process or two, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), 'cli-settings-'));
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true }));

describe('config print', () => {
  test('shows values with their places, and what it prints can be loaded again', async () => {
    const first = await runCli(['config', 'print', '--port', '9001'], {
      cwd: folder,
      env: { PORTCULLIS_UPSTREAM: 'http://10.0.0.5:8000' },
    });
    expect(first.stdout).toMatch(/^ {2}port: 9001 +# flag --port/m);
    expect(first.stdout).toMatch(/^ {2}url: http:\/\/10\.0\.0\.5:8000 +# environment PORTCULLIS_UPSTREAM/m);
    expect(first.code).toBe(0);

    const file = join(folder, 'again.yaml');
    writeFileSync(file, first.stdout);
    const again = await runHere('config', 'print', '--config', file);
    expect(again.stdout).toMatch(/^ {2}port: 9001 +# file/m);
    expect(again.code).toBe(0);
  });

  test('every problem at once, exit code 2', async () => {
    vi.stubEnv('PORTCULLIS_LOG_LEVEL', 'wran');
    const { stdout, stderr, code } = await runHere('config', 'print', '--port', 'abc');
    expect(stderr).toMatch(/--port: "abc"/);
    expect(stderr).toMatch(/PORTCULLIS_LOG_LEVEL: .*did you mean "warn"/);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('policy', () => {
  test('check tells each file’s problems with their place; exit code 2', async () => {
    const file = join(folder, 'typo.yaml');
    writeFileSync(file, 'name: typo\ntreshold: 0.4\n');
    const { stdout, stderr, code } = await runCli(['policy', 'check', 'default', file, 'missing.yaml'], {
      cwd: folder,
    });
    expect(stdout).toMatch(/^default: fine\. default@1, mode enforce/);
    expect(stderr).toMatch(/typo\.yaml:2:1: treshold: unknown key "treshold"; did you mean "threshold"\?/);
    expect(stderr).toMatch(/^missing\.yaml does not exist\.$/m);
    expect(code).toBe(2);
  });

  test.each(['default', 'strict', 'monitor'])(
    'show %s prints a file that decides in the same way',
    async (name) => {
      const { stdout, code } = await runHere('policy', 'show', name);
      const taxonomies = loadTaxonomies();
      expect(parsePolicy(stdout, taxonomies, 'shown.yaml').hash).toBe(
        loadPolicy(join('policies', `${name}.yaml`), taxonomies).hash,
      );
      expect(code).toBe(0);
    },
  );

  test('show without a name follows the configuration', async () => {
    vi.stubEnv('PORTCULLIS_POLICY', 'strict');
    const { stdout } = await runHere('policy', 'show');
    expect(stdout).toMatch(/^# strict@1\n/);
  });
});

describe('help', () => {
  test.each([
    ['serve', '--upstream <url>'],
    ['classify', '--role <role>'],
    ['scan', '--format <format>'],
    ['config print', '--config <file>'],
    ['policy check', '<file...>'],
    ['policy show', '[policy]'],
  ])('%s --help shows options and examples on standard output', async (command, option) => {
    const { stdout, stderr, code } = await runHere(...command.split(' '), '--help');
    expect(stdout).toContain(option);
    expect(stdout).toContain(`Examples:\n  $ portcullis ${command}`);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  test('without a command the help goes to standard error, exit code 2', async () => {
    const { stdout, stderr, code } = await runCli([]);
    expect(stderr).toMatch(/^Usage: portcullis/);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('an unknown command is answered with the nearest; exit code 2', async () => {
    const { stderr, code } = await runHere('clasify');
    expect(stderr).toMatch(/Did you mean classify\?/);
    expect(code).toBe(2);
  });
});
