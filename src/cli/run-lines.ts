/** Answers JSON lines with JSON lines: in order, several at once, never more than a few in memory. */
import { GuardError } from '../core/errors.js';
import { idOf } from '../server/guard-api/index.js';
import type { JsonValue } from '../core/json.js';
import { EXIT, Tally, type ExitCode } from './exit.js';
import { mapInOrder } from './input/in-order.js';
import type { JsonLine, JsonLines } from './input/json-lines.js';
import { print, remark } from './output/output.js';
import { createProgress } from './output/progress.js';

export interface LineRun<Line> {
  readonly input: JsonLines;
  /** Lines worked on at once. */
  readonly concurrency: number;
  /** Throws GuardError('invalid_request') for an item of another shape; nothing else. */
  readonly answer: (item: JsonValue, requestId: string) => Promise<Line>;
  /** What takes the place of an answer to a wrong line. */
  readonly refuse: (error: string, id: string | number | undefined) => object;
  /** What an answer means for the exit code. */
  readonly codeOf: (line: Line) => ExitCode;
}

interface Answered {
  readonly text: string;
  readonly code: ExitCode;
  readonly offset: number;
}

/** Gives the exit code: 2 when a line was wrong, else 3 when one has no answer, else 1, else 0. */
export async function runLines<Line>(run: LineRun<Line>): Promise<ExitCode> {
  const { input } = run;
  // Between lines on the same terminal a bar would only be in the way.
  const progress = process.stdout.isTTY
    ? undefined
    : createProgress({ stream: process.stderr, totalBytes: input.totalBytes });
  const tally = new Tally();
  let lines = 0;
  let wrong = 0;
  let number = 0;
  try {
    const answers = mapInOrder(input.lines, run.concurrency, (line) =>
      answerLine(run, line, `line-${(number += 1)}`),
    );
    for await (const { text, code, offset } of answers) {
      await print(text);
      tally.add(code);
      lines += 1;
      if (code === EXIT.usage) wrong += 1;
      progress?.update(lines, offset);
    }
  } finally {
    progress?.stop();
  }
  if (wrong > 0)
    remark(`portcullis: ${wrong} of ${lines} lines could not be read; their "error" says why.\n`);
  return tally.code;
}

async function answerLine<Line>(run: LineRun<Line>, line: JsonLine, requestId: string): Promise<Answered> {
  const { value, fault, place, offset } = line;
  const written = (answer: unknown, code: ExitCode): Answered => ({
    text: JSON.stringify(answer) + '\n',
    code,
    offset,
  });
  if (value === undefined) return written(run.refuse(`${place}: ${fault ?? ''}`, undefined), EXIT.usage);
  try {
    const answer = await run.answer(value, requestId);
    return written(answer, run.codeOf(answer));
  } catch (error) {
    if (!(error instanceof GuardError) || error.code !== 'invalid_request') throw error;
    return written(run.refuse(`${place}: ${error.message}`, idOf(value)), EXIT.usage);
  }
}
