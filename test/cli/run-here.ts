/**
 * Runs a command line in this process: what it writes and its exit code, without the second that a new
 * process takes. For commands that neither read standard input nor load a model.
 */
import { vi } from 'vitest';
import { run } from '../../src/cli/program.js';
import type { CliResult } from './run-cli.js';

type Write = typeof process.stdout.write;

export async function runHere(...args: readonly string[]): Promise<CliResult> {
  const text = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation(((chunk: string, done?: () => void) => {
      text[name] += chunk;
      done?.();
      return true;
    }) as Write);
  const spies = [collect('stdout'), collect('stderr')];
  try {
    const code = await run(args);
    return { code, ...text };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
