/** `portcullis scan` */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { canonicalLanguage, KNOWN_LANGUAGES } from '../language.js';
import { isJsonObject } from '../../core/json.js';
import { scanItem, type ScanLine } from '../../server/guard-api/index.js';
import { CliError, EXIT, Tally, type ExitCode, type SetExit } from '../exit.js';
import { mapInOrder } from '../input/in-order.js';
import { openJsonLines } from '../input/json-lines.js';
import { openScanner, type OpenScanner } from '../open-guard.js';
import { addConfigOption, addLogLevelOption, addPolicyOption, type SharedOptions } from '../options.js';
import { print } from '../output/output.js';
import { createScanReport, FORMATS, type ScanFormat } from '../output/create-report.js';
import { runLines } from '../run-lines.js';
import { scanFile } from '../scan-file.js';

const HELP = `
Code Shield finds known weaknesses (CWE) in source code, and in the code of a model's answer. The policy
says what each finding means: block, warn or ignore.

Which language: --language, else the file's extension, else the code itself. A file that is Markdown, and
standard input with fenced code in it, are taken for an answer: only the code in it is scanned. --text
says so of any other input.

Examples:
  $ portcullis scan app.py src/server.js
  $ portcullis scan --language python - < snippet.txt
  $ portcullis scan answer.md                               an answer, fences and all
  $ portcullis scan --format sarif src/*.py > findings.sarif
  $ git diff --name-only -z '*.py' | xargs -0 portcullis scan
  $ portcullis scan --jsonl < snippets.jsonl > findings.jsonl

Lines for --jsonl, each answered by one line, in order:
  {"id": 1, "code": "…", "language": "python"}       code
  {"id": 2, "text": "…"}                             an answer; places are those in the whole text
Blank lines are passed over. A line that is wrong is answered by one with an "error".

Exit codes: 0 nothing found, or only what the policy ignores · 1 something found · 2 wrong usage or a
wrong line · 3 something could not be scanned. Of several, 2 counts before 3 and 3 before 1.`;

interface ScanOptions extends Omit<SharedOptions, 'guard'> {
  readonly language?: string;
  readonly text?: boolean;
  readonly jsonl?: boolean;
  readonly format?: ScanFormat;
}

export function registerScan(program: Command, setExit: SetExit): void {
  const command = program
    .command('scan')
    .description('scan code, or the code in a model’s answer, for known weaknesses')
    .argument('[file...]', 'files; - is standard input')
    .option('-l, --language <language>', 'python, javascript, typescript, java, c, cpp, …', readLanguage)
    .option('--text', 'the input is an answer of a model: scan only the code in it')
    .option('--jsonl', 'scan many: one JSON object a line, from files or standard input')
    .addOption(
      new Option('-f, --format <format>', 'how findings are written (default: text)').choices(FORMATS),
    )
    .addHelpText('after', HELP)
    .action(async (files: readonly string[], options: ScanOptions) => {
      setExit(options.jsonl === true ? await scanLines(files, options) : await scanFiles(files, options));
    });
  addPolicyOption(command);
  addConfigOption(command);
  addLogLevelOption(command, 'warn');
}

function readLanguage(word: string): string {
  const language = canonicalLanguage(word);
  if (language === undefined) throw new InvalidArgumentError(`Known: ${KNOWN_LANGUAGES.join(', ')}.`);
  return language;
}

async function scanFiles(files: readonly string[], options: ScanOptions): Promise<ExitCode> {
  if (options.text === true && options.language !== undefined)
    throw new CliError(
      EXIT.usage,
      '--text finds the language of each piece of code itself; leave out --language.',
    );
  if (files.length === 0 && process.stdin.isTTY)
    throw new CliError(EXIT.usage, 'nothing to scan. Name files, or - for standard input.');
  const paths = files.length === 0 ? ['-'] : files;
  return withScanner(options, paths.length > 1, async (scanner) => {
    const report = createScanReport(options.format ?? 'text', scanner.parts.policy.id);
    const tally = new Tally();
    const results = mapInOrder(each(paths), scanner.concurrency, (path) =>
      scanFile(scanner.parts, path, options),
    );
    for await (const file of results) {
      if (file.fault !== undefined) tally.add(EXIT.usage);
      else tally.add(codeOf(file.scanned.unavailable?.reason, file.scanned.treatment));
      await print(report.add(file));
    }
    await print(report.end());
    return tally.code;
  });
}

async function* each(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) yield await Promise.resolve(path);
}

async function scanLines(paths: readonly string[], options: ScanOptions): Promise<ExitCode> {
  if (options.format !== undefined || options.text === true)
    throw new CliError(
      EXIT.usage,
      `--jsonl does not go with ${options.format === undefined ? '--text: a line says "text" itself' : '--format: it writes JSON lines'}.`,
    );
  const { language } = options;
  const input = openJsonLines(paths);
  return withScanner(options, true, ({ parts, concurrency }) =>
    runLines<ScanLine>({
      input,
      concurrency,
      answer: (item, requestId) => {
        const plain = isJsonObject(item) && 'code' in item && !('language' in item);
        return scanItem(parts, plain && language !== undefined ? { ...item, language } : item, { requestId });
      },
      refuse: (error, id) => ({
        ...(id === undefined ? {} : { id }),
        language: 'unknown',
        treatment: 'block',
        findings: [],
        reason: 'invalid_input',
        error,
        ms: 0,
      }),
      codeOf: (line) => codeOf(line.reason, line.treatment),
    }),
  );
}

function codeOf(unavailable: string | undefined, treatment: ScanLine['treatment']): ExitCode {
  if (unavailable !== undefined) return EXIT.unavailable;
  return treatment === 'ignore' ? EXIT.fine : EXIT.found;
}

async function withScanner(
  options: ScanOptions,
  many: boolean,
  work: (scanner: OpenScanner) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { config, policy, logLevel } = options;
  const scanner = await openScanner({ config, policy, logLevel }, many);
  try {
    return await work(scanner);
  } finally {
    await scanner.close();
  }
}
