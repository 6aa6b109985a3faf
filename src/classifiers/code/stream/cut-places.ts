/** Asks the syntax tree whether code may be cut at an offset: not inside of a statement. */
import { STATEMENT_LIST_KINDS } from '../languages/vocabulary.js';
import type { SyntaxNode, SyntaxTree } from '../tree/syntax-tree.js';

/** Lists of members, which the rules never match as a sequence. */
const MEMBER_LISTS = new Set([
  'interface_body',
  'enum_body',
  'enum_body_declarations',
  'field_declaration_list',
  'declaration_list',
  'switch_body',
  'switch_block',
]);

/**
 * The largest of `ends` that no statement of the tree goes over; 0 when there is none. Where the parser
 * could not read the code the tree knows nothing better, and the offset stands.
 *
 * @param ends offsets behind lines, ascending
 */
export function lastCut(tree: SyntaxTree, ends: readonly number[]): number {
  for (let index = ends.length - 1; index >= 0; index--) {
    const end = ends[index] ?? 0;
    if (isBetweenStatements(tree, end)) return end;
  }
  return 0;
}

function isBetweenStatements({ root, source }: SyntaxTree, offset: number): boolean {
  let before = offset;
  while (before > 0 && isBlank(source, before - 1)) before -= 1;
  let behind = offset;
  while (behind < source.length && isBlank(source, behind)) behind += 1;
  const goesOver = ({ start, end }: SyntaxNode): boolean => start < before && end > behind;
  let deepest = root;
  for (;;) {
    const inner = deepest.children.find(goesOver);
    if (inner === undefined) break;
    deepest = inner;
  }
  const { kind } = deepest;
  return deepest === root || kind === 'ERROR' || STATEMENT_LIST_KINDS.has(kind) || MEMBER_LISTS.has(kind);
}

function isBlank(source: string, offset: number): boolean {
  return source.charCodeAt(offset) <= 32;
}
