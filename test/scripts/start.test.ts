import { rmSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.js';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => {
  sandbox.remove();
});

const start = (args: readonly string[] = [], extra: NodeJS.ProcessEnv = {}) =>
  sandbox.script('start.mjs', args, extra);

// Generous: these start compilers on machines that may be busy.
describe('npm start', { timeout: 180_000 }, () => {
  it('installs without devDependencies, builds and serves; the second start is quiet', async () => {
    const first = await start(['--port', '1']).ended;
    expect(first.code).toBe(0);
    expect(first.stdout).toBe('{"args":["serve","--port","1"],"word":"first"}\n');
    expect(sandbox.installs()).toHaveLength(1);
    expect(sandbox.installs()[0]).toMatch(/^install --no-save .*--ignore-scripts .*--omit=dev$/);
    expect(sandbox.read('dist/cli/page/index.html')).toBe('<p>page</p>\n');

    const second = await start().ended;
    expect(second).toEqual({ code: 0, stdout: '{"args":["serve"],"word":"first"}\n', stderr: '' });
    expect(sandbox.installs()).toHaveLength(1);
  });

  it('installs again when the lock file or the wanted packages change, not when a script does', async () => {
    await start().ended;
    const manifest = sandbox.read('package.json');
    sandbox.write('package.json', manifest.replace('"scripts": {}', '"scripts": {"hello": "true"}'));
    await start().ended;
    expect(sandbox.installs()).toHaveLength(1);
    sandbox.write('package-lock.json', '{"changed":true}\n');
    await start().ended;
    expect(sandbox.installs()).toHaveLength(2);
    sandbox.write('package.json', manifest.replace('{\n', '{\n"dependencies": {"left": "1.0.0"},\n'));
    await start().ended;
    expect(sandbox.installs()).toHaveLength(3);
  });

  it('is content with a full install, and an install for tests is not content with less', async () => {
    await start().ended;
    await sandbox.script('test.mjs', ['test/one.test.ts']).ended;
    expect(sandbox.installs()).toHaveLength(2);
    expect(sandbox.installs()[1]).toMatch(/--include=dev$/);
    await start().ended;
    expect(sandbox.installs()).toHaveLength(2);
    // A new lock file at a start keeps the tools that a developer has.
    sandbox.write('package-lock.json', '{"changed":true}\n');
    await start().ended;
    expect(sandbox.installs()[2]).toMatch(/--include=dev$/);
  });

  it('lets a second start wait for the first', async () => {
    const extra = { FAKE_NPM_SLEEP: '1500' };
    const one = start([], extra);
    await one.shows('installing');
    const two = start([], extra);
    const ends = await Promise.all([one.ended, two.ended]);
    expect(ends.map((end) => end.code)).toEqual([0, 0]);
    expect(ends[1].stderr).toContain(`process ${String(one.child.pid)}`);
    expect(sandbox.installs()).toHaveLength(1);
    expect(sandbox.has('.cache/setup.lock')).toBe(false);
  });

  it('starts over after an install that was killed', async () => {
    const killed = start([], { FAKE_NPM_SLEEP: '60000' });
    await killed.shows('installing');
    while (!sandbox.has('node_modules/half-done')) await new Promise((resolve) => setTimeout(resolve, 20));
    const { pids } = JSON.parse(sandbox.read('.cache/setup.lock')) as { pids: number[] };
    expect(pids[0]).toBe(killed.child.pid);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await killed.ended;

    const next = await start().ended;
    expect(next.code).toBe(0);
    expect(next.stderr).toContain('interrupted; starting over');
    expect(sandbox.has('node_modules/half-done')).toBe(false);
    expect(next.stdout).toContain('"serve"');
  });

  it('waits for an npm that outlived its start', async () => {
    const killed = start([], { FAKE_NPM_SLEEP: '2000' });
    await killed.shows('installing');
    while (!sandbox.has('node_modules/half-done')) await new Promise((resolve) => setTimeout(resolve, 20));
    killed.child.kill('SIGKILL');
    const next = start();
    await next.shows('waiting for another set-up');
    const end = await next.ended;
    expect(end.code).toBe(0);
    expect(sandbox.has('node_modules/half-done')).toBe(false);
  });

  it('takes over a lock whose holder is gone', async () => {
    const gone = start(['--wait']);
    await gone.shows('"serve"');
    gone.child.kill('SIGKILL');
    await gone.ended;
    sandbox.write('package-lock.json', '{"changed":true}\n');
    const lock = { pids: [gone.child.pid], host: hostname(), token: 'old' };
    sandbox.write('.cache/setup.lock', JSON.stringify(lock));
    expect((await start().ended).code).toBe(0);
    expect(sandbox.installs()).toHaveLength(2);
  });

  it.each([
    ['npm error code ENOTFOUND\nnpm error network request failed', 'registry cannot be reached'],
    ['npm error code ENOSPC', 'disk is full'],
    ['npm error code E404', 'no such package or version'],
    ['npm error something new', 'exit code 1'],
  ])('says what to do when npm fails with %j', async (words, advice) => {
    const end = await start([], { FAKE_NPM_ERROR: words }).ended;
    expect(end.code).toBe(1);
    expect(end.stderr).toContain(advice);
    expect(end.stdout).toBe('');
  });

  it('tries again after a failed install', async () => {
    await start([], { FAKE_NPM_ERROR: 'npm error code ENOTFOUND' }).ended;
    expect((await start().ended).code).toBe(0);
    expect(sandbox.installs()).toHaveLength(2);
  });

  it('says so when there is no npm', async () => {
    rmSync(join(sandbox.root, 'bin/npm'));
    symlinkSync(process.execPath, join(sandbox.root, 'bin/node'));
    const end = await start([], { PATH: join(sandbox.root, 'bin') }).ended;
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('npm is not on PATH');
  });

  it('refuses an old Node', async () => {
    const check = "import('./scripts/check-node.mjs').then((m) => m.requireNode('20.19.9'))";
    const end = await sandbox.start(process.execPath, ['-e', check]).ended;
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('this is Node 20.19.9, and Portcullis needs Node 20.20 or newer');
    for (const version of ['20.20.0', '22.0.0', '24.1.0']) {
      const fine = await sandbox.start(process.execPath, ['-e', check.replace('20.19.9', version)]).ended;
      expect(fine).toEqual({ code: 0, stdout: '', stderr: '' });
    }
  });

  it('passes signals and the exit code on', async () => {
    const run = start(['--wait']);
    await run.shows('"serve"');
    run.child.kill('SIGTERM');
    const end = await run.ended;
    expect(end.stdout).toContain('orderly end\n');
    expect(end.code).toBe(5);
  });

  it('ends with the shell that npm started it through', async () => {
    const command = `"${process.execPath}" scripts/start.mjs --wait; true`;
    const run = sandbox.start('sh', ['-c', command], { npm_lifecycle_event: 'start' });
    await run.shows('"serve"');
    run.child.kill('SIGKILL');
    expect((await run.ended).stdout).toContain('orderly end\n');
  });
});

