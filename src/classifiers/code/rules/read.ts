/**
 * Reads rule files: Semgrep's YAML, strictly. Whatever we would not run as written is an error that
 * names file, line, column and rule, and says what to do; nothing is skipped in silence.
 */
import { RE2JS } from 're2js';
import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Node, type YAMLMap } from 'yaml';
import type { Severity } from '../../../core/assessment.js';
import {
  canonicalLanguage,
  isParsedLanguage,
  PARSED_LANGUAGES,
  type ParsedLanguage,
} from '../languages/names.js';
import type { FormulaSource, PartSource, RulePosition, RuleSource } from './rule.js';

/** A fault in a rule file; `message` is complete: `file:line:column: rule "id": what, and what to do`. */
export class RuleError extends Error {}

const SEVERITIES: Readonly<Record<string, Severity>> = {
  ERROR: 'error',
  WARNING: 'warning',
  INFO: 'info',
  CRITICAL: 'error',
  HIGH: 'error',
  MEDIUM: 'warning',
  LOW: 'info',
};

const FORMULA_KEYS = ['pattern', 'patterns', 'pattern-either', 'pattern-regex'];
const PART_KEYS = [
  ...FORMULA_KEYS,
  'pattern-not',
  'pattern-inside',
  'pattern-not-inside',
  'pattern-not-regex',
  'metavariable-regex',
  'focus-metavariable',
];
const RULE_KEYS = [
  'id',
  'message',
  'severity',
  'languages',
  'metadata',
  'mode',
  'min-version',
  ...FORMULA_KEYS,
];

/**
 * @param text the file's content
 * @param file its name for messages
 * @throws RuleError for the first fault in the file
 */
export function readRules(text: string, file: string): RuleSource[] {
  return new Reader(text, file).rules();
}

class Reader {
  private readonly lines = new LineCounter();
  private rule: string | undefined;

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  rules(): RuleSource[] {
    const document = parseDocument(this.text, { lineCounter: this.lines, uniqueKeys: true });
    const error = document.errors[0];
    if (error !== undefined) {
      const what = error.message.split('\n')[0] ?? '';
      throw this.fault(error.pos[0], `this is not valid YAML: ${what.replace(/ at line.*$/, '')}`);
    }
    const root = document.contents;
    if (!isMap(root)) throw this.fault(root, 'a rule file starts with "rules:" and a list of rules');
    const entries = this.entries(root, ['rules'], 'a rule file');
    const list = entries.get('rules');
    if (!isSeq(list)) throw this.fault(list ?? root, '"rules" must be a list of rules');
    return list.items.map((item) => {
      this.rule = undefined;
      return this.readRule(item);
    });
  }

