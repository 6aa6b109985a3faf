/** One thing wrong in a file, and how it is told. */

export interface Problem {
  /** 1-based; undefined when the problem is not at a place of the file. */
  readonly line?: number;
  /** 1-based, in UTF-16 units. */
  readonly column?: number;
  /** Where in the data: `prompt.categories.S1.threshold`; empty at the top. */
  readonly path: string;
  /** What is wrong and what is allowed, without the place. */
  readonly message: string;
}

/** Keys and indexes as a person writes them: `a.b[0]["odd key"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]+$/.test(String(part))) text += (text === '' ? '' : '.') + String(part);
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}

/** One line: `policy.yaml:4:3: prompt.threshold: …`. */
export function formatProblem(fileName: string, problem: Problem): string {
  const place = problem.line === undefined ? fileName : `${fileName}:${problem.line}:${problem.column ?? 1}`;
  return `${place}: ${problem.path === '' ? '' : problem.path + ': '}${problem.message}`;
}

/** All problems under one heading. */
export function formatProblems(fileName: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return [
    `${fileName} has ${count}:`,
    ...problems.map((problem) => '  ' + formatProblem(fileName, problem)),
  ].join('\n');
}
