/**
 * Parses YAML 1.2 (core schema) and checks it against a zod schema, collecting everything that is
 * wrong. Not accepted: duplicate keys, keys that are not plain words, tags of one's own, merge keys,
 * `%YAML` directives, several documents, and nesting or aliases that would cost memory.
 */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  Parser,
  visit,
} from 'yaml';
import type { Document, ErrorCode, Node, YAMLError } from 'yaml';
import type { z } from 'zod';
import { explainIssues } from './explain.js';
import type { Problem } from './problem.js';
import { formatPath } from './problem.js';

/** A schema, or a function that chooses one after seeing the data (unchecked). */
export type SchemaFor<T> = z.ZodType<T> | ((data: unknown) => z.ZodType<T>);

export type Inspected<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Levels of nesting allowed; the parser recurses, and deep input exhausts the stack. */
const MAX_DEPTH = 50;
/** Values that aliases may add up to, as `yaml` counts them. */
const MAX_ALIASES = 100;

/** Offset at which the nesting gets too deep, found without recursion; undefined when it never does. */
function tooDeepAt(text: string): number | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    Array.from(parser.next(lexeme));
    // One place of the stack is the document's, one the scalar's.
    if (parser.stack.length > MAX_DEPTH + 2) return parser.offset;
  }
  return undefined;
}

/** `yaml`'s messages where they can be said more plainly. */
const PLAIN_MESSAGES: Partial<Record<ErrorCode, (source: string) => string>> = {
  DUPLICATE_KEY: (source) =>
    `key "${/^[^\s:]+/.exec(source)?.[0] ?? ''}" is given a second time; keep one of the two`,
  MULTIPLE_DOCS: () => 'the file has several YAML documents; keep one of them',
  TAB_AS_INDENT: () => 'a tab is used for indentation; use spaces',
  NON_STRING_KEY: () => 'a key has to be a plain word',
  TAG_RESOLVE_FAILED: (source) =>
    `tags (${/^\S+/.exec(source)?.[0] ?? '!'}) are not allowed; write the plain value`,
  BLOCK_AS_IMPLICIT_KEY: () => 'two "key: value" on one line; put a text that has a colon in quotes',
};

function syntaxMessage(error: YAMLError, text: string): string {
  return PLAIN_MESSAGES[error.code]?.(text.slice(error.pos[0])) ?? `not valid YAML: ${error.message}`;
}

/** Problems after which the rest of the document still means what it says. */
const HARMLESS_TO_STRUCTURE = new Set<ErrorCode>(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED']);

/** The offset of the value at `path`, of its key, or of the closest place above it that exists. */
function offsetOf(doc: Document.Parsed, path: readonly PropertyKey[], atKey: boolean): number {
  let node: unknown = doc.contents;
  let offset = doc.contents?.range[0] ?? 0;
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(doc);
    let child: unknown;
    let keyNode: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      child = pair?.value;
      keyNode = pair?.key;
    } else if (isSeq(node)) child = node.items[Number(part)];
    const last = index === path.length - 1;
    const chosen = isNode(child) && !(last && atKey) && !isEmptyScalar(child) ? child : (keyNode ?? child);
    if (!isNode(chosen) || !chosen.range) return offset;
    offset = chosen.range[0];
    node = child;
  }
  return offset;
}

/** A value that was left out stands at the end of its key; pointing at the key is clearer. */
function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}

function aliasProblems(doc: Document.Parsed, at: (offset: number, message: string) => Problem): Problem[] {
  const problems: Problem[] = [];
  visit(doc, {
    Alias(_, node) {
      if (node.resolve(doc) === undefined)
        problems.push(
          at(
            node.range?.[0] ?? 0,
            `nothing is called "${node.source}"; a value that begins with * needs quotes`,
          ),
        );
    },
  });
  return problems;
}

function inFileOrder(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** Checks `text`; see the head of this file for what is accepted. An empty document counts as `{}`. */
export function inspectYaml<T>(text: string, schema: SchemaFor<T>): Inspected<T> {
  const lines = new LineCounter();
  const at = (offset: number, message: string, path = ''): Problem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), path, message };
  };

  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    for (let i = text.indexOf('\n'); i !== -1 && i < deep; i = text.indexOf('\n', i + 1))
      lines.addNewLine(i + 1);
    return { ok: false, problems: [at(deep, `nested more than ${MAX_DEPTH} levels deep`)] };
  }

  const doc = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    resolveKnownTags: false,
    version: '1.2',
    // 'silent' would also keep quiet about a second document.
    logLevel: 'error',
  });
  const problems = [...doc.errors, ...doc.warnings].map((error) =>
    at(error.pos[0], syntaxMessage(error, text)),
  );
  if (doc.directives.yaml.explicit === true)
    problems.push(at(0, 'leave the %YAML line out; the file is read as YAML 1.2'));
  const broken = [...doc.errors, ...doc.warnings].some((error) => !HARMLESS_TO_STRUCTURE.has(error.code));
  if (!broken) problems.push(...aliasProblems(doc, at));
  if (broken || doc.directives.yaml.explicit === true) return { ok: false, problems };

  let data: unknown;
  try {
    data = doc.contents === null ? {} : (doc.toJS({ maxAliasCount: MAX_ALIASES }) as unknown);
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    if (problems.length === 0)
      problems.push({ path: '', message: 'aliases (*name) repeat too much; write the values out' });
    return { ok: false, problems };
  }

  const chosen = typeof schema === 'function' ? schema(data) : schema;
  const result = chosen.safeParse(data);
  if (!result.success) {
    for (const { path, atKey, message } of explainIssues(result.error.issues, chosen, data))
      problems.push(at(offsetOf(doc, path, atKey), message, formatPath(path)));
  }
  if (result.success && problems.length === 0) return { ok: true, value: result.data };
  return { ok: false, problems: problems.sort(inFileOrder) };
}
