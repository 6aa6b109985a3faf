/**
 * Matches compiled patterns against a syntax tree, with backtracking. Written in continuation style:
 * a step hands every way of matching to `next`, which says whether to go on looking (true) or stop.
 */
import {
  ASSIGNMENT_KINDS,
  COMMENT_KINDS,
  EQUIVALENT_KINDS,
  INTERPOLATION_KINDS,
  NAME_KINDS,
  OPTIONAL_KINDS,
  STATEMENT_LIST_KINDS,
  STRING_KINDS,
  STRING_TEXT_KINDS,
  TRANSPARENT_KINDS,
  UNORDERED_KINDS,
  bare,
  declaredName,
  fieldOf,
  significantChildren,
  statementsOf,
} from '../languages/vocabulary.js';
import type { CompiledPattern, Pattern } from '../pattern/pattern.js';
import { literalContent } from '../tree/strings.js';
import { nodeText, walk, type SyntaxNode, type SyntaxTree } from '../tree/syntax-tree.js';
import type { Budget } from './budget.js';
import { Constants } from './constants.js';
import { environmentKey, lookup, type Binding, type Condition, type Environment } from './environment.js';
import { Names } from './names.js';
import { searchSequence, type NodeMatch, type PatternMatch } from './sequence.js';

export type { PatternMatch } from './sequence.js';

/** Longer code is compared as it is written. */
const MAX_NORMALISED = 2000;

type Next = (environment: Environment) => boolean;
type NodePattern = Extract<Pattern, { type: 'node' }>;

export class Matcher {
  private readonly names: Names;
  private readonly constants: Constants;
  private readonly wordsPresent = new Map<string, boolean>();
  private readonly comparable = new Map<SyntaxNode, string>();
  private readonly children = new Map<SyntaxNode, readonly SyntaxNode[]>();
  private readonly found = new Map<CompiledPattern, readonly NodeMatch[]>();

  constructor(
    readonly tree: SyntaxTree,
    private readonly budget: Budget,
    options: { readonly namesCanBeConstant: boolean },
  ) {
    this.names = new Names(tree);
    this.constants = new Constants(tree, options.namesCanBeConstant);
  }

  /** All matches, in source order. Throws BudgetError when the work gets out of hand. */
  findAll(pattern: CompiledPattern, guards: readonly Condition[] = []): readonly PatternMatch[] {
    if (!pattern.words.every((word) => this.hasWord(word))) return [];
    // Sequences are not shared between rules: their guards differ.
    if (pattern.root.type === 'statements')
      return searchSequence(pattern.root.items, guards, this.budget, (item) =>
        this.search(item.pattern, item.anchors),
      );
    const known = this.found.get(pattern);
    if (known !== undefined) return known;
    const matches = this.search(pattern.root, pattern.anchors);
    this.found.set(pattern, matches);
    return matches;
  }

  private hasWord(word: string): boolean {
    let present = this.wordsPresent.get(word);
    if (present === undefined) {
      present = this.tree.source.includes(word);
      this.wordsPresent.set(word, present);
    }
    return present;
  }

  private search(root: Pattern, anchors: readonly string[] | undefined): NodeMatch[] {
    const matches: NodeMatch[] = [];
    const seen = new Set<string>();
    for (const node of this.candidates(anchors))
      this.match(root, node, undefined, (environment) => {
        const key = `${node.start}:${node.end}:${environmentKey(environment)}`;
        if (!seen.has(key)) {
          seen.add(key);
          matches.push({ start: node.start, end: node.end, environment, node });
        }
        return true;
      });
    return matches.sort((a, b) => a.start - b.start || b.end - a.end);
  }

  private candidates(anchors: readonly string[] | undefined): readonly SyntaxNode[] {
    if (anchors !== undefined) return anchors.flatMap((kind) => this.tree.byKind.get(kind) ?? []);
    const all: SyntaxNode[] = [];
    walk(this.tree.root, (node) => {
      if (node.named && !COMMENT_KINDS.has(node.kind) && !TRANSPARENT_KINDS.has(node.kind)) all.push(node);
      return true;
    });
    return all;
  }

