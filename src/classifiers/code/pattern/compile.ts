/** Compiles a pattern's syntax tree into what the matcher runs on. */
import type { Parser } from 'web-tree-sitter';
import type { ParsedLanguage } from '../languages/names.js';
import {
  ASSIGNMENT_KINDS,
  EQUIVALENT_KINDS,
  INTERPOLATION_KINDS,
  MEMBER_KINDS,
  NAME_KINDS,
  DOTTED_KINDS,
  STRING_KINDS,
  STRING_TEXT_KINDS,
  bare,
  fieldOf,
  significantChildren,
} from '../languages/vocabulary.js';
import { nodeText, type SyntaxNode, type SyntaxTree } from '../tree/syntax-tree.js';
import { literalContent } from '../tree/strings.js';
import { parsePattern } from './parse.js';
import type { CompiledPattern, Pattern, StatementItem } from './pattern.js';
import { ellipsisName, isDeepMarker, metavariableName, originalText } from './placeholders.js';

/** Thrown for a pattern that cannot be used; the message says why, in words for the rule's author. */
export class PatternError extends Error {}

/**
 * @param text a Semgrep pattern
 * @throws PatternError when the pattern does not parse in the language or uses syntax we do not support
 */
export function compilePattern(text: string, language: ParsedLanguage, parser: Parser): CompiledPattern {
  const parsed = parsePattern(text, language, parser);
  if (parsed === undefined)
    throw new PatternError(
      `the pattern does not parse as ${language}; write it as complete code, with $X for any expression and ... for anything in between`,
    );
  const compiler = new Compiler(parsed.tree);
  const root = compiler.compileRoot(parsed.nodes);
  if (root.type === 'ellipsis')
    throw new PatternError('a pattern cannot be ... alone; name at least one thing to look for');
  if (root.type === 'deep')
    throw new PatternError(
      'a pattern cannot be <... ...> alone; write the inner pattern itself, it is found at any depth',
    );
  return {
    root,
    anchors: anchorsOf(root),
    words: [...compiler.words],
    metavariables: compiler.metavariables,
  };
}

class Compiler {
  readonly words = new Set<string>();
  readonly metavariables = new Set<string>();

  constructor(private readonly tree: SyntaxTree) {}

  compileRoot(nodes: readonly SyntaxNode[]): Pattern {
    const [only, ...others] = nodes;
    if (only !== undefined && others.length === 0) return this.compile(this.unwrapped(only));
    return { type: 'statements', items: nodes.map((node) => this.compileItem(node)), field: undefined };
  }

  private compileItem(node: SyntaxNode): StatementItem {
    const before = new Set(this.metavariables);
    this.metavariables.clear();
    const pattern = this.compile(this.unwrapped(node));
    const metavariables = new Set(this.metavariables);
    for (const name of before) this.metavariables.add(name);
    return { pattern, anchors: anchorsOf(pattern), metavariables };
  }

  /** An expression written without a semicolon is looked for everywhere, not only as a statement. */
  private unwrapped(node: SyntaxNode): SyntaxNode {
    if (node.kind !== 'expression_statement') return node;
    const [inner, ...others] = significantChildren(node);
    return inner !== undefined && others.length === 0 ? inner : node;
  }

  private compile(original: SyntaxNode): Pattern {
    const node = bare(original);
    const field = original.field;
    const special = this.placeholder(node, field);
    if (special !== undefined) return special;
    const key = this.propertyKey(node);
    if (key !== undefined) return { type: 'key', name: key, field };
    if (STRING_KINDS.has(node.kind)) return this.compileString(node, field);
    const parts = this.path(node);
    if (parts !== undefined) {
      for (const part of parts) this.words.add(part);
      return { type: 'path', parts, field };
    }
    const assignment = this.assignment(node, field);
    if (assignment !== undefined) return assignment;
    const children = significantChildren(node);
    if (children.length === 0 && !node.children.some((child) => !child.named && child.end > child.start))
      return { type: 'leaf', kind: node.kind, text: this.text(node), field };
    // `pattern: foo` among parameters: the grammar wraps names; a placeholder stands for the whole.
    return {
      type: 'node',
      kind: node.kind,
      children: children.map((child) =>
        this.compile(child.kind === 'expression_statement' ? this.statement(child) : child),
      ),
      mentions: new Set(children.map((child) => child.kind)),
      field,
    };
  }

