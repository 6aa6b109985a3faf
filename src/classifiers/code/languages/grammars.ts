/**
 * Grammars, loaded when first needed. Every language uses one tree form, web-tree-sitter's:
 * typescript-estree would give JavaScript scopes, but it throws on the fragments that models write
 * (three of four 12-line windows of real code do not parse as a file), and a second tree form would
 * double the matcher. JavaScript is parsed with the tsx grammar, which is a superset for this purpose;
 * TypeScript that the tsx grammar cannot read (`<T>value` casts) is parsed again with the ts grammar.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Language, Parser } from 'web-tree-sitter';
import type { ParsedLanguage } from './names.js';

const require = createRequire(import.meta.url);

const GRAMMARS: Readonly<Record<ParsedLanguage, readonly string[]>> = {
  python: ['python'],
  javascript: ['tsx'],
  typescript: ['tsx', 'typescript'],
  java: ['java'],
  c: ['c'],
  cpp: ['cpp'],
};

let runtime: Promise<void> | undefined;
const loading = new Map<string, Promise<Parser>>();

/** The parsers of a language, the one to try first first. Rejects when a grammar file cannot be loaded. */
export async function parsersFor(language: ParsedLanguage): Promise<readonly Parser[]> {
  runtime ??= Parser.init();
  await runtime;
  return Promise.all(
    GRAMMARS[language].map((grammar) => {
      let parser = loading.get(grammar);
      if (parser === undefined) {
        parser = load(grammar);
        loading.set(grammar, parser);
      }
      return parser;
    }),
  );
}

async function load(grammar: string): Promise<Parser> {
  const folder = dirname(require.resolve('@repomix/tree-sitter-wasms/package.json'));
  const parser = new Parser();
  parser.setLanguage(await Language.load(join(folder, 'out', `tree-sitter-${grammar}.wasm`)));
  return parser;
}