  private readRule(node: unknown): RuleSource {
    if (!isMap(node))
      throw this.fault(node, 'a rule is a map with id, message, severity, languages and a pattern');
    const idNode = node.items.find((pair) => isScalar(pair.key) && pair.key.value === 'id')?.value;
    if (isScalar(idNode) && typeof idNode.value === 'string') this.rule = idNode.value;
    const entries = this.entries(node, RULE_KEYS, 'a rule');
    const id = this.string(entries, node, 'id');
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id))
      throw this.fault(entries.get('id'), 'an id may hold letters, digits, ".", "_" and "-"');
    const mode = entries.get('mode');
    if (isScalar(mode) && mode.value !== 'search')
      throw this.fault(mode, `mode ${String(mode.value)} is not supported; only "search" is`);
    const severityName = this.string(entries, node, 'severity');
    const severity = SEVERITIES[severityName];
    if (severity === undefined)
      throw this.fault(
        entries.get('severity'),
        `severity ${severityName} is unknown; use ERROR, WARNING or INFO`,
      );
    const { languages, anyLanguage } = this.languages(entries.get('languages'), node);
    const metadata = this.metadata(entries.get('metadata'));
    const message = this.string(entries, node, 'message').trim();
    return {
      id,
      message,
      severity,
      ...metadata,
      languages,
      anyLanguage,
      formula: this.formula(node, entries, anyLanguage),
      at: this.position(node),
    };
  }

  private languages(
    node: unknown,
    rule: unknown,
  ): { readonly languages: ParsedLanguage[]; readonly anyLanguage: boolean } {
    if (!isSeq(node) || node.items.length === 0)
      throw this.fault(node ?? rule, 'a rule needs "languages", a list such as [python]');
    const languages = new Set<ParsedLanguage>();
    let anyLanguage = false;
    for (const item of node.items) {
      const word = isScalar(item) ? String(item.value) : '';
      if (word === 'regex' || word === 'generic') {
        anyLanguage = true;
        continue;
      }
      const name = canonicalLanguage(word);
      if (name === undefined || !isParsedLanguage(name))
        throw this.fault(
          item,
          `language ${word} is not supported; use ${PARSED_LANGUAGES.join(', ')}, or regex for rules that are regexes only`,
        );
      languages.add(name);
    }
    return { languages: [...languages], anyLanguage };
  }

  private metadata(node: unknown): { readonly cwe: string; readonly references: readonly string[] } {
    if (node === undefined) return { cwe: 'CWE-unknown', references: [] };
    if (!isMap(node)) throw this.fault(node, '"metadata" must be a map');
    const values = node.toJSON() as Record<string, unknown>;
    const cwe: unknown = Array.isArray(values.cwe) ? values.cwe[0] : values.cwe;
    const id = typeof cwe === 'string' ? /^CWE-\d+/.exec(cwe)?.[0] : undefined;
    if (cwe !== undefined && id === undefined)
      throw this.fault(node, 'metadata.cwe must read like "CWE-78: what it is", or be a list of such');
    const references = Array.isArray(values.references) ? values.references.map(String) : [];
    return { cwe: id ?? 'CWE-unknown', references };
  }

  private formula(node: YAMLMap, entries: ReadonlyMap<string, unknown>, regexOnly: boolean): FormulaSource {
    const present = FORMULA_KEYS.filter((key) => entries.has(key));
    const [key, ...others] = present;
    if (key === undefined || others.length > 0)
      throw this.fault(
        node,
        `exactly one of ${FORMULA_KEYS.join(', ')} is needed here, found ${present.length}`,
      );
    return this.operator(key, entries.get(key), node, regexOnly);
  }

  private operator(key: string, value: unknown, parent: unknown, regexOnly: boolean): FormulaSource {
    const at = this.position(value ?? parent);
    if (key === 'pattern-regex') return { operator: 'pattern-regex', regex: this.regex(value, parent), at };
    if (key === 'pattern') {
      if (regexOnly)
        throw this.fault(value ?? parent, 'a rule for "regex" or "generic" can use pattern-regex only');
      return { operator: 'pattern', text: this.textOf(value, parent, 'pattern'), at };
    }
    if (!isSeq(value) || value.items.length === 0)
      throw this.fault(value ?? parent, `"${key}" must be a list with at least one pattern`);
    if (key === 'pattern-either') {
      const of = value.items.map((item) => {
        const [name, inner] = this.single(item, [...FORMULA_KEYS, 'pattern-inside'], 'pattern-either');
        return name === 'pattern-inside'
          ? this.nested(inner, item, regexOnly)
          : this.operator(name, inner, item, regexOnly);
      });
      return { operator: 'pattern-either', of, at };
    }
    const parts = value.items.map((item) => this.part(item, regexOnly));
    if (!parts.some((part) => part.role === 'match' || part.role === 'inside'))
      throw this.fault(
        value,
        '"patterns" needs at least one pattern that says what to find, not only what not to',
      );
    return { operator: 'patterns', parts, at };
  }

  private part(item: unknown, regexOnly: boolean): PartSource {
    const [key, value] = this.single(item, PART_KEYS, 'patterns');
    const at = this.position(value ?? item);
    switch (key) {
      case 'pattern-not':
        return { role: 'not', formula: this.nested(value, item, regexOnly) };
      case 'pattern-inside':
        return { role: 'inside', formula: this.nested(value, item, regexOnly) };
      case 'pattern-not-inside':
        return { role: 'not-inside', formula: this.nested(value, item, regexOnly) };
      case 'pattern-not-regex':
        return { role: 'not-regex', regex: this.regex(value, item), at };
      case 'focus-metavariable':
        return { role: 'focus', metavariable: this.metavariable(value, item), at };
      case 'metavariable-regex': {
        if (!isMap(value))
          throw this.fault(value ?? item, '"metavariable-regex" needs metavariable and regex');
        const fields = this.entries(value, ['metavariable', 'regex'], 'metavariable-regex');
        return {
          role: 'metavariable-regex',
          metavariable: this.metavariable(fields.get('metavariable'), value),
          regex: this.regex(fields.get('regex'), value),
          at,
        };
      }
      default:
        if (key === 'pattern-either' && isSeq(value) && value.items.every(isInside))
          return { role: 'inside', formula: this.operator(key, value, item, regexOnly) };
        return { role: 'match', formula: this.operator(key, value, item, regexOnly) };
    }
  }

  /** Under pattern-not and the like: a pattern as text, or a map with one operator. */
  private nested(value: unknown, parent: unknown, regexOnly: boolean): FormulaSource {
    if (!isMap(value)) return this.operator('pattern', value, parent, regexOnly);
    const [name, inner] = this.single(value, FORMULA_KEYS, 'this operator');
    return this.operator(name, inner, value, regexOnly);
  }

  private metavariable(value: unknown, parent: unknown): string {
    const name = this.textOf(value, parent, 'metavariable');
    if (!/^\$([A-Z_][A-Z0-9_]*|\d+)$/.test(name))
      throw this.fault(value, `${name} is no metavariable; they look like $NAME`);
    return name;
  }

  private regex(value: unknown, parent: unknown): RE2JS {
    const source = this.textOf(value, parent, 'regex');
    try {
      return RE2JS.compile(source, RE2JS.MULTILINE);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw this.fault(
        value,
        `the regex cannot be used: ${what}. Regexes run on a linear-time engine (RE2 syntax): no lookahead, lookbehind or backreferences`,
      );
    }
  }

  private single(item: unknown, allowed: readonly string[], where: string): [string, unknown] {
    if (!isMap(item)) throw this.fault(item, `each item under ${where} is a map with one operator`);
    const entries = [...this.entries(item, allowed, where)];
    const [only, ...others] = entries;
    if (only === undefined || others.length > 0)
      throw this.fault(item, `each item under ${where} has exactly one operator, found ${entries.length}`);
    return only;
  }

  private entries(map: YAMLMap, allowed: readonly string[], where: string): Map<string, unknown> {
    const entries = new Map<string, unknown>();
    for (const pair of map.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      if (!allowed.includes(key))
        throw this.fault(
          pair.key,
          `"${key}" is not supported in ${where}; supported are ${allowed.join(', ')}`,
        );
      entries.set(key, pair.value);
    }
    return entries;
  }

  private string(entries: ReadonlyMap<string, unknown>, parent: unknown, key: string): string {
    return this.textOf(entries.get(key), parent, key);
  }

  private textOf(value: unknown, parent: unknown, what: string): string {
    if (isScalar(value) && typeof value.value === 'string' && value.value.trim() !== '') return value.value;
    throw this.fault(value ?? parent, `"${what}" must be a text that is not empty`);
  }

  private position(node: unknown): RulePosition {
    const offset = typeof node === 'number' ? node : ((node as Node | null | undefined)?.range?.[0] ?? 0);
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line, column: col };
  }

  private fault(node: unknown, what: string): RuleError {
    return ruleError(this.position(node), this.rule, what);
  }
}

/** An item `pattern-inside: …`. A pattern-either of nothing else is a condition on where a match lies. */
function isInside(item: unknown): boolean {
  return isMap(item) && item.has('pattern-inside');
}

export function ruleError(at: RulePosition, rule: string | undefined, what: string): RuleError {
  const place = `${at.file}:${at.line}:${at.column}`;
  return new RuleError(`${place}: ${rule === undefined ? '' : `rule "${rule}": `}${what}`);
}
