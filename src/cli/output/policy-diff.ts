/** `portcullis policy diff`: the settings in which two policies differ. */
import { parse } from 'yaml';
import { isJsonObject } from '../../core/json.js';
import type { Taxonomies } from '../../core/taxonomy.js';
import type { Policy } from '../../policy/policy.js';
import { describePolicy } from './describe-policy.js';

/** Labels: they say nothing of what a policy does. */
const LABELS = new Set(['name', 'version', 'description']);

/** Stands for a setting that one of the two does not have. */
const ABSENT = '(none)';

/**
 * One line a setting, `prompt.threshold: 0.5 -> 0.25`, in the order of the file; no lines when the two do
 * the same. A category that only follows its direction's default has no line of its own; one that keeps
 * its value while the default changes has (`0.5 in both`), for the default's line seems to say otherwise.
 */
export function diffPolicies(a: Policy, b: Policy, taxonomies: Taxonomies): string[] {
  const left = settingsOf(a, taxonomies);
  const right = settingsOf(b, taxonomies);
  const keys = [...left.keys(), ...[...right.keys()].filter((key) => !left.has(key))];
  return keys.flatMap((key) => {
    const values = [left.get(key), right.get(key)];
    const fallback = defaultOf(key);
    const defaults = fallback === undefined ? values : [left.get(fallback), right.get(fallback)];
    if (values[0] !== values[1]) {
      // A category that one taxonomy lacks follows, too: the taxonomy's own line tells of it.
      const follows = values.every((value, side) => value === undefined || value === defaults[side]);
      return fallback !== undefined && follows
        ? []
        : [`${key}: ${values[0] ?? ABSENT} -> ${values[1] ?? ABSENT}`];
    }
    return defaults[0] === defaults[1] || fallback === undefined
      ? []
      : [`${key}: ${values[0] ?? ABSENT} in both`];
  });
}

/** Dotted keys, as a policy file has them, with their values as JSON. */
function settingsOf(policy: Policy, taxonomies: Taxonomies): Map<string, string> {
  const shown: unknown = parse(describePolicy(policy, taxonomies.get(policy.taxonomy)));
  const settings = new Map<string, string>();
  const visit = (value: unknown, key: string): void => {
    if (isJsonObject(value))
      for (const [name, part] of Object.entries(value)) visit(part, key === '' ? name : `${key}.${name}`);
    else if (!LABELS.has(key)) settings.set(key, JSON.stringify(value));
  };
  visit(shown, '');
  return settings;
}

/** `prompt.categories.S1.threshold` -> `prompt.threshold`; undefined for all but the categories. */
function defaultOf(key: string): string | undefined {
  const found = /^(prompt|reply)\.categories\.[^.]+\.(threshold|action)$/.exec(key);
  return found === null ? undefined : `${found[1] ?? ''}.${found[2] ?? ''}`;
}
