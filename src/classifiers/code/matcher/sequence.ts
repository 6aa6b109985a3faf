/** Sequences of statements: patterns such as `$X = input(); ... eval($X)`. */
import { STATEMENT_LIST_KINDS, statementsOf } from '../languages/vocabulary.js';
import type { StatementItem } from '../pattern/pattern.js';
import type { SyntaxNode } from '../tree/syntax-tree.js';
import type { Budget } from './budget.js';
import { environmentKey, holds, lookup, merge, type Condition, type Environment } from './environment.js';

/** One place where a pattern matches. */
export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  readonly environment: Environment;
}

export interface NodeMatch extends PatternMatch {
  readonly node: SyntaxNode;
}

/** Finds one item of a sequence anywhere in the tree. */
type Search = (item: StatementItem) => readonly NodeMatch[];

/** A match and the statement it stands in. */
interface StatementMatch {
  readonly statement: SyntaxNode;
  readonly environment: Environment;
}

interface StepTable {
  /** Metavariables that earlier steps bind too; their texts are the key. */
  readonly shared: readonly string[];
  /** In source order. */
  readonly byKey: ReadonlyMap<string, readonly StatementMatch[]>;
}

interface SequenceStep {
  readonly item: StatementItem;
  readonly afterEllipsis: boolean;
}

function sequenceSteps(items: readonly StatementItem[]): SequenceStep[] {
  return items.flatMap((item, index) =>
    item.pattern.type === 'ellipsis'
      ? []
      : [{ item, afterEllipsis: items[index - 1]?.pattern.type === 'ellipsis' }],
  );
}

/** The innermost statement that holds the node. */
function statementAround(node: SyntaxNode): SyntaxNode | undefined {
  let current: SyntaxNode | undefined = node;
  while (current !== undefined) {
    const parent: SyntaxNode | undefined = current.parent;
    if (parent !== undefined && STATEMENT_LIST_KINDS.has(parent.kind)) return current;
    current = parent;
  }
  return undefined;
}

function nextStatement(statement: SyntaxNode): SyntaxNode | undefined {
  const siblings = statement.parent === undefined ? [] : statementsOf(statement.parent);
  return siblings[siblings.indexOf(statement) + 1];
}

/** Index of the first entry whose statement starts at or behind `offset`. */
function firstAfter(entries: readonly StatementMatch[], offset: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.statement.start ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function distinctMatches(matches: readonly PatternMatch[]): PatternMatch[] {
  const distinct = new Map<string, PatternMatch>();
  for (const match of matches)
    distinct.set(`${match.start}:${match.end}:${environmentKey(match.environment)}`, match);
  return [...distinct.values()].sort((a, b) => a.start - b.start || b.end - a.end);
}

/**
 * Statements in a row, as a join: every item is searched for by itself, then matches are put together
 * that stand in order, in the first one's block or deeper, and agree on their metavariables.
 */
export function searchSequence(
  items: readonly StatementItem[],
  guards: readonly Condition[],
  budget: Budget,
  search: Search,
): PatternMatch[] {
  const steps = sequenceSteps(items);
  const tables: StepTable[] = [];
  const bound = new Set<string>();
  for (const step of steps) {
    const shared = [...step.item.metavariables].filter((name) => bound.has(name));
    const table = stepTable(step.item, shared, guards, search);
    if (table.byKey.size === 0) return [];
    tables.push(table);
    for (const name of step.item.metavariables) bound.add(name);
  }
  const found: PatternMatch[] = [];
  const leading = items[0]?.pattern.type === 'ellipsis';
  const trailing = items.at(-1)?.pattern.type === 'ellipsis';
  const extend = (
    index: number,
    first: StatementMatch,
    last: StatementMatch,
    environment: Environment,
  ): void => {
    const step = steps[index];
    const table = tables[index];
    const block = first.statement.parent;
    if (step === undefined || table === undefined) {
      const start = leading ? (block?.start ?? 0) : first.statement.start;
      const end = trailing ? (block?.end ?? 0) : last.statement.end;
      found.push({ start, end, environment });
      return;
    }
    const key = table.shared.map((name) => lookup(environment, name)?.text() ?? '').join('\u0000');
    const candidates = table.byKey.get(key) ?? [];
    for (let at = firstAfter(candidates, last.statement.end); at < candidates.length; at++) {
      budget.step();
      const candidate = candidates[at];
      if (candidate === undefined || candidate.statement.end > (block?.end ?? 0)) break;
      if (!step.afterEllipsis && candidate.statement !== nextStatement(last.statement)) continue;
      const merged = merge(environment, candidate.environment);
      if (merged.ok) extend(index + 1, first, candidate, merged.environment);
    }
  };
  for (const candidates of tables[0]?.byKey.values() ?? [])
    for (const first of candidates) extend(1, first, first, first.environment);
  return distinctMatches(found);
}

function stepTable(
  item: StatementItem,
  shared: readonly string[],
  guards: readonly Condition[],
  search: Search,
): StepTable {
  const byKey = new Map<string, StatementMatch[]>();
  for (const match of search(item)) {
    const statement = statementAround(match.node);
    if (statement === undefined || (item.pattern.type === 'metavariable' && statement !== match.node))
      continue;
    const refused = guards.some(({ metavariable, regex }) => {
      const value = lookup(match.environment, metavariable);
      return value !== undefined && !holds(regex, value);
    });
    if (refused) continue;
    const key = shared.map((name) => lookup(match.environment, name)?.text() ?? '').join('\u0000');
    const list = byKey.get(key);
    const entry = { statement, environment: match.environment };
    if (list === undefined) byKey.set(key, [entry]);
    else list.push(entry);
  }
  for (const list of byKey.values()) list.sort((a, b) => a.statement.start - b.statement.start);
  return { shared, byKey };
}