  /** Inside a block, `...` and `$S` as statements stand for statements; others keep their statement node. */
  private statement(node: SyntaxNode): SyntaxNode {
    const inner = this.unwrapped(node);
    return this.isPlaceholder(inner) ? inner : node;
  }

  private isPlaceholder(node: SyntaxNode): boolean {
    const text = this.text(node);
    return (
      NAME_KINDS.has(node.kind) && (metavariableName(text) !== undefined || ellipsisName(text) !== undefined)
    );
  }

  private placeholder(node: SyntaxNode, field: string | undefined): Pattern | undefined {
    const text = this.text(node);
    if (node.kind === 'call' || node.kind === 'call_expression' || node.kind === 'method_invocation') {
      const callee = fieldOf(node, 'function') ?? fieldOf(node, 'name');
      if (callee !== undefined && isDeepMarker(this.text(callee))) {
        const args = fieldOf(node, 'arguments');
        const inner = args === undefined ? undefined : significantChildren(args)[0];
        if (inner === undefined) throw new PatternError('<... ...> needs a pattern between the dots');
        return { type: 'deep', inner: this.compile(inner), field };
      }
    }
    // Grammars wrap a lone name in their own node: parameters, declared members, splats, fields.
    const name = this.wrappedName(node) ?? text;
    const dots = ellipsisName(name);
    if (dots !== undefined) {
      if (dots !== '') this.metavariables.add(dots);
      return { type: 'ellipsis', name: dots === '' ? undefined : dots, field };
    }
    const metavariable = metavariableName(text);
    if (metavariable === undefined || !/^\w+$/.test(text)) return undefined;
    if (metavariable === '$_') return { type: 'metavariable', name: undefined, field };
    this.metavariables.add(metavariable);
    return { type: 'metavariable', name: metavariable, field };
  }

  /** The ellipsis placeholder inside a node that holds nothing else of interest. */
  private wrappedName(node: SyntaxNode): string | undefined {
    let current = node;
    for (;;) {
      const named = current.children.filter((child) => child.named);
      const last = named.at(-1);
      if (last === undefined) {
        const text = this.text(current);
        return ellipsisName(text) === undefined ? undefined : text;
      }
      const filler = named.slice(0, -1).every((child) => ['Object', 'int'].includes(this.text(child)));
      if (!filler) return undefined;
      const tokens = current.children.filter((child) => !child.named).map((child) => child.kind);
      if (!tokens.every((token) => token === ';' || token === '**' || token === '*')) return undefined;
      current = last;
    }
  }

  private compileString(node: SyntaxNode, field: string | undefined): Pattern {
    const content = literalContent(this.tree, node);
    const original = content === undefined ? undefined : originalText(content);
    const isFormat = /^[a-z]*f/i.test(this.text(node)) && node.kind === 'string';
    const isTemplate = node.kind === 'template_string';
    if (original === '...')
      return isFormat || isTemplate
        ? { type: 'any-interpolated', kind: node.kind, field }
        : { type: 'any-string', field };
    if (original !== undefined) {
      const variable = /^\$[A-Z_][A-Z0-9_]*$/.exec(original);
      if (variable === null) return { type: 'string', value: original, field };
      if (original === '$_') return { type: 'any-string', field };
      this.metavariables.add(original);
      return { type: 'bound-string', name: original, field };
    }
    return {
      type: 'node',
      kind: node.kind,
      children: this.stringParts(node),
      mentions: new Set(),
      field,
    };
  }

