/**
 * Which expressions are constant strings: literals, literals joined with `+`, and names that are
 * assigned exactly once in the file, to a constant, and never written to in any other way. When in
 * doubt a name is not constant: a constant excuses code (`os.system("...")`), so doubt must not.
 */
import {
  ASSIGNMENT_KINDS,
  INTERPOLATION_KINDS,
  NAME_KINDS,
  STRING_KINDS,
  STRING_TEXT_KINDS,
  bare,
  declaredName,
  fieldOf,
} from '../languages/vocabulary.js';
import { nodeText, type SyntaxNode, type SyntaxTree } from '../tree/syntax-tree.js';
import { literalContent } from '../tree/strings.js';

const MAX_DEPTH = 32;

const NUMBER_KINDS: ReadonlySet<string> = new Set([
  'integer',
  'float',
  'number',
  'number_literal',
  'decimal_integer_literal',
  'hex_integer_literal',
  'decimal_floating_point_literal',
]);

interface Constant {
  readonly text: string;
  readonly isString: boolean;
}

/** Parents under which a name is read and nothing else. */
const READING_PARENTS: ReadonlySet<string> = new Set([
  'argument_list',
  'arguments',
  'binary_operator',
  'binary_expression',
  'boolean_operator',
  'comparison_operator',
  'concatenated_string',
  'interpolation',
  'template_substitution',
  'keyword_argument',
  'return_statement',
  'attribute',
  'member_expression',
  'field_access',
  'parenthesized_expression',
  'subscript',
  'list',
  'tuple',
  'array',
  'dictionary',
  'pair',
  'conditional_expression',
  'ternary_expression',
  'await',
  'await_expression',
  'method_invocation',
  'call',
  'call_expression',
  'expression_statement',
]);

export class Constants {
  private readonly definitions = new Map<string, SyntaxNode | undefined>();
  private collected = false;

  /** @param names whether names may be constant; not in C, where a buffer's content changes without a write to its name */
  constructor(
    private readonly tree: SyntaxTree,
    private readonly names: boolean,
  ) {}

  /** The constant's text as written between the quotes, or undefined when it is no constant string. */
  stringValue(node: SyntaxNode): string | undefined {
    const constant = this.evaluate(node, 0);
    return constant?.isString === true ? constant.text : undefined;
  }

  private evaluate(original: SyntaxNode, depth: number): Constant | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const node = bare(original);
    if (STRING_KINDS.has(node.kind)) {
      const literal = literalContent(this.tree, node);
      if (literal !== undefined) return { text: literal, isString: true };
      return this.interpolated(node, depth);
    }
    if (NUMBER_KINDS.has(node.kind)) return { text: nodeText(this.tree, node), isString: false };
    if (node.kind === 'binary_operator' || node.kind === 'binary_expression') {
      if (fieldOf(node, 'operator')?.kind !== '+') return undefined;
      const left = this.evaluateField(node, 'left', depth);
      const right = left === undefined ? undefined : this.evaluateField(node, 'right', depth);
      if (left === undefined || right === undefined) return undefined;
      return { text: left.text + right.text, isString: left.isString || right.isString };
    }
    if (this.names && node.kind === 'identifier') {
      const definition = this.definitionOf(nodeText(this.tree, node));
      return definition === undefined ? undefined : this.evaluate(definition, depth + 1);
    }
    return undefined;
  }

  private evaluateField(node: SyntaxNode, field: string, depth: number): Constant | undefined {
    const operand = fieldOf(node, field);
    return operand === undefined ? undefined : this.evaluate(operand, depth + 1);
  }

  /** A template or f-string whose every piece of code is a constant. */
  private interpolated(node: SyntaxNode, depth: number): Constant | undefined {
    let text = '';
    for (const child of node.children) {
      if (STRING_TEXT_KINDS.has(child.kind)) text += nodeText(this.tree, child);
      else if (child.named && child.kind !== 'string_start' && child.kind !== 'string_end') {
        const parts = INTERPOLATION_KINDS.has(child.kind)
          ? child.children.filter((part) => part.named)
          : [child];
        const [only, ...others] = parts;
        const value = only === undefined || others.length > 0 ? undefined : this.evaluate(only, depth + 1);
        if (value === undefined) return undefined;
        text += value.text;
      }
    }
    return { text, isString: true };
  }

  private definitionOf(name: string): SyntaxNode | undefined {
    if (!this.collected) this.collect();
    return this.definitions.get(name);
  }

  private collect(): void {
    this.collected = true;
    const spoiled = new Set<string>();
    for (const kind of NAME_KINDS) {
      for (const node of this.tree.byKind.get(kind) ?? []) {
        const name = nodeText(this.tree, node);
        const value = this.definedValue(node);
        if (value !== undefined) {
          if (this.definitions.has(name)) spoiled.add(name);
          else this.definitions.set(name, value);
        } else if (node.kind === 'identifier' && !isRead(node)) spoiled.add(name);
      }
    }
    for (const name of spoiled) this.definitions.set(name, undefined);
  }

  /** The right-hand side, when the node is the name on the left of a plain assignment or declaration. */
  private definedValue(node: SyntaxNode): SyntaxNode | undefined {
    const parent = node.parent;
    if (parent === undefined) return undefined;
    const fields = ASSIGNMENT_KINDS.get(parent.kind);
    if (fields === undefined || node.field !== fields[0] || declaredName(node) !== node) return undefined;
    const operator = fieldOf(parent, 'operator');
    if (operator !== undefined && operator.kind !== '=') return undefined;
    return fieldOf(parent, fields[1]);
  }
}

function isRead(node: SyntaxNode): boolean {
  const parent = node.parent;
  if (parent === undefined) return false;
  const assignment = ASSIGNMENT_KINDS.get(parent.kind);
  if (assignment !== undefined) return node.field === assignment[1];
  return READING_PARENTS.has(parent.kind);
}
