/**
 * A syntax tree as plain objects. Crossing into WebAssembly for every property of every node is what
 * makes tree matching slow; one cursor pass copies what the matcher needs and is done.
 */
import type { Parser, TreeCursor } from 'web-tree-sitter';

export interface SyntaxNode {
  /** The grammar's node type: `call_expression`, `"("`'s type is `(`. */
  readonly kind: string;
  /** False for tokens that the grammar writes as literals: punctuation, operators, keywords. */
  readonly named: boolean;
  /** The role in the parent: `function`, `left`, … */
  readonly field: string | undefined;
  /** UTF-16 offsets into the source, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  readonly parent: SyntaxNode | undefined;
  readonly children: readonly SyntaxNode[];
  /** The parser made it up to recover from an error. */
  readonly missing: boolean;
}

export interface SyntaxTree {
  readonly source: string;
  readonly root: SyntaxNode;
  readonly byKind: ReadonlyMap<string, readonly SyntaxNode[]>;
  /** Number of ERROR and missing nodes. */
  readonly errors: number;
}

interface MutableNode extends SyntaxNode {
  readonly children: MutableNode[];
}

/** Parses `source` and copies the tree. Cost is linear; about 1 ms for 100 lines. */
export function parseTree(parser: Parser, source: string): SyntaxTree {
  parser.reset();
  const tree = parser.parse(source);
  if (tree === null) throw new Error('The parser gave no tree.');
  const cursor = tree.walk();
  try {
    return copyTree(cursor, source);
  } finally {
    cursor.delete();
    tree.delete();
  }
}

function copyTree(cursor: TreeCursor, source: string): SyntaxTree {
  const byKind = new Map<string, SyntaxNode[]>();
  let errors = 0;
  const take = (parent: MutableNode | undefined): MutableNode => {
    const kind = cursor.nodeType;
    const missing = cursor.nodeIsMissing;
    const node: MutableNode = {
      kind,
      named: cursor.nodeIsNamed,
      field: cursor.currentFieldName ?? undefined,
      start: cursor.startIndex,
      end: cursor.endIndex,
      parent,
      children: [],
      missing,
    };
    if (missing || kind === 'ERROR') errors++;
    const list = byKind.get(kind);
    if (list === undefined) byKind.set(kind, [node]);
    else list.push(node);
    return node;
  };
  const root = take(undefined);
  let current = root;
  // An explicit walk: deeply nested input must not overflow the stack.
  for (;;) {
    if (cursor.gotoFirstChild()) {
      const child = take(current);
      current.children.push(child);
      current = child;
      continue;
    }
    for (;;) {
      const parent = current.parent as MutableNode | undefined;
      if (parent === undefined) return { source, root, byKind, errors };
      if (cursor.gotoNextSibling()) {
        current = take(parent);
        parent.children.push(current);
        break;
      }
      cursor.gotoParent();
      current = parent;
    }
  }
}

/** The node's source text. */
export function nodeText(tree: SyntaxTree, node: SyntaxNode): string {
  return tree.source.slice(node.start, node.end);
}

/** Runs over the node and everything below it, in source order. `visit` returns false to skip what is below. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode) => boolean): void {
  const stack: SyntaxNode[] = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (!visit(next)) continue;
    for (let index = next.children.length - 1; index >= 0; index--) {
      const child = next.children[index];
      if (child !== undefined) stack.push(child);
    }
  }
}
