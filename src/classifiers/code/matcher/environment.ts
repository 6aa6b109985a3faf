/** What metavariables stand for in one match: a small immutable list. */
import type { SyntaxNode } from '../tree/syntax-tree.js';

export interface Binding {
  readonly name: string;
  /** Comparable form: tokens without comments and spacing; the content, for strings bound by `"$X"`. */
  readonly text: string;
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
    else if (other.text !== item.binding.text) return { ok: false };
  }
  return { ok: true, environment: merged };
}

/** Equal for environments that bind the same names to the same text. */
export function environmentKey(environment: Environment): string {
  const parts: string[] = [];
  for (let item = environment; item !== undefined; item = item.rest)
    parts.push(`${item.binding.name}=${item.binding.text}`);
  return parts.sort().join('\u0000');
}
