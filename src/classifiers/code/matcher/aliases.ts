/**
 * What local names stand for after imports: `sp` -> subprocess, `system` -> os.system, `exec` ->
 * child_process.exec, `Random` -> java.util.Random. Read from the whole file, whatever the order.
 */
import { DOTTED_KINDS, NAME_KINDS, fieldOf } from '../languages/vocabulary.js';
import { nodeText, walk, type SyntaxNode, type SyntaxTree } from '../tree/syntax-tree.js';
import { literalContent } from '../tree/strings.js';

export interface Aliases {
  /** Local name -> the parts of what it was imported as. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Modules and packages all of whose names were imported (`from os import *`). */
  readonly wildcards: readonly (readonly string[])[];
}

export function importAliases(tree: SyntaxTree): Aliases {
  const aliases = new Map<string, readonly string[]>();
  const wildcards: string[][] = [];
  const nodes = (kind: string): readonly SyntaxNode[] => tree.byKind.get(kind) ?? [];
  for (const node of nodes('import_statement')) {
    if (fieldOf(node, 'source') === undefined) pythonImport(tree, node, [], aliases);
    else scriptImport(tree, node, aliases);
  }
  for (const node of nodes('import_from_statement')) {
    const module = fieldOf(node, 'module_name');
    if (module === undefined) continue;
    pythonImport(tree, node, dotted(tree, module), aliases);
    if (node.children.some((child) => child.kind === 'wildcard_import')) wildcards.push(dotted(tree, module));
  }
  for (const node of nodes('import_declaration')) javaImport(tree, node, aliases, wildcards);
  for (const node of nodes('variable_declarator')) requireCall(tree, node, aliases);
  return { names: aliases, wildcards };
}

function dotted(tree: SyntaxTree, node: SyntaxNode): string[] {
  return nodeText(tree, node)
    .split('.')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function pythonImport(
  tree: SyntaxTree,
  node: SyntaxNode,
  module: readonly string[],
  aliases: Map<string, readonly string[]>,
): void {
  for (const child of node.children) {
    if (child.field !== 'name') continue;
    const name = child.kind === 'aliased_import' ? fieldOf(child, 'name') : child;
    const alias = child.kind === 'aliased_import' ? fieldOf(child, 'alias') : undefined;
    if (name === undefined) continue;
    const parts = dotted(tree, name);
    const last = parts.at(-1);
    if (last === undefined) continue;
    if (alias !== undefined) aliases.set(nodeText(tree, alias), [...module, ...parts]);
    // `import a.b` binds `a`, which needs no alias; `from m import n` binds n.
    else if (module.length > 0) aliases.set(last, [...module, ...parts]);
  }
}

function moduleName(specifier: string): string[] {
  return specifier.replace(/^node:/, '').split('/');
}

function scriptImport(tree: SyntaxTree, node: SyntaxNode, aliases: Map<string, readonly string[]>): void {
  const source = fieldOf(node, 'source');
  const specifier = source === undefined ? undefined : literalContent(tree, source);
  if (specifier === undefined) return;
  const module = moduleName(specifier);
  const clause = node.children.find((child) => child.kind === 'import_clause');
  if (clause === undefined) return;
  for (const child of clause.children) {
    if (child.kind === 'identifier') aliases.set(nodeText(tree, child), module);
    else if (child.kind === 'namespace_import') {
      const name = child.children.find((part) => part.kind === 'identifier');
      if (name !== undefined) aliases.set(nodeText(tree, name), module);
    } else if (child.kind === 'named_imports') {
      for (const item of child.children) {
        const name = fieldOf(item, 'name');
        if (name === undefined) continue;
        const local = fieldOf(item, 'alias') ?? name;
        aliases.set(nodeText(tree, local), [...module, nodeText(tree, name)]);
      }
    }
  }
}

/** `const cp = require('child_process')`, `const { exec: run } = require('child_process')`, `.promises` behind it. */
function requireCall(tree: SyntaxTree, node: SyntaxNode, aliases: Map<string, readonly string[]>): void {
  const name = fieldOf(node, 'name');
  const value = fieldOf(node, 'value');
  if (name === undefined || value === undefined) return;
  const module = requiredModule(tree, value);
  if (module === undefined) return;
  if (name.kind === 'identifier') aliases.set(nodeText(tree, name), module);
  if (name.kind !== 'object_pattern') return;
  for (const item of name.children) {
    if (item.kind === 'shorthand_property_identifier_pattern') {
      const text = nodeText(tree, item);
      aliases.set(text, [...module, text]);
    } else if (item.kind === 'pair_pattern') {
      const key = fieldOf(item, 'key');
      const local = fieldOf(item, 'value');
      if (key !== undefined && local?.kind === 'identifier')
        aliases.set(nodeText(tree, local), [...module, nodeText(tree, key)]);
    }
  }
}

/** The module that `require('m')`, `await import('m')`, `require('m').x` or `__import__('m')` stands for. */
export function requiredModule(tree: SyntaxTree, value: SyntaxNode): string[] | undefined {
  if (value.kind === 'await_expression') {
    const inner = value.children.find((child) => child.named);
    return inner === undefined ? undefined : requiredModule(tree, inner);
  }
  if (value.kind === 'member_expression') {
    const object = fieldOf(value, 'object');
    const property = fieldOf(value, 'property');
    const module = object === undefined ? undefined : requiredModule(tree, object);
    return module === undefined || property === undefined ? undefined : [...module, nodeText(tree, property)];
  }
  if (value.kind !== 'call_expression' && value.kind !== 'call') return undefined;
  const callee = fieldOf(value, 'function');
  const callName = callee === undefined ? '' : nodeText(tree, callee);
  if (callName !== 'require' && callName !== 'import' && callName !== '__import__') return undefined;
  const argument = fieldOf(value, 'arguments')?.children.find((child) => child.named);
  const specifier = argument === undefined ? undefined : literalContent(tree, argument);
  if (specifier === undefined) return undefined;
  return callName === '__import__' ? specifier.split('.') : moduleName(specifier);
}

function javaImport(
  tree: SyntaxTree,
  node: SyntaxNode,
  aliases: Map<string, readonly string[]>,
  wildcards: string[][],
): void {
  let path: SyntaxNode | undefined;
  walk(node, (child) => {
    if (path === undefined && (DOTTED_KINDS.has(child.kind) || NAME_KINDS.has(child.kind))) path = child;
    return path === undefined;
  });
  if (path === undefined) return;
  const parts = dotted(tree, path);
  const last = parts.at(-1);
  if (node.children.some((child) => child.kind === 'asterisk')) wildcards.push(parts);
  else if (last !== undefined) aliases.set(last, parts);
}
