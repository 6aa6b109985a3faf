/** One scan: snippet in, findings out. Runs inside the worker. */
import type { Finding } from '../../../core/assessment.js';
import { BARE_SCORE, detectLanguage, evidenceFor, FENCED_SCORE } from '../languages/detect.js';
import { parsersFor } from '../languages/grammars.js';
import { canonicalLanguage, isParsedLanguage, type ParsedLanguage } from '../languages/names.js';
import { Budget } from '../matcher/budget.js';
import { Matcher } from '../matcher/matcher.js';
import { evaluate, type Subject } from '../rules/evaluate.js';
import type { Rule } from '../rules/rule.js';
import type { RuleSet } from '../rules/rule-set.js';
import { lastCut } from '../stream/cut-places.js';
import { finishedStatements } from '../stream/statements.js';
import { parseTree, type SyntaxTree } from '../tree/syntax-tree.js';
import { scriptsOf } from './embedded.js';
import { prepareSnippet, type Snippet } from './snippet.js';

/** Node comparisons one rule may make on one snippet. */
const STEPS_PER_RULE = 2_000_000;

/** A fence that says one language around text that is strongly another is scanned as both. */
const CONTRADICTION_SCORE = 5;

const FAMILIES: readonly ReadonlySet<string>[] = [
  new Set(['javascript', 'typescript']),
  new Set(['c', 'cpp']),
];

export interface ScannedCode {
  readonly language: string;
  readonly findings: readonly Finding[];
  /** Of growing code: how many lines from its beginning may leave, if the findings allow it. */
  readonly settledLines?: number | undefined;
}

/** Lines that are scanned before those in front of them may leave: calls that go over a few lines are seen whole. */
export const MARGIN_LINES = 4;
/**
 * A finding in growing code counts when so many lines have come behind it, and is held until then: some
 * rules ask that something be missing, and it may be what comes next.
 */
const RIPE_LINES = 8;
/** Code of which it is not clear what language it is in is held for this many lines. */
const DOUBT_LINES = 30;

/**
 * @param language what the fence or the caller says; undefined: look at the code
 * @param deadline `performance.now()` value
 * @throws BudgetError when the work does not end in time
 */
export async function scanSnippet(
  rules: RuleSet,
  raw: string,
  language: string | undefined,
  deadline: number,
): Promise<ScannedCode> {
  const snippet = prepareSnippet(raw);
  const languages = languagesOf(snippet.code, language);
  const budget = new Budget(STEPS_PER_RULE, deadline);
  const findings: Finding[] = [];
  const [first = 'unknown'] = languages;
  for (const name of languages) {
    const language = name === 'html' ? 'javascript' : name;
    const code = name === 'html' ? scriptsOf(snippet.code) : snippet.code;
    if (code === undefined || !isParsedLanguage(language)) continue;
    const tree = await parseSnippet(code, language);
    // In C a buffer changes without an assignment to its name.
    const namesCanBeConstant = language !== 'c' && language !== 'cpp';
    const matcher = new Matcher(tree, budget, { namesCanBeConstant });
    run(rules.rulesFor(language), { source: code, matcher }, budget, language, snippet, findings);
  }
  run(rules.anyLanguage, { source: snippet.code, matcher: undefined }, budget, first, snippet, findings);
  return { language: first, findings: inOrder(findings) };
}

/**
 * Scans code of which more will come: up to its last finished statement, as if what is open there were
 * closed. `settledLines` is the last place between statements that is at least MARGIN_LINES before that.
 *
 * @param raw whole lines
 */
