/** The command line as a whole: its commands, and what becomes of their errors. */
import { Command, CommanderError } from 'commander';
import { GuardError } from '../core/errors.js';
import { registerBench } from './commands/bench.js';
import { registerClassify } from './commands/classify.js';
import { registerConfig } from './commands/config.js';
import { registerModels } from './commands/models.js';
import { registerEval } from './commands/eval.js';
import { registerPolicy } from './commands/policy.js';
import { registerScan } from './commands/scan.js';
import { registerServe } from './commands/serve.js';
import { CliError, EXIT, type ExitCode, type SetExit } from './exit.js';
import { OutputClosed, watchOutput } from './output/output.js';
import { packageVersion } from './package-version.js';

const HELP = `
Start here:
  $ portcullis serve                              guard a model server on this machine
  $ portcullis classify "How do I bake bread?"    is this text safe?
  $ portcullis scan app.py                        is this code safe?

Exit codes:
  0  fine, all safe
  1  something unsafe or insecure was found (classify, scan); policies differ (policy diff)
  2  wrong usage, configuration or input
  3  the guard is unavailable

"portcullis COMMAND --help" explains each command with examples.`;

function createProgram(setExit: SetExit): Command {
  const program = new Command('portcullis')
    .description(
      'The guard in front of a Llama deployment: judges every prompt and reply against a hazard taxonomy and scans generated code before anyone receives it.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain the command')
    .helpCommand('help [command]', 'explain a command')
    .showHelpAfterError('(--help explains the command)')
    .exitOverride()
    .addHelpText('after', HELP);
  registerServe(program);
  registerClassify(program, setExit);
  registerScan(program, setExit);
  registerModels(program, setExit);
  registerEval(program, setExit);
  registerPolicy(program, setExit);
  registerConfig(program);
  registerBench(program, setExit);
  return program;
}

/**
 * Runs one command line and gives its exit code. Results go to standard output, everything else to
 * standard error.
 * @param args without the program's own name
 */
export async function run(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.fine;
  watchOutput();
  try {
    const program = createProgram((code) => {
      exitCode = code;
    });
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): ExitCode {
  if (error instanceof OutputClosed) return EXIT.outputClosed;
  // Commander has written its message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  if (error instanceof CliError) {
    process.stderr.write(`portcullis: ${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof GuardError && error.code !== 'internal') {
    process.stderr.write(`portcullis: ${error.message}\n`);
    return error.code === 'guard_unavailable' || error.code === 'guard_not_ready'
      ? EXIT.unavailable
      : EXIT.usage;
  }
  // A fault of Portcullis itself: its stack is what a bug report needs.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`portcullis: this is a bug in Portcullis; please report it.\n${detail}\n`);
  return EXIT.bug;
}
