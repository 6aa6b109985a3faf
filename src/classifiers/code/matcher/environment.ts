/** What metavariables stand for in one match: a small immutable list. */
import type { RE2JS } from 're2js';
import { STRING_KINDS } from '../languages/vocabulary.js';
import type { SyntaxNode } from '../tree/syntax-tree.js';

export interface Binding {
  readonly name: string;
  /**
   * Comparable form: tokens without comments and spacing; the content, for strings bound by `"$X"`.
   * Made when first asked for: most are never compared, and in a long chain of calls every link's
   * receiver would be copied.
   */
  text(): string;
  /** Where it stands; undefined for `$...ARGS` that took nothing. */
  readonly start: number;
  readonly end: number;
  readonly node: SyntaxNode | undefined;
}

export type Environment = { readonly binding: Binding; readonly rest: Environment } | undefined;

export function lookup(environment: Environment, name: string): Binding | undefined {
  for (let item = environment; item !== undefined; item = item.rest)
    if (item.binding.name === name) return item.binding;
  return undefined;
}

/** Both environments together; undefined in the tuple's place when a name stands for two things. */
export function merge(
  a: Environment,
  b: Environment,
): { readonly ok: true; readonly environment: Environment } | { readonly ok: false } {
  let merged = a;
  for (let item = b; item !== undefined; item = item.rest) {
    const other = lookup(a, item.binding.name);
    if (other === undefined) merged = { binding: item.binding, rest: merged };
    else if (other.text() !== item.binding.text()) return { ok: false };
  }
  return { ok: true, environment: merged };
}

/** Longer code is told apart by its place instead of its text. */
const MAX_KEY_TEXT = 200;

/** Equal keys mean equal bindings; used to drop duplicate matches. */
export function environmentKey(environment: Environment): string {
  const parts: string[] = [];
  for (let item = environment; item !== undefined; item = item.rest) {
    const { name, start, end } = item.binding;
    parts.push(`${name}=${end - start > MAX_KEY_TEXT ? `@${start}:${end}` : item.binding.text()}`);
  }
  return parts.sort().join('\u0000');
}

/** A metavariable-regex. */
export interface Condition {
  readonly metavariable: string;
  readonly regex: RE2JS;
}

/** Whether the regex matches at the start of what is bound: code as it is, a string without its quotes. */
export function holds(regex: RE2JS, bound: Binding): boolean {
  return regex.matcher(conditionText(bound)).lookingAt();
}

function conditionText(bound: Binding): string {
  const text = bound.text();
  if (bound.node === undefined || !STRING_KINDS.has(bound.node.kind)) return text;
  const quoted = /^[A-Za-z]{0,2}("""|'''|["'`])(.*)\1$/s.exec(text);
  return quoted?.[2] ?? text;
}
