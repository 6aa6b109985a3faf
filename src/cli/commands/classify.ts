/** `portcullis classify` */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { GuardRole } from '../../core/conversation.js';
import type { Portcullis } from '../../server/compose.js';
import { classifyItem, type ClassifyLine } from '../../server/guard-api/index.js';
import { CliError, EXIT, type ExitCode, type SetExit } from '../exit.js';
import { openJsonLines } from '../input/json-lines.js';
import { readInput } from '../input/read-input.js';
import { openGuard } from '../open-guard.js';
import {
  addConfigOption,
  addGuardOption,
  addLogLevelOption,
  addPolicyOption,
  type SharedOptions,
} from '../options.js';
import { describeVerdict } from '../output/describe-verdict.js';
import { print } from '../output/output.js';
import { runLines } from '../run-lines.js';

const HELP = `
The policy's thresholds decide what is unsafe. The verdict is one of
  safe, unsafe     with a score from 0 (surely safe) to 1 (surely unsafe) and the categories
  unavailable      the guard could not say: that is not the same as safe

Examples:
  $ portcullis classify "How do I bake bread?"
  $ portcullis classify - < letter.txt
  $ portcullis classify --role agent --prompt "How do I get rid of mice?" "Set a trap …"
  $ portcullis classify --json "How do I bake bread?"
  $ portcullis classify --jsonl < items.jsonl > verdicts.jsonl
  $ portcullis classify --jsonl monday.jsonl tuesday.jsonl | jq -c 'select(.verdict != "safe")'

Lines for --jsonl, each answered by one line, in order:
  {"id": 1, "text": "…", "role": "User"}                              a prompt
  {"id": 2, "text": "…", "role": "Agent", "prompt": "…"}              a reply, and what it answers
  {"id": 3, "messages": [{"role": "user", "content": "…"}, …]}        the last message is judged
Blank lines are passed over. A line that is wrong is answered by one with an "error".

Exit codes: 0 all safe · 1 something unsafe · 2 wrong usage or a wrong line · 3 the guard is unavailable,
or had no verdict on something. Of several, 2 counts before 3 and 3 before 1.`;

/** Checks that wait at the guard: enough to keep it busy. */
const AT_ONCE = 8;

interface ClassifyOptions extends SharedOptions {
  readonly role: GuardRole;
  readonly prompt?: string;
  readonly jsonl?: boolean;
  readonly json?: boolean;
}

export function registerClassify(program: Command, setExit: SetExit): void {
  const command = program
    .command('classify')
    .description('judge a text, or many: safe or unsafe, and of which kind')
    .argument('[text...]', 'the text, in quotes; - reads standard input; with --jsonl: files of lines')
    .addOption(
      new Option('-r, --role <role>', 'whose text it is: user (a prompt) or agent (a reply)')
        .argParser(readRole)
        .default('User', 'user'),
    )
    .option('--prompt <text>', 'what the reply answers; with --role agent')
    .option('--jsonl', 'judge many: one JSON object a line, from files or standard input')
    .option('--json', 'write the verdict as one JSON object')
    .addHelpText('after', HELP)
    .action(async (texts: readonly string[], options: ClassifyOptions) => {
      setExit(
        options.jsonl === true ? await classifyLines(texts, options) : await classifyOne(texts, options),
      );
    });
  addGuardOption(command);
  addPolicyOption(command);
  addConfigOption(command);
  addLogLevelOption(command, 'warn');
}

function readRole(word: string): GuardRole {
  switch (word.toLowerCase()) {
    case 'user':
      return 'User';
    case 'agent':
      return 'Agent';
    default:
      throw new InvalidArgumentError('Allowed: user, agent.');
  }
}

async function classifyOne(texts: readonly string[], options: ClassifyOptions): Promise<ExitCode> {
  const { role, prompt } = options;
  if (prompt !== undefined && role !== 'Agent')
    throw new CliError(EXIT.usage, '--prompt goes with --role agent: it is what the reply answers.');
  const text = await readText(texts);
  const item = { text, role, ...(prompt === undefined ? {} : { prompt }) };
  return withGuard(options, async (portcullis) => {
    const line = await classifyItem(portcullis, item, { requestId: 'classify' });
    const taxonomy = portcullis.taxonomies.get(portcullis.policy.taxonomy);
    await print((options.json === true ? JSON.stringify(line) : describeVerdict(line, taxonomy)) + '\n');
    return codeOf(line);
  });
}

async function readText(texts: readonly string[]): Promise<string> {
  const [given, ...others] = texts;
  if (others.length > 0)
    throw new CliError(EXIT.usage, `${texts.length} texts are given where one is wanted. Put it in quotes.`);
  if (given === undefined && process.stdin.isTTY)
    throw new CliError(EXIT.usage, 'nothing to judge. Give a text in quotes, or - for standard input.');
  const fromInput = given === undefined || given === '-';
  const text = fromInput ? await readInput('-') : given;
  if (text.trim() === '')
    throw new CliError(
      EXIT.usage,
      `nothing to judge: ${fromInput ? 'standard input' : 'the text'} is empty.`,
    );
  return text;
}

async function classifyLines(paths: readonly string[], options: ClassifyOptions): Promise<ExitCode> {
  if (options.prompt !== undefined)
    throw new CliError(
      EXIT.usage,
      '--prompt is for a single text; with --jsonl each line has its own "prompt".',
    );
  const input = openJsonLines(paths);
  return withGuard(options, (portcullis) =>
    runLines<ClassifyLine>({
      input,
      concurrency: Math.min(AT_ONCE, portcullis.config.guard.maxQueue),
      answer: (item, requestId) => classifyItem(portcullis, item, { requestId, defaultRole: options.role }),
      refuse: (error, id) => ({
        ...(id === undefined ? {} : { id }),
        verdict: 'unavailable',
        score: null,
        categories: [],
        judge: portcullis.judge.id,
        reason: 'invalid_input',
        error,
        ms: 0,
      }),
      codeOf,
    }),
  );
}

async function withGuard(
  options: SharedOptions,
  work: (portcullis: Portcullis) => Promise<ExitCode>,
): Promise<ExitCode> {
  const portcullis = await openGuard(options);
  try {
    return await work(portcullis);
  } finally {
    await portcullis.close();
  }
}

function codeOf({ verdict }: ClassifyLine): ExitCode {
  switch (verdict) {
    case 'safe':
      return EXIT.fine;
    case 'unsafe':
      return EXIT.found;
    case 'unavailable':
      return EXIT.unavailable;
  }
}
