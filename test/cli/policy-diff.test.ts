/** `portcullis policy diff` */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runHere } from './run-here.js';

const folder = mkdtempSync(join(tmpdir(), 'policy-diff-'));
afterAll(() => rmSync(folder, { recursive: true }));

function policy(name: string, text: string): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, text);
  return path;
}
const diff = (a: string, b: string) => runHere('policy', 'diff', a, b);
/** The settings, without the two lines that name the policies. */
const settings = (stdout: string): string[] => stdout.trimEnd().split('\n').slice(2);

describe('policy diff', () => {
  test('shows each setting with both values; exit code 1', async () => {
    const { stdout, code } = await diff('default', 'monitor');
    expect(stdout).toBe('--- default@1 (default)\n+++ monitor@1 (monitor)\nmode: "enforce" -> "monitor"\n');
    expect(code).toBe(1);
  });

  test('of two that do the same, whatever they are called: nothing; exit code 0', async () => {
    const a = policy('a', 'name: one\ndescription: of one\n');
    const b = policy('b', 'name: two\nversion: "7"\nprompt: { threshold: 0.5 }\n');
    expect(await diff(a, b)).toEqual({ stdout: '', stderr: '', code: 0 });
  });

  test('a default is told once; a category that has a value of its own is told itself', async () => {
    const a = policy('c', 'threshold: 0.5\n');
    const b = policy(
      'd',
      'threshold: 0.3\nreply: { categories: { S2: { threshold: 0.5 }, S3: { action: allow } } }\n',
    );
    const { stdout, code } = await diff(a, b);
    expect(settings(stdout)).toEqual([
      'prompt.threshold: 0.5 -> 0.3',
      'reply.threshold: 0.5 -> 0.3',
      // Not lowered with the others: the line above would let a reader think so.
      'reply.categories.S2.threshold: 0.5 in both',
      'reply.categories.S3.action: "block" -> "allow"',
    ]);
    expect(code).toBe(1);
    const e = policy('e', 'threshold: 0.3\n');
    expect(settings((await diff(e, b)).stdout)).toContain('reply.categories.S2.threshold: 0.3 -> 0.5');
  });

  test('what only one of them has', async () => {
    const a = policy('f', 'code: { cwes: { CWE-78: warn } }\n');
    const { stdout } = await diff(a, 'default');
    expect(settings(stdout)).toEqual(['code.cwes.CWE-78: "warn" -> (none)']);
    const v1 = policy('g', 'taxonomy: mlcommons-v1.0\n');
    expect(settings((await diff('default', v1)).stdout)).toEqual([
      'taxonomy: "mlcommons-v0.5" -> "mlcommons-v1.0"',
    ]);
  });

  test('routes, as far as they do not follow the policy', async () => {
    const a = policy('i', 'routes: { /api/chat: { turns: new }, /api/generate: {} }\n');
    const b = policy(
      'j',
      'check_first: true\nroutes: { /api/chat: { turns: last_user, threshold: 0.3 }, middleware: { stream: { mode: buffer } } }\n',
    );
    expect(settings((await diff(a, b)).stdout)).toEqual([
      'check_first: false -> true',
      'routes["/api/chat"].turns: "new" -> "last_user"',
      'routes["/api/chat"].prompt.threshold: 0.5 -> 0.3',
      'routes["/api/chat"].reply.threshold: 0.5 -> 0.3',
      'routes.middleware.stream.mode: "window" -> "buffer"',
    ]);
    const all = policy('k', 'turns: new\n');
    expect(settings((await diff(a, all)).stdout)).toEqual([
      'turns: "all" -> "new"',
      // The line above seems to say otherwise.
      'routes["/api/chat"].turns: "new" in both',
    ]);
    const idle = policy('l', 'routes: { /api/chat: { turns: all }, middleware: {} }\n');
    expect(await diff(idle, 'default')).toEqual({ stdout: '', stderr: '', code: 0 });
  });

  test('a file with problems: they are told; exit code 2', async () => {
    const { stderr, code } = await diff('default', policy('h', 'treshold: 0.4\n'));
    expect(stderr).toMatch(/unknown key "treshold"/);
    expect(code).toBe(2);
    expect((await diff('default', 'strickt')).stderr).toMatch(/did you mean "strict"/);
  });
});
