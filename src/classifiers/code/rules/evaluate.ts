/**
 * Evaluates a rule's operators over the matches of its patterns, as Semgrep documents them: `patterns`
 * keeps what all agree on, `pattern-inside` what lies within, `pattern-not` drops equal ranges,
 * `pattern-not-inside` what lies within. Metavariables of one name must stand for equal code.
 */
import type { RE2JS } from 're2js';
import { environmentKey, holds, lookup, merge, type Environment } from '../matcher/environment.js';
import type { Matcher, PatternMatch } from '../matcher/matcher.js';
import type { Formula } from './rule.js';

/** What a formula runs on; without a matcher (no grammar) only regexes can match. */
export interface Subject {
  readonly source: string;
  readonly matcher: Matcher | undefined;
}

/** Ranges where the formula holds, in source order, without duplicates. Throws BudgetError. */
export function evaluate(formula: Formula, subject: Subject): readonly PatternMatch[] {
  switch (formula.operator) {
    case 'pattern':
      return subject.matcher?.findAll(formula.pattern, formula.guards) ?? [];
    case 'regex':
      return regexMatches(formula.regex, subject.source);
    case 'either':
      return distinct(formula.of.flatMap((item) => evaluate(item, subject)));
    case 'all':
      return evaluateAll(formula, subject);
  }
}

function evaluateAll(
  formula: Extract<Formula, { operator: 'all' }>,
  subject: Subject,
): readonly PatternMatch[] {
  const [first, ...others] = formula.matches;
  const [firstInside, ...otherInsides] = formula.insides;
  let insides = formula.insides;
  let current: readonly PatternMatch[] = [];
  if (first !== undefined) current = evaluate(first, subject);
  else if (firstInside !== undefined) {
    current = evaluate(firstInside, subject);
    insides = otherInsides;
  }
  for (const other of others) {
    if (current.length === 0) return [];
    current = intersection(current, evaluate(other, subject));
  }
  for (const inside of insides) {
    if (current.length === 0) return [];
    current = within(current, evaluate(inside, subject));
  }
  for (const { metavariable, regex } of formula.conditions)
    current = current.filter((match) => {
      const bound = lookup(match.environment, metavariable);
      return bound !== undefined && holds(regex, bound);
    });
  for (const not of formula.nots) {
    if (current.length === 0) return [];
    const excluded = evaluate(not, subject);
    current = current.filter(
      (match) =>
        !excluded.some((no) => no.start === match.start && no.end === match.end && compatible(match, no)),
    );
  }
  for (const notInside of formula.notInsides) {
    if (current.length === 0) return [];
    const excluded = evaluate(notInside, subject);
    current = current.filter((match) => !excluded.some((no) => contains(no, match) && compatible(match, no)));
  }
  for (const regex of formula.notRegexes)
    current = current.filter((match) => !regex.matcher(subject.source.slice(match.start, match.end)).find());
  for (const metavariable of formula.focus)
    current = current.flatMap((match) => {
      const bound = lookup(match.environment, metavariable);
      return bound === undefined ? [] : [{ ...match, start: bound.start, end: bound.end }];
    });
  return distinct(current);
}

function contains(outer: PatternMatch, inner: PatternMatch): boolean {
  return outer.start <= inner.start && outer.end >= inner.end;
}

function compatible(a: PatternMatch, b: PatternMatch): boolean {
  return merge(a.environment, b.environment).ok;
}

/** Pairs of which one lies in the other; the smaller range stays, with both environments. */
function intersection(a: readonly PatternMatch[], b: readonly PatternMatch[]): PatternMatch[] {
  const both: PatternMatch[] = [];
  for (const left of a)
    for (const right of b) {
      const inner = contains(left, right) ? right : contains(right, left) ? left : undefined;
      if (inner === undefined) continue;
      const merged = merge(left.environment, right.environment);
      if (merged.ok) both.push({ start: inner.start, end: inner.end, environment: merged.environment });
    }
  return distinct(both);
}

function within(matches: readonly PatternMatch[], ranges: readonly PatternMatch[]): PatternMatch[] {
  const kept: PatternMatch[] = [];
  for (const match of matches)
    for (const range of ranges) {
      if (!contains(range, match)) continue;
      const merged = merge(match.environment, range.environment);
      if (merged.ok) kept.push({ start: match.start, end: match.end, environment: merged.environment });
    }
  return distinct(kept);
}

function distinct(matches: readonly PatternMatch[]): PatternMatch[] {
  const seen = new Map<string, PatternMatch>();
  for (const match of matches) {
    const key = `${match.start}:${match.end}:${environmentKey(match.environment)}`;
    if (!seen.has(key)) seen.set(key, match);
  }
  return [...seen.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}

function regexMatches(regex: RE2JS, source: string): PatternMatch[] {
  const matches: PatternMatch[] = [];
  const matcher = regex.matcher(source);
  while (matcher.find()) {
    const start = matcher.start();
    const end = matcher.end();
    if (end === start) continue;
    let environment: Environment;
    for (let group = 1; group <= regex.groupCount(); group++) {
      const text = matcher.group(group);
      if (text === null) continue;
      const from = matcher.start(group);
      environment = {
        binding: {
          name: `$${group}`,
          text: () => text,
          start: from,
          end: from + text.length,
          node: undefined,
        },
        rest: environment,
      };
    }
    matches.push({ start, end, environment });
  }
  return matches;
}
