/** Compares dotted names in a pattern with names in the code, as they are written and as imports say. */
import {
  DOTTED_KINDS,
  MEMBER_KINDS,
  NAME_KINDS,
  bare,
  fieldOf,
  significantChildren,
} from '../languages/vocabulary.js';
import { nodeText, type SyntaxNode, type SyntaxTree } from '../tree/syntax-tree.js';
import { importAliases, requiredModule, type Aliases } from './aliases.js';

/** Longer dotted names (chains of generated calls) are no library function's name. */
const MAX_PATH_DEPTH = 16;

export class Names {
  private readonly aliases: Aliases;

  constructor(private readonly tree: SyntaxTree) {
    this.aliases = importAliases(tree);
  }

  /** As it is written, or as its import says. */
  matches(parts: readonly string[], node: SyntaxNode): boolean {
    const last = parts.at(-1);
    const literal = this.pathOf(node);
    if (literal === undefined || last === undefined) return false;
    if (samePath(parts, literal)) return true;
    // Java's full name of a class: java.security.MessageDigest where the pattern says MessageDigest.
    if (JAVA_NAME_KINDS.has(node.kind) && parts.length === 1 && isClassIn(literal, last)) return true;
    const [head, ...rest] = literal;
    // C++ names the C library's functions in both ways.
    if (head === 'std' && samePath(parts, rest)) return true;
    const meaning = head === undefined ? undefined : this.aliases.names.get(head);
    if (meaning !== undefined) return samePath(parts, [...meaning, ...rest]);
    return this.aliases.wildcards.some((module) => samePath(parts, [...module, ...literal]));
  }

  private pathOf(node: SyntaxNode, depth = 0): string[] | undefined {
    if (depth > MAX_PATH_DEPTH) return undefined;
    if (NAME_KINDS.has(node.kind)) return [nodeText(this.tree, node)];
    if (DOTTED_KINDS.has(node.kind)) return this.partsOf(significantChildren(node), depth);
    if (node.kind === 'call_expression' || node.kind === 'call') return requiredModule(this.tree, node);
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
