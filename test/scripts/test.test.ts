import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox, failingTest, passingTest } from './sandbox.js';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => {
  sandbox.remove();
});

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);
/** `.ci/run` takes any executable for Chromium: none is installed from here. */
const ci = (extra: NodeJS.ProcessEnv = {}) =>
  sandbox.start('bash', ['.ci/run'], { CI: 'true', CHROMIUM: process.execPath, ...extra }).ended;

describe('.ci/run', { timeout: 180_000 }, () => {
  it('runs every check and closes with the counts', async () => {
    const end = await ci();
    // The counts stand alone on one line only: nobody adds them up twice.
    expect(end.stdout.match(/^\d+ passed, \d+ failed$/gm)).toEqual(['1 passed, 0 failed']);
    expect(lastLine(end.stdout)).toBe('1 passed, 0 failed');
    expect(end.code).toBe(0);
    for (const name of ['install', 'build', 'prettier', 'eslint', 'types', 'boundaries', 'vitest']) {
      expect(end.stderr).toContain(`ok     ${name} (`);
    }
  });

  it('counts failed tests, broken test files and failed checks, and runs the checks after a failed one', async () => {
    sandbox.write('test/two.test.ts', failingTest);
    sandbox.write('test/three.test.ts', "throw new Error('broken file');\n");
    sandbox.write('src/cli/ugly.ts', "import { word } from './word.js'\nexport const   ugly = word\n");
    const end = await ci();
    expect(lastLine(end.stdout)).toBe('1 passed, 3 failed');
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('FAILED prettier');
    expect(end.stderr).toContain('ok     types');
    expect(end.stderr).toContain('FAILED vitest');
  });

  it('fails when the set-up fails', async () => {
    const end = await ci({ FAKE_NPM_ERROR: 'npm error code EAI_AGAIN' });
    expect(lastLine(end.stdout)).toBe('0 passed, 1 failed');
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('registry cannot be reached');
  });

  it('fails when no test ran', async () => {
    sandbox.write('test/one.test.ts', passingTest.replace("it('", "it.skip('"));
    const end = await ci();
    expect(lastLine(end.stdout)).toBe('0 passed, 1 failed');
    expect(end.code).toBe(1);
  });
});

describe('npm test -- FILE', { timeout: 180_000 }, () => {
  it('runs only vitest, with the arguments', async () => {
    sandbox.write('test/two.test.ts', failingTest);
    const end = await sandbox.script('test.mjs', ['test/one']).ended;
    expect(lastLine(end.stdout)).toBe('In all: 1 passed, 0 failed');
    expect(end.code).toBe(0);
    expect(end.stderr).not.toContain('eslint');
    expect(sandbox.has('dist')).toBe(false);
  });

  it('fails when an error is thrown outside of any test', async () => {
    const stray = passingTest + "\nvoid Promise.reject(new Error('stray'));\n";
    sandbox.write('test/one.test.ts', stray);
    const end = await sandbox.script('test.mjs', ['test/one']).ended;
    expect(lastLine(end.stdout)).toBe('In all: 1 passed, 1 failed');
    expect(end.code).toBe(1);
  });
});
