/** Finds the syntax tree of a pattern: with the target grammar, inside whatever frame makes it parse. */
import type { Parser } from 'web-tree-sitter';
import type { ParsedLanguage } from '../languages/names.js';
import { COMMENT_KINDS } from '../languages/vocabulary.js';
import { parseTree, type SyntaxNode, type SyntaxTree } from '../tree/syntax-tree.js';
import { withPlaceholders, type EllipsisStyle } from './placeholders.js';

interface Frame {
  readonly before: string;
  readonly after: string;
  readonly styles: readonly EllipsisStyle[];
}

const JS_STYLES: readonly EllipsisStyle[] = ['expression', 'statement'];
const C_STYLES: readonly EllipsisStyle[] = ['statement', 'expression'];
const JAVA_STYLES: readonly EllipsisStyle[] = ['statement', 'expression', 'parameter', 'member'];

const C_FRAMES: readonly Frame[] = [
  { before: 'void __frame__(void) {\nreturn ', after: ';\n}', styles: C_STYLES },
  { before: 'void __frame__(void) {\n', after: '\n}', styles: C_STYLES },
  { before: 'void __frame__(void) {\n', after: ';\n}', styles: C_STYLES },
  { before: '', after: '\n', styles: C_STYLES },
];

const JS_FRAMES: readonly Frame[] = [
  { before: '', after: '\n', styles: JS_STYLES },
  { before: '(', after: '\n)', styles: JS_STYLES },
  { before: 'class __Frame__ {\n', after: '\n}', styles: JS_STYLES },
  { before: '<Frame ', after: '/>', styles: JS_STYLES },
];

const FRAMES: Readonly<Record<ParsedLanguage, readonly Frame[]>> = {
  python: [{ before: '', after: '\n', styles: ['expression', 'splat'] }],
  javascript: JS_FRAMES,
  typescript: JS_FRAMES,
  java: [
    { before: 'class __Frame__ { void __frame__() {\nreturn ', after: ';\n} }', styles: JAVA_STYLES },
    { before: 'class __Frame__ { void __frame__() {\n', after: '\n} }', styles: JAVA_STYLES },
    { before: 'class __Frame__ { void __frame__() {\n', after: ';\n} }', styles: JAVA_STYLES },
    { before: 'class __Frame__ {\n', after: '\n}', styles: JAVA_STYLES },
    { before: '', after: '\n', styles: JAVA_STYLES },
  ],
  c: C_FRAMES,
  cpp: C_FRAMES,
};

export interface PatternTree {
  readonly tree: SyntaxTree;
  /** One node, or the statements of a sequence. */
  readonly nodes: readonly SyntaxNode[];
}

/** The first frame in which the pattern parses without an error; undefined when there is none. */
export function parsePattern(
  text: string,
  language: ParsedLanguage,
  parser: Parser,
): PatternTree | undefined {
  const pattern = text.trim();
  if (pattern === '') return undefined;
  for (const frame of framesFor(pattern, language)) {
    // Styles differ in how they write an ellipsis only.
    const styles = pattern.includes('...') ? frame.styles : frame.styles.slice(0, 1);
    for (const style of styles) {
      const body = withPlaceholders(pattern, style);
      const tree = parseTree(parser, frame.before + body + frame.after);
      if (tree.errors > 0) continue;
      const nodes = nodesAt(tree.root, frame.before.length, frame.before.length + body.length);
      if (nodes !== undefined) return { tree, nodes };
    }
  }
  return undefined;
}

/** `{a: 1}` parses as a block with a label; in a pattern it always means an object. */
function framesFor(pattern: string, language: ParsedLanguage): readonly Frame[] {
  const frames = FRAMES[language];
  const isScript = language === 'javascript' || language === 'typescript';
  const [first, second, ...others] = frames;
  if (isScript && pattern.startsWith('{') && first !== undefined && second !== undefined)
    return [second, first, ...others];
  return frames;
}

/** The node that covers exactly [start, end), or the sibling nodes that do together. */
function nodesAt(root: SyntaxNode, start: number, end: number): readonly SyntaxNode[] | undefined {
  let current = root;
  for (;;) {
    const named = current.children.filter((child) => child.named && !COMMENT_KINDS.has(child.kind));
    if (current.start === start && current.end === end && current.parent !== undefined) return [current];
    const around = named.find((child) => child.start <= start && child.end >= end);
    if (around !== undefined) {
      current = around;
      continue;
    }
    const inside = named.filter((child) => child.start >= start && child.start < end);
    // Together they must cover the whole pattern; the frame's `;` may end the last one behind it.
    if (inside[0]?.start !== start || (inside.at(-1)?.end ?? 0) < end) return undefined;
    return inside;
  }
}