export async function scanGrowing(
  rules: RuleSet,
  raw: string,
  hint: string | undefined,
  deadline: number,
): Promise<ScannedCode> {
  const snippet = prepareSnippet(raw);
  const languages = languagesOf(snippet.code, hint);
  const budget = new Budget(STEPS_PER_RULE, deadline);
  const findings: Finding[] = [];
  const [first = 'unknown'] = languages;
  const parsed: { readonly tree: SyntaxTree; readonly ends: readonly number[] }[] = [];
  for (const name of languages) {
    const language = name === 'html' ? 'javascript' : name;
    const code = name === 'html' ? scriptsOf(snippet.code) : snippet.code;
    if (code === undefined || !isParsedLanguage(language)) continue;
    const { ends, closers } = finishedStatements(code, language);
    const tree = await parseSnippet(code.slice(0, ends.at(-1) ?? 0) + closers, language);
    // In C a buffer changes without an assignment to its name.
    const namesCanBeConstant = language !== 'c' && language !== 'cpp';
    const matcher = new Matcher(tree, budget, { namesCanBeConstant });
    run(rules.rulesFor(language), { source: tree.source, matcher }, budget, language, snippet, findings);
    parsed.push({ tree, ends });
  }
  run(rules.anyLanguage, { source: snippet.code, matcher: undefined }, budget, first, snippet, findings);

  const lineOf = lineIndex(snippet);
  const linesBefore = (offset: number): number => lineOf(offset).line - 1;
  const total = linesBefore(snippet.code.length);
  const ripe = ({ endLine }: Finding): boolean => endLine <= total - RIPE_LINES;
  const limits = findings.filter((finding) => !ripe(finding)).map(({ startLine }) => startLine - 1);
  if (total <= DOUBT_LINES && isDoubtful(snippet.code, hint, languages)) limits.push(0);
  const tag = /<script\b[^>]*$/i.exec(snippet.code);
  if (tag !== null) limits.push(linesBefore(tag.index));
  limits.push(total - MARGIN_LINES);
  for (const { ends } of parsed) limits.push(linesBefore(ends.at(-1) ?? 0) - MARGIN_LINES);
  const limit = Math.min(...limits);
  const cuts = parsed.map(({ tree, ends }) =>
    linesBefore(
      lastCut(
        tree,
        ends.filter((end) => linesBefore(end) <= limit),
      ),
    ),
  );
  const settledLines = Math.max(0, Math.min(limit, ...cuts));
  return { language: first, findings: inOrder(findings.filter(ripe)), settledLines };
}

/** Whether more code may show that it is in another language, with other rules. */
function isDoubtful(code: string, hint: string | undefined, languages: readonly string[]): boolean {
  const said = canonicalLanguage(hint);
  const detected = detectLanguage(code);
  if (said === undefined) return detected.score < BARE_SCORE;
  if (languages.length > 1 || languages.includes(detected.language)) return false;
  const family = FAMILIES.find((members) => members.has(said));
  if (family?.has(detected.language) === true || detected.score < FENCED_SCORE) return false;
  return isParsedLanguage(detected.language) && evidenceFor(code, said) * 2 <= detected.score;
}

/** First the language to report, then others to scan as. */
export function languagesOf(code: string, hint: string | undefined): string[] {
  const said = canonicalLanguage(hint);
  const detected = detectLanguage(code);
  if (said === undefined) return [detected.language];
  const family = FAMILIES.find((members) => members.has(said));
  const agrees = detected.language === said || family?.has(detected.language) === true;
  if (agrees || detected.score < CONTRADICTION_SCORE || !isParsedLanguage(detected.language)) return [said];
  return evidenceFor(code, said) * 2 > detected.score ? [said] : [said, detected.language];
}

/** The tree with the fewest errors of the grammars for a language. */
async function parseSnippet(code: string, language: ParsedLanguage): Promise<SyntaxTree> {
  let best: SyntaxTree | undefined;
  for (const parser of await parsersFor(language)) {
    const tree = parseTree(parser, code);
    if (best === undefined || tree.errors < best.errors) best = tree;
    if (best.errors === 0) break;
  }
  if (best === undefined) throw new Error(`There is no grammar for ${language}.`);
  return best;
}

function run(
  rules: readonly Rule[],
  subject: Subject,
  budget: Budget,
  language: string,
  snippet: Snippet,
  findings: Finding[],
): void {
  if (rules.length === 0) return;
  const locate = lineIndex(snippet);
  for (const rule of rules) {
    budget.startRule(rule.id);
    for (const match of evaluate(rule.formula, subject)) {
      const from = locate(match.start);
      const to = locate(match.end);
      findings.push({
        rule: rule.id,
        cwe: rule.cwe,
        severity: rule.severity,
        message: rule.message,
        startLine: from.line,
        endLine: to.line,
        startColumn: from.column,
        endColumn: to.column,
        language,
      });
    }
  }
}

/** Offset in the prepared code -> 1-based line and column in the snippet as it came. */
function lineIndex(snippet: Snippet): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0];
  const lineEnd = /\r\n|\n|\r/g;
  while (lineEnd.exec(snippet.code) !== null) starts.push(lineEnd.lastIndex);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 + (snippet.removed[low] ?? 0) };
  };
}

/** By place, one finding per rule and range. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const distinct = new Map<string, Finding>();
  for (const finding of findings) {
    const { rule, startLine, startColumn, endLine, endColumn } = finding;
    const key = [rule, startLine, startColumn, endLine, endColumn].join(':');
    if (!distinct.has(key)) distinct.set(key, finding);
  }
  return [...distinct.values()].sort(
    (a, b) => a.startLine - b.startLine || a.startColumn - b.startColumn || (a.rule < b.rule ? -1 : 1),
  );
}