  /** Pieces of an interpolated string; `...` in its text stands for any pieces. */
  private stringParts(node: SyntaxNode): Pattern[] {
    const parts: Pattern[] = [];
    for (const child of node.children) {
      if (INTERPOLATION_KINDS.has(child.kind)) {
        const inner = significantChildren(child)[0];
        if (inner === undefined) throw new PatternError('an empty interpolation cannot be matched');
        parts.push({
          type: 'node',
          kind: child.kind,
          children: [this.compile(inner)],
          mentions: new Set(),
          field: undefined,
        });
      } else if (STRING_TEXT_KINDS.has(child.kind)) {
        const pieces = originalText(this.text(child)).split('...');
        for (const [index, piece] of pieces.entries()) {
          if (index > 0) parts.push({ type: 'ellipsis', name: undefined, field: undefined });
          if (piece !== '') parts.push({ type: 'leaf', kind: child.kind, text: piece, field: undefined });
        }
      } else if (child.kind === 'string') {
        throw new PatternError('strings written next to each other with interpolations are not supported');
      }
    }
    return parts;
  }

  /** `a.b.c` of plain names only; undefined if any part is a metavariable or not a name. */
  private path(node: SyntaxNode): string[] | undefined {
    const text = this.text(node);
    if (NAME_KINDS.has(node.kind)) return metavariableName(text) === undefined ? [text] : undefined;
    if (DOTTED_KINDS.has(node.kind)) {
      const parts = significantChildren(node).map((child) => this.path(child));
      return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
    }
    const fields = MEMBER_KINDS.get(node.kind);
    if (fields === undefined) return undefined;
    const object = fieldOf(node, fields[0]);
    const member = fieldOf(node, fields[1]);
    if (object === undefined || member === undefined) return undefined;
    const left = this.path(object);
    const right = this.path(member);
    return left === undefined || right === undefined ? undefined : [...left, ...right];
  }

  private propertyKey(node: SyntaxNode): string | undefined {
    if (node.field !== 'key' || node.parent?.parent?.kind !== 'object') return undefined;
    if (node.kind === 'property_identifier') {
      this.words.add(this.text(node));
      return this.text(node);
    }
    const content = literalContent(this.tree, node);
    return content === undefined || /^(\.\.\.|\$.*)$/.test(originalText(content)) ? undefined : content;
  }

  private assignment(node: SyntaxNode, field: string | undefined): Pattern | undefined {
    if (node.kind !== 'assignment' && node.kind !== 'assignment_expression') return undefined;
    const operator = fieldOf(node, 'operator');
    const typed = fieldOf(node, 'type');
    if ((operator !== undefined && operator.kind !== '=') || typed !== undefined) return undefined;
    const target = fieldOf(node, 'left');
    const value = fieldOf(node, 'right');
    if (target === undefined || value === undefined) return undefined;
    return { type: 'assignment', target: this.compile(target), value: this.compile(value), field };
  }

  private text(node: SyntaxNode): string {
    return nodeText(this.tree, node);
  }
}

function anchorsOf(pattern: Pattern): readonly string[] | undefined {
  switch (pattern.type) {
    case 'metavariable':
    case 'ellipsis':
    case 'deep':
    case 'statements':
      return undefined;
    case 'any-string':
    case 'bound-string':
    case 'string':
      return [...STRING_KINDS];
    case 'any-interpolated':
      return [pattern.kind];
    case 'path':
      return [...NAME_KINDS, ...MEMBER_KINDS.keys(), ...DOTTED_KINDS];
    case 'assignment':
      return [...ASSIGNMENT_KINDS.keys()];
    case 'key':
      return ['property_identifier', ...STRING_KINDS];
    case 'leaf':
      return [pattern.kind];
    case 'node':
      return [pattern.kind, ...(EQUIVALENT_KINDS.get(pattern.kind) ?? [])];
  }
}
