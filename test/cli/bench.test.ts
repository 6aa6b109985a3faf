/** `portcullis bench`: what it prints, and the token counts it promises. Times are for benchmarks alone. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { GuardBenchReport } from '../../src/bench/guard/report.js';
import { writeToyGuard } from '../support/gguf/toy-guard.js';
import { runCli, startCli } from './run-cli.js';
import { runHere } from './run-here.js';

vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), 'cli-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { TMPDIR: folder };

describe('bench guard', () => {
  test('measures a generated model, keeps its promises in tokens, and leaves no files', async () => {
    const { code, stdout, stderr } = await runCli(
      ['bench', 'guard', '--shape', 'tiny', '--rounds', '1', '--threads', '1', '--json'],
      { env },
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as GuardBenchReport;
    expect(report).toMatchObject({
      format: 'portcullis-bench-guard',
      shape: 'tiny',
      model: { generated: true },
      judge: 'llama-guard-2',
      threads: 1,
      rounds: 1,
      prefix: 390,
      // 80, 160, 320, 640, 1200 and the rest of the 2,700 characters of a reply of 400 tokens.
      streamWindows: 6,
    });
    expect(report.embedded.map(({ tokens }) => tokens)).toEqual([12, 60, 250]);
    expect(report.loads).toHaveLength(4);

    const tokens = new Map(report.checks.map(({ name, evaluated, cached }) => [name, [evaluated, cached]]));
    expect(tokens.get('naive: llama.cpp alone, all 450 tokens')).toEqual([450, 0]);
    for (const wanted of [60, 120, 250]) {
      const [evaluated = 0, cached = 0] = tokens.get(`policy cached, ${wanted} new tokens`) ?? [];
      // A text that begins as the one before it did finds a token or two more; 60 are filled up to a tile of 64.
      expect(evaluated + cached).toBe(390 + wanted);
      expect(Math.abs(evaluated - wanted)).toBeLessThanOrEqual(wanted === 60 ? 4 : 3);
    }
    // A late turn finds the whole conversation before it.
    expect(tokens.get('turn 6 of a chat, the same new words')?.[1]).toBeGreaterThan(390 + 5 * 40);

    const promised = report.targets.filter(({ of, target }) => of === 'tokens' && target !== null);
    expect(promised.map(({ name }) => name)).toEqual([
      'turn 6 over turn 1, same new words',
      'reply 6 over reply 1',
      'stream over one pass',
    ]);
    expect(promised.map(({ met }) => met)).toEqual([true, true, true]);
    // So small a model tells nothing about time.
    for (const { name, of, met } of report.targets)
      if (of === 'memory' || (of === 'time' && !name.startsWith('embedded'))) expect(met).toBeNull();

    expect(existsSync(report.model.path)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('portcullis-bench'))).toEqual([]);
  });

  test('measures a file of the user, and prints tables', async () => {
    const path = join(folder, 'toy.gguf');
    writeToyGuard(path);
    const { code, stdout } = await runCli(
      ['bench', 'guard', '--model', path, '--rounds', '1', '--threads', '1'],
      { env },
    );
    expect(code).toBe(0);
    expect(stdout).toContain('Guard of shape file (1 MB), llama-guard-2');
    expect(stdout).toMatch(/\| stream over one pass +\| tokens \|/);
    expect(existsSync(path)).toBe(true);
  });

  test('a stop leaves no files and ends with the code of an interruption', async () => {
    const child = startCli(['bench', 'guard', '--rounds', '1000', '--threads', '1'], { env });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await vi.waitFor(
      () => expect(readdirSync(folder).some((name) => name.startsWith('portcullis-bench'))).toBe(true),
      { timeout: 60_000 },
    );
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith('portcullis-bench'))).toEqual([]);
  });

  test('refuses what it cannot measure', async () => {
    const missing = await runHere('bench', 'guard', '--model', join(folder, 'nothing.gguf'));
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('there is no file');
    expect(await runHere('bench', 'guard', '--rounds', '0')).toMatchObject({ code: 2 });
    expect(await runHere('bench', 'guard', '--shape', 'huge')).toMatchObject({ code: 2 });
  });
});

test('bench proxy runs the script of the checkout with the options it was given', async () => {
  const { code, stderr } = await runCli(['bench', 'proxy', '--no-such-option']);
  expect(code).toBe(1);
  expect(stderr).toContain("Unknown option '--no-such-option'");
});
