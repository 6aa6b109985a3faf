/** Canonical language names and what people write after a fence. */

/** Names with a grammar: rules for them match syntax trees. */
export const PARSED_LANGUAGES = ['python', 'javascript', 'typescript', 'java', 'c', 'cpp'] as const;
export type ParsedLanguage = (typeof PARSED_LANGUAGES)[number];

const ALIASES: Readonly<Record<string, readonly string[]>> = {
  python: [
    'py',
    'py2',
    'py3',
    'python2',
    'python3',
    'ipython',
    'ipython3',
    'pycon',
    'pyi',
    'sage',
    'jupyter',
  ],
  javascript: ['js', 'jsx', 'mjs', 'cjs', 'node', 'nodejs', 'ecmascript', 'es6', 'javascriptreact'],
  typescript: ['ts', 'tsx', 'mts', 'cts', 'typescriptreact'],
  java: ['jsp', 'java8', 'java11', 'java17', 'java21'],
  c: ['h', 'c89', 'c90', 'c99', 'c11', 'c17', 'ansi-c'],
  cpp: [
    'c++',
    'cc',
    'cxx',
    'hpp',
    'hh',
    'hxx',
    'h++',
    'c++11',
    'c++14',
    'c++17',
    'c++20',
    'arduino',
    'ino',
    'cuda',
    'cu',
  ],
  csharp: ['c#', 'cs'],
  go: ['golang'],
  php: ['php3', 'php5', 'php7', 'php8', 'phtml'],
  ruby: ['rb', 'erb', 'rails'],
  rust: ['rs'],
  kotlin: ['kt', 'kts'],
  swift: [],
  scala: ['sc'],
  bash: ['sh', 'shell', 'zsh', 'console', 'shell-session', 'shellscript', 'ksh', 'terminal'],
  sql: ['mysql', 'postgresql', 'postgres', 'plsql', 'pgsql', 'sqlite', 'tsql', 't-sql'],
  html: ['htm', 'xhtml', 'vue', 'svelte'],
  css: ['scss', 'sass', 'less'],
  json: ['jsonc', 'json5', 'jsonl'],
  yaml: ['yml'],
  xml: ['xsd', 'xslt', 'svg'],
  dockerfile: ['docker', 'containerfile'],
  terraform: ['hcl', 'tf'],
  powershell: ['ps1', 'pwsh', 'posh'],
  perl: ['pl'],
  r: ['rscript'],
  diff: ['patch'],
};

const CANONICAL: ReadonlyMap<string, string> = new Map(
  Object.entries(ALIASES).flatMap(([name, aliases]) =>
    [name, ...aliases].map((alias): [string, string] => [alias, name]),
  ),
);

/** `Py3` -> `python`; undefined for words that name no language we know (`text`, `output`, …). */
export function canonicalLanguage(word: string | undefined): string | undefined {
  if (word === undefined) return undefined;
  const lower = word
    .trim()
    .toLowerCase()
    .replace(/^language-|^lang-/, '');
  return CANONICAL.get(lower) ?? CANONICAL.get(lower.split(/[.:]/)[0] ?? lower);
}

export function isParsedLanguage(name: string): name is ParsedLanguage {
  return (PARSED_LANGUAGES as readonly string[]).includes(name);
}
