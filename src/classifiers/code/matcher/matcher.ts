/**
 * Matches compiled patterns against a syntax tree, with backtracking. Written in continuation style:
 * a step hands every way of matching to `next`, which says whether to go on looking (true) or stop.
 */
import {
  ASSIGNMENT_KINDS,
  COMMENT_KINDS,
  DOTTED_KINDS,
  EQUIVALENT_KINDS,
  INTERPOLATION_KINDS,
  MEMBER_KINDS,
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
import { importAliases, type Aliases } from './aliases.js';
import type { Budget } from './budget.js';
import { Constants } from './constants.js';
import { environmentKey, lookup, type Binding, type Environment } from './environment.js';

/** One place where a pattern matches. */
export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  readonly environment: Environment;
}

/** Longer dotted names (chains of generated calls) are no library function's name. */
const MAX_PATH_DEPTH = 16;

type Next = (environment: Environment) => boolean;
type NodePattern = Extract<Pattern, { type: 'node' }>;

export class Matcher {
  private readonly aliases: Aliases;
  private readonly constants: Constants;
  private readonly wordsPresent = new Map<string, boolean>();
  private readonly comparable = new Map<SyntaxNode, string>();
  private readonly children = new Map<SyntaxNode, readonly SyntaxNode[]>();
  private readonly found = new Map<CompiledPattern, readonly PatternMatch[]>();

  constructor(
    readonly tree: SyntaxTree,
    private readonly budget: Budget,
    options: { readonly namesCanBeConstant: boolean },
  ) {
    this.aliases = importAliases(tree);
    this.constants = new Constants(tree, options.namesCanBeConstant);
  }

  /** All matches, in source order. Throws BudgetError when the work gets out of hand. */
  findAll(pattern: CompiledPattern): readonly PatternMatch[] {
    const known = this.found.get(pattern);
    if (known !== undefined) return known;
    const matches = pattern.words.every((word) => this.hasWord(word)) ? this.search(pattern) : [];
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

  private search(pattern: CompiledPattern): PatternMatch[] {
    const matches: PatternMatch[] = [];
    const seen = new Set<string>();
    const add = (start: number, end: number, environment: Environment): void => {
      const key = `${start}:${end}:${environmentKey(environment)}`;
      if (seen.has(key)) return;
      seen.add(key);
      matches.push({ start, end, environment });
    };
    const root = pattern.root;
    if (root.type === 'statements') {
      this.searchStatements(root.items, add);
    } else {
      for (const node of this.candidates(pattern))
        this.match(root, node, undefined, (environment) => {
          add(node.start, node.end, environment);
          return true;
        });
    }
    return matches.sort((a, b) => a.start - b.start || b.end - a.end);
  }

  private candidates(pattern: CompiledPattern): readonly SyntaxNode[] {
    if (pattern.anchors === undefined) {
      const all: SyntaxNode[] = [];
      walk(this.tree.root, (node) => {
        if (node.named && !COMMENT_KINDS.has(node.kind) && !TRANSPARENT_KINDS.has(node.kind)) all.push(node);
        return true;
      });
      return all;
    }
    return pattern.anchors.flatMap((kind) => this.tree.byKind.get(kind) ?? []);
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
        return this.bindText(pattern.name, value, node, environment, next);
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
        return this.matchesPath(pattern.parts, node) ? next(environment) : true;
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
    return this.bindText(name, this.comparableText(node), node, environment, next);
  }

  private bindText(
    name: string,
    text: string,
    node: SyntaxNode,
    environment: Environment,
    next: Next,
  ): boolean {
    const bound = lookup(environment, name);
    if (bound !== undefined) return bound.text === text ? next(environment) : true;
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
    const text = taken.map((node) => this.comparableText(node)).join(' , ');
    const bound = lookup(environment, name);
    if (bound !== undefined) return bound.text === text ? next(environment) : true;
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
      const left = nodes.filter((other) => other !== node);
      const going = this.match(first, node, environment, (bound) =>
        this.matchUnordered(others, left, bound, next),
      );
      if (!going) return false;
    }
    return true;
  }

  // Statements

  private searchStatements(
    patterns: readonly Pattern[],
    add: (start: number, end: number, environment: Environment) => void,
  ): void {
    const leading = patterns[0]?.type === 'ellipsis';
    const items = leading ? patterns.slice(1) : patterns;
    const trailing = items.at(-1)?.type === 'ellipsis';
    for (const list of this.statementLists()) {
      const statements = statementsOf(list);
      for (const [index, first] of statements.entries()) {
        const head = items[0];
        if (head === undefined) continue;
        this.matchStatement(head, first, undefined, (environment) =>
          this.matchStatements(items, 1, statements, index + 1, environment, (bound, last) => {
            const start = leading ? (statements[0]?.start ?? first.start) : first.start;
            const end = trailing ? (statements.at(-1)?.end ?? first.end) : (last ?? first).end;
            add(start, Math.max(end, first.end), bound);
            return true;
          }),
        );
      }
    }
  }

  private statementLists(): SyntaxNode[] {
    return [...STATEMENT_LIST_KINDS].flatMap((kind) => this.tree.byKind.get(kind) ?? []);
  }

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

  // Names and text

  /** As it is written, or as its import says. */
  private matchesPath(parts: readonly string[], node: SyntaxNode): boolean {
    const last = parts.at(-1);
    const literal = this.pathOf(node);
    if (literal === undefined || last === undefined) return false;
    if (samePath(parts, literal)) return true;
    // Java's full name of a class: java.security.MessageDigest where the pattern says MessageDigest.
    if (JAVA_NAME_KINDS.has(node.kind) && parts.length === 1 && isClassIn(literal, last)) return true;
    const [head, ...rest] = literal;
    // C++ names the C library's functions in both ways.
    if (head === 'std' && samePath(parts, rest)) return true;
    const meaning = head === undefined ? undefined : this.aliases.get(head);
    if (meaning === undefined) return false;
    return samePath(parts, [...meaning, ...rest]);
  }

  private pathOf(node: SyntaxNode, depth = 0): string[] | undefined {
    if (depth > MAX_PATH_DEPTH) return undefined;
    if (NAME_KINDS.has(node.kind)) return [this.text(node)];
    if (DOTTED_KINDS.has(node.kind)) return this.partsOf(this.childrenOf(node), depth);
    const fields = MEMBER_KINDS.get(node.kind);
    if (fields === undefined) return undefined;
    const object = fieldOf(node, fields[0]);
    const member = fieldOf(node, fields[1]);
    return object === undefined || member === undefined
      ? undefined
      : this.partsOf([bare(object), member], depth);
  }

  private partsOf(nodes: readonly SyntaxNode[], depth: number): string[] | undefined {
    const parts: string[] = [];
    for (const node of nodes) {
      const path = this.pathOf(node, depth + 1);
      if (path === undefined) return undefined;
      parts.push(...path);
    }
    return parts;
  }

  private text(node: SyntaxNode): string {
    return nodeText(this.tree, node);
  }

  /** Tokens without comments, spacing and parentheses around the whole. */
  private comparableText(node: SyntaxNode): string {
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

const JAVA_NAME_KINDS: ReadonlySet<string> = new Set(['field_access', 'scoped_type_identifier']);

/** Packages are lower case by convention, so that `this.Cipher` or `Outer.Inner` is not taken for one. */
function isClassIn(path: readonly string[], name: string): boolean {
  const packages = path.slice(0, -1);
  return (
    path.at(-1) === name &&
    /^[A-Z]/.test(name) &&
    packages.length >= 2 &&
    packages.every((part) => /^[a-z][a-z0-9_]*$/.test(part))
  );
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
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
