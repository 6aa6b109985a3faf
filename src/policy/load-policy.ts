/** Reads a policy file and compiles it. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { isJsonObject } from '../core/json.js';
import type { Taxonomies, Taxonomy } from '../core/taxonomy.js';
import { UNCATEGORIZED } from '../core/taxonomy.js';
import { parseStrictYaml, readSettingsFile } from '../strict-yaml/index.js';
import { policySchema, unjudgedByKind } from './policy-schema.js';
import type { PolicyFile, PolicySettings } from './policy-schema.js';
import type { DirectionPolicy, Policy } from './policy-types.js';

/** The taxonomy of a policy that names none: the one the embedded guard speaks. */
export const DEFAULT_TAXONOMY = 'mlcommons-v0.5';

/** Without a word of the policy, a prompt has the time of this many judgements for all its turns. */
const TURNS_IN_TIME = 4;

/** A list in which neither order nor repeats mean anything. */
function sorted<T extends string>(list: readonly T[]): T[] {
  return [...new Set(list)].sort();
}

function compileDirection(
  file: PolicySettings,
  which: 'prompt' | 'reply',
  taxonomy: Taxonomy,
): DirectionPolicy {
  const given = file[which];
  const threshold = given.threshold ?? file.threshold;
  const action = given.action ?? file.action;
  const ids = [...taxonomy.categories.map(({ id }) => id), UNCATEGORIZED];
  return {
    enabled: given.enabled,
    threshold,
    action,
    categories: new Map(
      ids.map((id) => [
        id,
        {
          threshold: given.categories[id]?.threshold ?? threshold,
          action: given.categories[id]?.action ?? action,
        },
      ]),
    ),
    unavailable: given.unavailable ?? file.unavailable,
  };
}

/** JSON with sorted keys, Maps as objects: the same content gives the same text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    const object = part instanceof Map ? (Object.fromEntries(part) as Record<string, unknown>) : part;
    if (typeof object !== 'object' || object === null || Array.isArray(object)) return object;
    return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}

/** All of a policy but its name, its routes and its hash. */
function compileSettings(
  file: PolicySettings,
  taxonomy: Taxonomy,
): Omit<Policy, 'name' | 'id' | 'hash' | 'routes'> {
  return {
    version: file.version,
    description: file.description.trim(),
    mode: file.mode,
    taxonomy: file.taxonomy,
    onBlock: file.on_block,
    refusal: file.refusal,
    unjudged: unjudgedByKind(file.unjudged),
    checkFirst: file.check_first,
    turns: file.turns,
    hiddenCharacters: file.hidden_characters,
    views: file.views,
    prompt: compileDirection(file, 'prompt', taxonomy),
    reply: compileDirection(file, 'reply', taxonomy),
    code: {
      enabled: file.code.enabled,
      treatments: file.code.treatments,
      rules: new Map(Object.entries(file.code.rules)),
      cwes: new Map(Object.entries(file.code.cwes)),
      unavailable: file.code.unavailable ?? file.unavailable,
      afterBlock: file.code.after_block,
      timeoutMs: file.code.timeout_ms,
    },
    stream: {
      mode: file.stream.mode,
      firstWindow: file.stream.first_window,
      firstWaitMs: file.stream.first_wait_ms,
      maxWindow: file.stream.max_window,
      growth: file.stream.growth,
      idleMs: file.stream.idle_ms,
      pingMs: file.stream.ping_ms,
    },
    longTexts: file.long_texts,
    thorough: {
      directions: sorted(file.thorough.directions),
      routes: sorted(file.thorough.routes),
      categories: sorted(file.thorough.categories),
    },
    judgeTimeoutMs: file.judge_timeout_ms,
    judgeTotalTimeoutMs: file.judge_total_timeout_ms ?? TURNS_IN_TIME * file.judge_timeout_ms,
  };
}

function compile(file: PolicyFile, name: string, taxonomy: Taxonomy): Policy {
  const named = { name, id: `${name}@${file.version}` };
  const finished = (content: Omit<Policy, 'hash'>): Policy =>
    Object.freeze({ ...content, hash: createHash('sha256').update(canonical(content)).digest('hex') });
  const routes = [...file.routes].map(([route, settings]): [string, Policy] => [
    route,
    finished({ ...named, ...compileSettings(settings, taxonomy), routes: new Map() }),
  ]);
  return finished({ ...named, ...compileSettings(file, taxonomy), routes: new Map(routes) });
}

/** What the policy is on a route. */
export function policyOn(policy: Policy, route: string | undefined): Policy {
  return (route === undefined ? undefined : policy.routes.get(route)) ?? policy;
}

/** `my policy.yaml` -> `my-policy`. */
function nameFromFile(fileName: string): string {
  const words = basename(fileName)
    .replace(/\.ya?ml$/i, '')
    .replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64);
  return words === '' ? 'unnamed' : words;
}

/**
 * Compiles the text of a policy file. Every setting has a default; the name is the file's.
 * @throws GuardError('config_invalid') with every problem: `file:line:column: path: what is wrong`
 */
export function parsePolicy(text: string, taxonomies: Taxonomies, fileName: string): Policy {
  const ids = taxonomies.list.map(({ id }) => id);
  const file = parseStrictYaml<PolicyFile>(
    text,
    (data) => {
      const named = isJsonObject(data) && 'taxonomy' in data ? data.taxonomy : DEFAULT_TAXONOMY;
      return policySchema(
        ids,
        DEFAULT_TAXONOMY,
        taxonomies.list.find(({ id }) => id === named),
      );
    },
    fileName,
  );
  return compile(file, file.name ?? nameFromFile(fileName), taxonomies.get(file.taxonomy));
}

/** Reads and compiles a policy file; throws as `parsePolicy` does, and when it cannot be read. */
export function loadPolicy(path: string, taxonomies: Taxonomies): Policy {
  return parsePolicy(readSettingsFile(path), taxonomies, path);
}
