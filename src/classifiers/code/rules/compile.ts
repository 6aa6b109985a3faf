/** Compiles rules for one language. */
import type { Parser } from 'web-tree-sitter';
import type { ParsedLanguage } from '../languages/names.js';
import type { Condition } from '../matcher/environment.js';
import { compilePattern, PatternError } from '../pattern/compile.js';
import type { CompiledPattern } from '../pattern/pattern.js';
import { ruleError } from './read.js';
import type { Formula, FormulaSource, PartSource, Rule, RuleSource } from './rule.js';

/** Equal patterns are compiled once per language, so that a scan evaluates them once. */
export type PatternCache = Map<string, CompiledPattern>;

interface Context {
  readonly rule: string;
  readonly language: ParsedLanguage;
  readonly parser: Parser;
  readonly cache: PatternCache;
}

/** @throws RuleError for a pattern that does not parse, or a metavariable that no pattern binds */
export function compileRule(
  source: RuleSource,
  language: ParsedLanguage,
  parser: Parser,
  cache: PatternCache,
): Rule {
  const context = { rule: source.id, language, parser, cache };
  return { ...facts(source), formula: compileFormula(source.formula, context).formula };
}

/** For rules of regexes only, which need no grammar. */
export function compileRegexRule(source: RuleSource): Rule {
  return { ...facts(source), formula: compileFormula(source.formula, undefined).formula };
}

function facts(source: RuleSource): Omit<Rule, 'formula'> {
  const { id, message, severity, cwe } = source;
  return { id, message, severity, cwe };
}

interface Compiled {
  readonly formula: Formula;
  readonly binds: ReadonlySet<string>;
}

function compileFormula(source: FormulaSource, context: Context | undefined): Compiled {
  switch (source.operator) {
    case 'pattern': {
      if (context === undefined) throw ruleError(source.at, undefined, 'a pattern needs a language');
      const pattern = compileText(source, context);
      return { formula: { operator: 'pattern', pattern, guards: [] }, binds: pattern.metavariables };
    }
    case 'pattern-regex': {
      const groups = Array.from({ length: source.regex.groupCount() }, (_, index) => `$${index + 1}`);
      return { formula: { operator: 'regex', regex: source.regex }, binds: new Set(groups) };
    }
    case 'pattern-either': {
      const of = source.of.map((item) => compileFormula(item, context));
      return {
        formula: { operator: 'either', of: of.map((item) => item.formula) },
        binds: new Set(of.flatMap((item) => [...item.binds])),
      };
    }
    case 'patterns':
      return compileAll(source.parts, context);
  }
}

function compileText(
  source: Extract<FormulaSource, { operator: 'pattern' }>,
  context: Context,
): CompiledPattern {
  const key = source.text.trim();
  const known = context.cache.get(key);
  if (known !== undefined) return known;
  try {
    const pattern = compilePattern(source.text, context.language, context.parser);
    context.cache.set(key, pattern);
    return pattern;
  } catch (error) {
    if (error instanceof PatternError) throw ruleError(source.at, context.rule, error.message);
    throw error;
  }
}

function compileAll(parts: readonly PartSource[], context: Context | undefined): Compiled {
  const binds = new Set<string>();
  const formulas = { match: [], not: [], inside: [], 'not-inside': [] } as Record<
    'match' | 'not' | 'inside' | 'not-inside',
    Formula[]
  >;
  for (const part of parts) {
    if (!('formula' in part)) continue;
    const compiled = compileFormula(part.formula, context);
    formulas[part.role].push(compiled.formula);
    if (part.role === 'match' || part.role === 'inside') for (const name of compiled.binds) binds.add(name);
  }
  const check = (part: Extract<PartSource, { metavariable: string }>): string => {
    if (!binds.has(part.metavariable))
      throw ruleError(
        part.at,
        context?.rule,
        `no pattern beside it binds ${part.metavariable}; use one of ${[...binds].join(', ') || '(none)'}`,
      );
    return part.metavariable;
  };
  const conditions = parts.flatMap((part) =>
    part.role === 'metavariable-regex' ? [{ metavariable: check(part), regex: part.regex }] : [],
  );
  const formula: Formula = {
    operator: 'all',
    matches: formulas.match.map((item) => guarded(item, conditions)),
    insides: formulas.inside.map((item) => guarded(item, conditions)),
    nots: formulas.not,
    notInsides: formulas['not-inside'],
    notRegexes: parts.flatMap((part) => (part.role === 'not-regex' ? [part.regex] : [])),
    conditions,
    focus: parts.flatMap((part) => (part.role === 'focus' ? [check(part)] : [])),
  };
  return { formula, binds };
}

/**
 * Hands conditions down to the patterns that bind their metavariable. What fails there would fail
 * above too, because a name stands for one thing; failing early keeps long sequences cheap.
 */
function guarded(formula: Formula, conditions: readonly Condition[]): Formula {
  if (conditions.length === 0) return formula;
  switch (formula.operator) {
    case 'regex':
      return formula;
    case 'pattern': {
      const own = conditions.filter(({ metavariable }) => formula.pattern.metavariables.has(metavariable));
      return { ...formula, guards: [...formula.guards, ...own] };
    }
    case 'either':
      return { ...formula, of: formula.of.map((item) => guarded(item, conditions)) };
    case 'all':
      return {
        ...formula,
        matches: formula.matches.map((item) => guarded(item, conditions)),
        insides: formula.insides.map((item) => guarded(item, conditions)),
      };
  }
}
