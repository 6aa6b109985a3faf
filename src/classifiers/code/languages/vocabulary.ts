/**
 * What node kinds mean, across the grammars we use. The kinds of different grammars rarely clash, so
 * one vocabulary serves all; where they do, the meaning below holds for each.
 */
import type { SyntaxNode } from '../tree/syntax-tree.js';

export const COMMENT_KINDS: ReadonlySet<string> = new Set([
  'comment',
  'line_comment',
  'block_comment',
  'html_comment',
  'hash_bang_line',
  'line_continuation',
]);

/** Nodes that only group: patterns and code are compared without them. */
export const TRANSPARENT_KINDS: ReadonlySet<string> = new Set(['parenthesized_expression']);

/** A name by itself, whatever the grammar calls it in that place. */
export const NAME_KINDS: ReadonlySet<string> = new Set([
  'identifier',
  'property_identifier',
  'field_identifier',
  'type_identifier',
  'shorthand_property_identifier',
  'shorthand_property_identifier_pattern',
  'private_property_identifier',
  'namespace_identifier',
  'statement_identifier',
]);

/** `a.b`: the object's field and the member's field. C's `p->x` is compared as it stands instead. */
export const MEMBER_KINDS: ReadonlyMap<string, readonly [object: string, member: string]> = new Map([
  ['attribute', ['object', 'attribute']],
  ['member_expression', ['object', 'property']],
  ['field_access', ['object', 'field']],
]);

/** Dotted names whose named children are the parts: `java.util.Random` as a type, Python's `a.b` in imports. */
export const DOTTED_KINDS: ReadonlySet<string> = new Set([
  'dotted_name',
  'scoped_type_identifier',
  'scoped_identifier',
  'qualified_identifier',
  'nested_type_identifier',
]);

export const STRING_KINDS: ReadonlySet<string> = new Set([
  'string',
  'template_string',
  'string_literal',
  'raw_string_literal',
  'concatenated_string',
]);

/** The pieces of text inside a string node. */
export const STRING_TEXT_KINDS: ReadonlySet<string> = new Set([
  'string_content',
  'string_fragment',
  'multiline_string_fragment',
  'raw_string_content',
  'escape_sequence',
]);

/** Code inside a string: f-strings and templates. */
export const INTERPOLATION_KINDS: ReadonlySet<string> = new Set(['interpolation', 'template_substitution']);

/** Nodes whose named children are statements. */
export const STATEMENT_LIST_KINDS: ReadonlySet<string> = new Set([
  'module',
  'block',
  'program',
  'statement_block',
  'compound_statement',
  'translation_unit',
  'constructor_body',
  'switch_block_statement_group',
  'switch_case',
  'switch_default',
  'case_statement',
  'class_body',
]);

/** Children that code may have although the pattern does not mention them. */
export const OPTIONAL_KINDS: ReadonlySet<string> = new Set([
  'type_annotation',
  'type',
  'modifiers',
  'decorator',
  'accessibility_modifier',
  'override_modifier',
  'optional_chain',
  'type_parameters',
  'type_parameter',
  'type_arguments',
  'throws',
  'storage_class_specifier',
  'type_qualifier',
  'superclass',
  'super_interfaces',
  'class_heritage',
  'readonly',
  'marker_annotation',
  'annotation',
]);

/** Compared without regard to order, and the code may have more: object and dictionary literals. */
export const UNORDERED_KINDS: ReadonlySet<string> = new Set(['object', 'dictionary', 'object_pattern']);

/** A pattern of the first kind also matches code of the others. */
export const EQUIVALENT_KINDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['local_variable_declaration', ['field_declaration']],
  ['lexical_declaration', ['variable_declaration']],
  ['variable_declaration', ['lexical_declaration']],
  ['function_declaration', ['generator_function_declaration']],
  ['binary_operator', ['boolean_operator']],
]);

/** `left = right` and its declaring forms: [field of the target, field of the value]. */
export const ASSIGNMENT_KINDS: ReadonlyMap<string, readonly [target: string, value: string]> = new Map([
  ['assignment', ['left', 'right']],
  ['assignment_expression', ['left', 'right']],
  ['variable_declarator', ['name', 'value']],
  ['init_declarator', ['declarator', 'value']],
  ['public_field_definition', ['name', 'value']],
  ['named_expression', ['name', 'value']],
]);

export function fieldOf(node: SyntaxNode, field: string): SyntaxNode | undefined {
  return node.children.find((child) => child.field === field);
}

/**
 * Looks through parentheses, and through the `await` that the TypeScript grammar takes for a part of
 * the callee in `await a.b<T>(c)`.
 */
export function bare(node: SyntaxNode): SyntaxNode {
  let current = node;
  while (
    TRANSPARENT_KINDS.has(current.kind) ||
    (current.kind === 'await_expression' && current.field === 'function')
  ) {
    const inner: SyntaxNode | undefined = current.children.find(
      (child) => child.named && !COMMENT_KINDS.has(child.kind),
    );
    if (inner === undefined) return current;
    current = inner;
  }
  return current;
}

/**
 * The children that matter for comparison: named ones without comments, and operators. Punctuation and
 * keywords follow from the node's kind.
 */
export function significantChildren(node: SyntaxNode): SyntaxNode[] {
  return node.children.filter(
    (child) =>
      !COMMENT_KINDS.has(child.kind) &&
      (child.named || child.field === 'operator' || child.field === 'operators'),
  );
}

/** Statements directly in a list node. */
export function statementsOf(list: SyntaxNode): SyntaxNode[] {
  return list.children.filter((child) => child.named && !COMMENT_KINDS.has(child.kind));
}

/** In C, the name in `char *p = …`, `char buf[10]`. */
export function declaredName(node: SyntaxNode): SyntaxNode {
  let current = node;
  while (
    current.kind === 'pointer_declarator' ||
    current.kind === 'array_declarator' ||
    current.kind === 'reference_declarator'
  ) {
    const inner: SyntaxNode | undefined =
      fieldOf(current, 'declarator') ?? current.children.find((child) => NAME_KINDS.has(child.kind));
    if (inner === undefined) return current;
    current = inner;
  }
  return current;
}