describe('the build', { timeout: 180_000 }, () => {
  it('follows the sources: changed, added and removed files', async () => {
    await start().ended;
    sandbox.write('src/cli/word.ts', "export const word = 'second';\n");
    sandbox.write('src/cli/more.ts', 'export const more = 1;\n');
    const changed = await start().ended;
    expect(changed.stdout).toContain('"word":"second"');
    expect(sandbox.has('dist/cli/more.js')).toBe(true);
    rmSync(join(sandbox.root, 'src/cli/more.ts'));
    await start().ended;
    expect(sandbox.has('dist/cli/more.js')).toBe(false);
  });

  it('that fails serves nothing and leaves the last good one', async () => {
    await start().ended;
    sandbox.write('src/cli/word.ts', 'export const word = ;\n');
    const end = await start().ended;
    expect(end.code).toBe(1);
    expect(end.stdout).toBe('');
    expect(end.stderr).toContain('src/cli/word.ts(1,');
    expect(sandbox.read('dist/cli/word.js')).toContain("'first'");
  });

  it('checks types when asked for by itself', async () => {
    await start().ended;
    sandbox.write('src/cli/word.ts', "export const word: number = 'text';\n");
    expect((await start().ended).code).toBe(0);
    const checked = await sandbox.script('build.mjs').ended;
    expect(checked.code).toBe(1);
    expect(checked.stderr).toContain('TS2322');
  });
});
