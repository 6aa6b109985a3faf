/** Rules: as they are read from YAML, and as they are run. */
import type { RE2JS } from 're2js';
import type { Severity } from '../../../core/assessment.js';
import type { ParsedLanguage } from '../languages/names.js';
import type { Condition } from '../matcher/environment.js';
import type { CompiledPattern } from '../pattern/pattern.js';

/** Where something stands in a rule file; lines and columns are 1-based. */
export interface RulePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The tree of operators, patterns still text. */
export type FormulaSource =
  | { readonly operator: 'pattern'; readonly text: string; readonly at: RulePosition }
  | { readonly operator: 'pattern-regex'; readonly regex: RE2JS; readonly at: RulePosition }
  | { readonly operator: 'pattern-either'; readonly of: readonly FormulaSource[]; readonly at: RulePosition }
  | { readonly operator: 'patterns'; readonly parts: readonly PartSource[]; readonly at: RulePosition };

/** One item under `patterns`. */
export type PartSource =
  | { readonly role: 'match' | 'not' | 'inside' | 'not-inside'; readonly formula: FormulaSource }
  | {
      readonly role: 'metavariable-regex';
      readonly metavariable: string;
      readonly regex: RE2JS;
      readonly at: RulePosition;
    }
  | { readonly role: 'not-regex'; readonly regex: RE2JS; readonly at: RulePosition }
  | { readonly role: 'focus'; readonly metavariable: string; readonly at: RulePosition };

export interface RuleSource {
  readonly id: string;
  readonly message: string;
  readonly severity: Severity;
  /** `CWE-78`; `CWE-unknown` when the rule names none. */
  readonly cwe: string;
  readonly references: readonly string[];
  readonly languages: readonly ParsedLanguage[];
  /** True for `languages: [regex]` or `[generic]`: runs on any text, with regexes only. */
  readonly anyLanguage: boolean;
  readonly formula: FormulaSource;
  readonly at: RulePosition;
}

/** The tree of operators, ready to run on one language. */
export type Formula =
  | {
      readonly operator: 'pattern';
      readonly pattern: CompiledPattern;
      /** Conditions of the operators around it, for sequences to check early. */
      readonly guards: readonly Condition[];
    }
  | { readonly operator: 'regex'; readonly regex: RE2JS }
  | { readonly operator: 'either'; readonly of: readonly Formula[] }
  | {
      readonly operator: 'all';
      readonly matches: readonly Formula[];
      readonly insides: readonly Formula[];
      readonly nots: readonly Formula[];
      readonly notInsides: readonly Formula[];
      readonly notRegexes: readonly RE2JS[];
      readonly conditions: readonly Condition[];
      readonly focus: readonly string[];
    };

export interface Rule {
  readonly id: string;
  readonly message: string;
  readonly severity: Severity;
  readonly cwe: string;
  readonly formula: Formula;
}
