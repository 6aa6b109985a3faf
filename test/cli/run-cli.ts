/** Runs the real command from its sources, in a process of its own. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/runtime/entry.js';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** What standard input brings; default nothing at all. */
  readonly stdin?: string | Buffer;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The process as it is, for tests that talk to it while it runs. Settings of the developer's own shell stay out. */
export function startCli(
  args: readonly string[],
  { cwd = packageRoot(), env = {} }: Omit<CliOptions, 'stdin'> = {},
): ChildProcessWithoutNullStreams {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PORTCULLIS_'));
  return spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), join(packageRoot(), 'src', 'cli', 'main.ts'), ...args],
    { cwd, env: { ...Object.fromEntries(inherited), ...env } },
  );
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(args, options);
  // A command that refuses its arguments does not read its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return {
    code,
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
  };
}

/** The JSON objects of an output of JSON lines. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