  // Nodes

  /** Returns false when `next` asked to stop. */
  private match(pattern: Pattern, original: SyntaxNode, environment: Environment, next: Next): boolean {
    this.budget.step();
    const node = bare(original);
    switch (pattern.type) {
      case 'metavariable':
        return this.bind(pattern.name, node, environment, next);
      case 'ellipsis':
        return next(environment);
      case 'any-string':
        return this.constants.stringValue(node) === undefined ? true : next(environment);
      case 'bound-string': {
        const value = this.constants.stringValue(node);
        if (value === undefined) return true;
        return this.bindText(pattern.name, () => value, node, environment, next);
      }
      case 'string':
        return this.constants.stringValue(node) === pattern.value ? next(environment) : true;
      case 'any-interpolated':
        return node.kind === pattern.kind &&
          node.children.some((child) => INTERPOLATION_KINDS.has(child.kind))
          ? next(environment)
          : true;
      case 'deep':
        return this.matchDeep(pattern.inner, node, environment, next);
      case 'path':
        return this.names.matches(pattern.parts, node) ? next(environment) : true;
      case 'key': {
        const name =
          literalContent(this.tree, node) ?? (NAME_KINDS.has(node.kind) ? this.text(node) : undefined);
        return name === pattern.name ? next(environment) : true;
      }
      case 'assignment':
        return this.matchAssignment(pattern, node, environment, next);
      case 'leaf':
        return node.kind === pattern.kind && this.text(node) === pattern.text ? next(environment) : true;
      case 'node':
        return this.matchNode(pattern, node, environment, next);
      case 'statements':
        return true;
    }
  }

  private bind(name: string | undefined, node: SyntaxNode, environment: Environment, next: Next): boolean {
    // `f($X)` means a positional argument; the name of a keyword is not part of an expression.
    if (node.kind === 'keyword_argument' || !node.named) return true;
    if (name === undefined) return next(environment);
    return this.bindText(name, () => this.comparableText(node), node, environment, next);
  }

  private bindText(
    name: string,
    text: () => string,
    node: SyntaxNode,
    environment: Environment,
    next: Next,
  ): boolean {
    const bound = lookup(environment, name);
    if (bound !== undefined) return bound.text() === text() ? next(environment) : true;
    const binding: Binding = { name, text, start: node.start, end: node.end, node };
    return next({ binding, rest: environment });
  }

  private matchDeep(inner: Pattern, node: SyntaxNode, environment: Environment, next: Next): boolean {
    let going = true;
    walk(node, (below) => {
      if (!going) return false;
      if (below.named && !TRANSPARENT_KINDS.has(below.kind))
        going = this.match(inner, below, environment, next);
      return going;
    });
    return going;
  }

  private matchAssignment(
    pattern: Extract<Pattern, { type: 'assignment' }>,
    node: SyntaxNode,
    environment: Environment,
    next: Next,
  ): boolean {
    const fields = ASSIGNMENT_KINDS.get(node.kind);
    if (fields === undefined) return true;
    const operator = fieldOf(node, 'operator');
    if (operator !== undefined && operator.kind !== '=') return true;
    const target = fieldOf(node, fields[0]);
    const value = fieldOf(node, fields[1]);
    if (target === undefined || value === undefined) return true;
    return this.match(pattern.target, declaredName(target), environment, (bound) =>
      this.match(pattern.value, value, bound, next),
    );
  }

  private matchNode(pattern: NodePattern, node: SyntaxNode, environment: Environment, next: Next): boolean {
    if (node.kind !== pattern.kind && EQUIVALENT_KINDS.get(pattern.kind)?.includes(node.kind) !== true)
      return true;
    if (STRING_KINDS.has(pattern.kind))
      return this.matchList(pattern.children, stringParts(node), environment, next);
    const children = this.childrenOf(node).filter(
      (child) => !OPTIONAL_KINDS.has(child.kind) || pattern.mentions.has(child.kind),
    );
    if (STATEMENT_LIST_KINDS.has(pattern.kind))
      return this.matchBody(pattern.children, children, environment, next);
    if (UNORDERED_KINDS.has(pattern.kind))
      return this.matchUnordered(pattern.children, children, environment, next);
    if (children.some((child) => child.kind === 'keyword_argument'))
      return this.matchArguments(pattern.children, children, environment, next);
    return this.matchList(pattern.children, children, environment, next);
  }

