/** All rules of a folder, compiled for every language they are for. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Parser } from 'web-tree-sitter';
import { parsersFor } from '../languages/grammars.js';
import { PARSED_LANGUAGES, type ParsedLanguage } from '../languages/names.js';
import { compileRegexRule, compileRule, type PatternCache } from './compile.js';
import { readRules, RuleError, ruleError } from './read.js';
import type { CompiledPattern } from '../pattern/pattern.js';
import type { Rule, RuleSource } from './rule.js';

export interface RuleSet {
  /** Rules that run on trees of a language. */
  rulesFor(language: ParsedLanguage): readonly Rule[];
  /** Rules of regexes only, which run on any text. */
  readonly anyLanguage: readonly Rule[];
  readonly sources: readonly RuleSource[];
}

const MAX_REPORTED = 20;

/**
 * Loads every .yaml and .yml file under a folder (or one file).
 * @throws RuleError that lists the faults of all files, one a line
 */
export async function loadRuleSet(path: string): Promise<RuleSet> {
  const faults: string[] = [];
  const sources = readSources(path, faults);
  const caches = new Map<Parser, PatternCache>();
  const byLanguage = new Map<ParsedLanguage, Rule[]>();
  for (const language of PARSED_LANGUAGES) {
    const wanted = sources.filter((source) => source.languages.includes(language));
    if (wanted.length === 0) continue;
    const [parser] = await parsersFor(language);
    if (parser === undefined) continue;
    // Languages of one grammar (JavaScript and TypeScript) share their patterns.
    const cache = caches.get(parser) ?? new Map<string, CompiledPattern>();
    caches.set(parser, cache);
    byLanguage.set(
      language,
      wanted.flatMap((source) => collect(faults, () => [compileRule(source, language, parser, cache)])),
    );
  }
  const anyLanguage = sources
    .filter((source) => source.anyLanguage)
    .flatMap((source) => collect(faults, () => [compileRegexRule(source)]));
  if (faults.length > 0) throw new RuleError([...new Set(faults)].slice(0, MAX_REPORTED).join('\n'));
  return { rulesFor: (language) => byLanguage.get(language) ?? [], anyLanguage, sources };
}

function readSources(path: string, faults: string[]): RuleSource[] {
  if (!existsSync(path))
    throw new RuleError(`${path}: there is no such rule folder; name one that holds .yaml rule files`);
  const files = statSync(path).isDirectory() ? ruleFiles(path) : [path];
  const sources = files.flatMap((file) =>
    collect(faults, () => {
      const name = relative(process.cwd(), file).split(sep).join('/');
      return readRules(readFileSync(file, 'utf8'), name.startsWith('..') ? file : name);
    }),
  );
  if (sources.length === 0 && faults.length === 0)
    throw new RuleError(`${path}: there are no rules in it; Code Shield without rules would find nothing`);
  const seen = new Map<string, RuleSource>();
  for (const source of sources) {
    const first = seen.get(source.id);
    if (first === undefined) seen.set(source.id, source);
    else
      faults.push(
        ruleError(source.at, source.id, `the id is taken by ${first.at.file}:${first.at.line}; rename one`)
          .message,
      );
  }
  return sources;
}

function collect<T>(faults: string[], load: () => T[]): T[] {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    faults.push(error.message);
    return [];
  }
}

function ruleFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return ruleFiles(path);
      return /\.ya?ml$/.test(entry.name) ? [path] : [];
    });
}
