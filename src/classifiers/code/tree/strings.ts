/** String literals, told apart from the code around and inside them. */
import { INTERPOLATION_KINDS, STRING_KINDS } from '../languages/vocabulary.js';
import { nodeText, type SyntaxNode, type SyntaxTree } from './syntax-tree.js';

/**
 * The text between the quotes, escapes left as they are written; undefined when the node is no string
 * literal or has code inside (f-string, template). Literals written next to each other are joined.
 */
export function literalContent(tree: SyntaxTree, node: SyntaxNode): string | undefined {
  if (!STRING_KINDS.has(node.kind)) return undefined;
  if (node.kind === 'concatenated_string') {
    let joined = '';
    for (const child of node.children) {
      if (!child.named || child.kind === 'comment') continue;
      const part = literalContent(tree, child);
      if (part === undefined) return undefined;
      joined += part;
    }
    return joined;
  }
  if (node.children.some((child) => INTERPOLATION_KINDS.has(child.kind))) return undefined;
  return withoutQuotes(nodeText(tree, node));
}

/** Strips a prefix (`rb`, `L`, `u8`, `R"(`) and the quotes. */
function withoutQuotes(text: string): string {
  const opening = /^[A-Za-z0-9]{0,3}("""|'''|["'`])/.exec(text);
  if (opening === null) return text;
  const quote = opening[1] ?? '"';
  const from = opening[0].length;
  const to =
    text.endsWith(quote) && text.length - quote.length >= from ? text.length - quote.length : text.length;
  return text.slice(from, to);
}
