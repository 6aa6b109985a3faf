/** `portcullis policy diff`: the settings in which two policies differ. */
import { parse } from 'yaml';
import { isJsonObject } from '../../core/json.js';
import type { Taxonomies } from '../../core/taxonomy.js';
import { policyOn, type Policy } from '../../policy/policy.js';
import { formatPath } from '../../strict-yaml/index.js';
import { describePolicy } from './describe-policy.js';

/** Labels: they say nothing of what a policy does. */
const LABELS = new Set(['name', 'version', 'description']);

/** Stands for a setting that one of the two does not have. */
const ABSENT = '(none)';

/** A setting's value in both policies. */
type Pair = readonly [string | undefined, string | undefined];
type Settings = ReadonlyMap<string, string>;
type Sides = readonly [Settings, Settings];

/**
 * One line a setting, `prompt.threshold: 0.5 -> 0.25`, in the order of the file; no lines when the two do
 * the same. A category that only follows its direction's default has no line of its own; one that keeps
 * its value while the default changes has (`0.5 in both`), for the default's line seems to say otherwise.
 * So it is with routes, which follow the policy's own settings: `routes["/api/chat"].turns: "all" -> "new"`.
 */
export function diffPolicies(a: Policy, b: Policy, taxonomies: Taxonomies): string[] {
  const sides = (route?: string): Sides => [
    settingsOf(policyOn(a, route), taxonomies),
    settingsOf(policyOn(b, route), taxonomies),
  ];
  const whole = sides();
  const routes = [...new Set([...a.routes.keys(), ...b.routes.keys()])];
  return [
    ...linesOf(whole),
    ...routes.flatMap((route) =>
      linesOf(sides(route), whole).map((line) => `${formatPath(['routes', route])}.${line}`),
    ),
  ];
}

/** @param under what holds where a route says nothing */
function linesOf(sides: Sides, under?: Sides): string[] {
  const [left, right] = sides;
  const keys = [...left.keys(), ...[...right.keys()].filter((key) => !left.has(key))];
  return keys.flatMap((key) => {
    const values = pairOf(sides, key);
    const below = under === undefined ? undefined : pairOf(under, key);
    if (below !== undefined && isSame(values, below)) return [];
    const fallback = defaultOf(key);
    const defaults = fallback === undefined ? undefined : pairOf(sides, fallback);
    // A category that one taxonomy lacks follows, too: the taxonomy's own line tells of it.
    const follows =
      defaults !== undefined && values.every((one, i) => one === undefined || one === defaults[i]);
    if (values[0] !== values[1])
      return follows ? [] : [`${key}: ${values[0] ?? ABSENT} -> ${values[1] ?? ABSENT}`];
    const seemsChanged = [below, defaults].some((pair) => pair !== undefined && pair[0] !== pair[1]);
    return seemsChanged && !follows ? [`${key}: ${values[0] ?? ABSENT} in both`] : [];
  });
}

function pairOf([left, right]: Sides, key: string): Pair {
  return [left.get(key), right.get(key)];
}

function isSame(one: Pair, other: Pair): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

/** Dotted keys, as a policy file has them, with their values as JSON; all but the routes. */
function settingsOf(policy: Policy, taxonomies: Taxonomies): Settings {
  const shown: unknown = parse(describePolicy(policy, taxonomies.get(policy.taxonomy)));
  const settings = new Map<string, string>();
  const visit = (value: unknown, key: string): void => {
    if (isJsonObject(value))
      for (const [name, part] of Object.entries(value)) visit(part, key === '' ? name : `${key}.${name}`);
    else if (!LABELS.has(key)) settings.set(key, JSON.stringify(value));
  };
  if (isJsonObject(shown)) visit({ ...shown, routes: {} }, '');
  return settings;
}

/** `prompt.categories.S1.threshold` -> `prompt.threshold`; undefined for all but the categories. */
function defaultOf(key: string): string | undefined {
  const found = /^(prompt|reply)\.categories\.[^.]+\.(threshold|action)$/.exec(key);
  return found === null ? undefined : `${found[1] ?? ''}.${found[2] ?? ''}`;
}