  private childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
    let children = this.children.get(node);
    if (children === undefined) {
      children = significantChildren(node);
      this.children.set(node, children);
    }
    return children;
  }

  // Lists

  /** Neighbours in order; an ellipsis takes any number of them. */
  private matchList(
    patterns: readonly Pattern[],
    nodes: readonly SyntaxNode[],
    environment: Environment,
    next: Next,
    pi = 0,
    ni = 0,
  ): boolean {
    const pattern = patterns[pi];
    if (pattern === undefined) return ni === nodes.length ? next(environment) : true;
    if (pattern.type === 'ellipsis') {
      if (pi === patterns.length - 1)
        return this.bindRun(pattern.name, nodes, ni, nodes.length, environment, next);
      for (let end = ni; end <= nodes.length; end++) {
        const going = this.bindRun(pattern.name, nodes, ni, end, environment, (bound) =>
          this.matchList(patterns, nodes, bound, next, pi + 1, end),
        );
        if (!going) return false;
      }
      return true;
    }
    const node = nodes[ni];
    if (node === undefined) return true;
    if (pattern.field !== undefined && node.field !== undefined && pattern.field !== node.field) return true;
    return this.match(pattern, node, environment, (bound) =>
      this.matchList(patterns, nodes, bound, next, pi + 1, ni + 1),
    );
  }

  private bindRun(
    name: string | undefined,
    nodes: readonly SyntaxNode[],
    from: number,
    to: number,
    environment: Environment,
    next: Next,
  ): boolean {
    this.budget.step();
    if (name === undefined) return next(environment);
    const taken = nodes.slice(from, to);
    const text = (): string => taken.map((node) => this.comparableText(node)).join(' , ');
    const bound = lookup(environment, name);
    if (bound !== undefined) return bound.text() === text() ? next(environment) : true;
    const start = taken[0]?.start ?? 0;
    const end = taken.at(-1)?.end ?? start;
    return next({ binding: { name, text, start, end, node: undefined }, rest: environment });
  }

  /** Positional arguments in order, keyword arguments by name; without `...` nothing may be left over. */
  private matchArguments(
    patterns: readonly Pattern[],
    nodes: readonly SyntaxNode[],
    environment: Environment,
    next: Next,
  ): boolean {
    const isKeyword = (pattern: Pattern): boolean =>
      pattern.type === 'node' && pattern.kind === 'keyword_argument';
    const keywordPatterns = patterns.filter(isKeyword);
    const positionalPatterns = patterns.filter((pattern) => !isKeyword(pattern));
    const open = patterns.some((pattern) => pattern.type === 'ellipsis');
    const keywords = nodes.filter((node) => node.kind === 'keyword_argument');
    if (!open && keywords.length !== keywordPatterns.length) return true;
    const positional = nodes.filter((node) => node.kind !== 'keyword_argument');
    return this.matchList(positionalPatterns, positional, environment, (bound) =>
      this.matchUnordered(keywordPatterns, keywords, bound, next),
    );
  }

  /** Every pattern has to find a node of its own; nodes may be left over. */
  private matchUnordered(
    patterns: readonly Pattern[],
    nodes: readonly SyntaxNode[],
    environment: Environment,
    next: Next,
  ): boolean {
    const [first, ...others] = patterns.filter((pattern) => pattern.type !== 'ellipsis');
    if (first === undefined) return next(environment);
    for (const node of nodes) {
      const going = this.match(first, node, environment, (bound) =>
        others.length === 0
          ? next(bound)
          : this.matchUnordered(
              others,
              nodes.filter((other) => other !== node),
              bound,
              next,
            ),
      );
      if (!going) return false;
    }
    return true;
  }

  // Statements

  /**
   * `patterns` from `pi` on against `statements` from `si` on. After an ellipsis a pattern may also be
   * found inside the statements that follow (in the body of an `if`, say).
   */
  private matchStatements(
    patterns: readonly Pattern[],
    pi: number,
    statements: readonly SyntaxNode[],
    si: number,
    environment: Environment,
    next: (environment: Environment, last: SyntaxNode | undefined) => boolean,
  ): boolean {
    this.budget.step();
    const pattern = patterns[pi];
    if (pattern === undefined) return next(environment, statements[si - 1]);
    if (pattern.type !== 'ellipsis') {
      const statement = statements[si];
      if (statement === undefined) return true;
      return this.matchStatement(pattern, statement, environment, (bound) =>
        this.matchStatements(patterns, pi + 1, statements, si + 1, bound, next),
      );
    }
    if (pi === patterns.length - 1) return next(environment, statements.at(-1));
    for (let from = si; from < statements.length; from++) {
      if (!this.matchStatements(patterns, pi + 1, statements, from, environment, next)) return false;
      const statement = statements[from];
      if (statement === undefined) continue;
      for (const nested of nestedLists(statement)) {
        const inner = statementsOf(nested);
        for (let start = 0; start < inner.length; start++)
          if (!this.matchStatements(patterns, pi + 1, inner, start, environment, next)) return false;
      }
    }
    return true;
  }

  /** A whole block: all of its statements, unless the pattern ends in an ellipsis. */
  private matchBody(
    patterns: readonly Pattern[],
    statements: readonly SyntaxNode[],
    environment: Environment,
    next: Next,
  ): boolean {
    if (patterns.length === 0) return statements.length === 0 ? next(environment) : true;
    const open = patterns.at(-1)?.type === 'ellipsis';
    return this.matchStatements(patterns, 0, statements, 0, environment, (bound, last) =>
      open || last === statements.at(-1) ? next(bound) : true,
    );
  }

  /** An expression pattern matches a statement that holds the expression, but not in a nested block. */
  private matchStatement(
    pattern: Pattern,
    statement: SyntaxNode,
    environment: Environment,
    next: Next,
  ): boolean {
    if (pattern.type === 'metavariable' || (pattern.type === 'node' && pattern.kind === statement.kind))
      return this.match(pattern, statement, environment, next);
    let going = true;
    walk(statement, (node) => {
      if (!going || (node !== statement && STATEMENT_LIST_KINDS.has(node.kind))) return false;
      if (node.named && !TRANSPARENT_KINDS.has(node.kind))
        going = this.match(pattern, node, environment, next);
      return going;
    });
    return going;
  }

  // Text

  private text(node: SyntaxNode): string {
    return nodeText(this.tree, node);
  }

  /** Tokens without comments, spacing and parentheses around the whole. */
  private comparableText(node: SyntaxNode): string {
    // A slice costs nothing; taking tokens of every level of a deep nest would be quadratic.
    if (node.end - node.start > MAX_NORMALISED) return this.text(node);
    let text = this.comparable.get(node);
    if (text === undefined) {
      const tokens: string[] = [];
      walk(node, (below) => {
        if (COMMENT_KINDS.has(below.kind)) return false;
        const whole = below.children.length === 0 || STRING_KINDS.has(below.kind);
        if (whole && below.end > below.start) tokens.push(this.text(below));
        return !whole;
      });
      text = tokens.join(' ');
      this.comparable.set(node, text);
    }
    return text;
  }
}

function stringParts(node: SyntaxNode): SyntaxNode[] {
  return node.children.filter(
    (child) => STRING_TEXT_KINDS.has(child.kind) || INTERPOLATION_KINDS.has(child.kind),
  );
}

/** Statement lists below a statement, outermost first. */
function nestedLists(statement: SyntaxNode): SyntaxNode[] {
  const lists: SyntaxNode[] = [];
  walk(statement, (node) => {
    if (STATEMENT_LIST_KINDS.has(node.kind)) lists.push(node);
    return true;
  });
  return lists;
}
