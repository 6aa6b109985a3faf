/** `portcullis policy show`: a policy as a file with every setting written out. */
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { Taxonomy } from '../../core/taxonomy.js';
import type { DirectionPolicy, Policy } from '../../policy/policy.js';

/** YAML that, read as a policy file, gives a policy that decides in the same way (the same hash). */
export function describePolicy(policy: Policy, taxonomy: Taxonomy): string {
  const { thorough, ...rest } = describeSettings(policy);
  const routes = [...policy.routes].map(([route, its]) => [route, difference(rest, describeSettings(its))]);
  const settings = {
    name: policy.name,
    version: policy.version,
    description: policy.description,
    taxonomy: policy.taxonomy,
    ...rest,
    thorough,
    routes: Object.fromEntries(routes) as Settings,
  };
  const names = new Map(taxonomy.categories.map(({ id, name }) => [id, name]));
  const yaml = stringify(settings, { lineWidth: 0, aliasDuplicateObjects: false })
    .split('\n')
    .flatMap((line) => {
      // The category's line gets its name as a comment.
      const id = /^ {4}(\w+):$/.exec(line)?.[1];
      const name = id === undefined ? undefined : names.get(id);
      return [name === undefined ? line : `${line} # ${name}`];
    });
  return `# ${policy.id}\n# sha256 ${policy.hash}\n${yaml.join('\n')}`;
}

type Settings = Record<string, unknown>;

/** What has to be written over `base` to get `other`. Both have the same keys wherever they are objects. */
function difference(base: Settings, other: Settings): Settings {
  const changed: Settings = {};
  for (const [key, value] of Object.entries(other)) {
    const before = base[key];
    if (isDeepStrictEqual(before, value) || key === 'thorough') continue;
    changed[key] = isSettings(before) && isSettings(value) ? difference(before, value) : value;
  }
  return changed;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describeSettings(policy: Policy) {
  const { code, stream } = policy;
  return {
    mode: policy.mode,
    on_block: policy.onBlock,
    refusal: policy.refusal,
    unjudged: policy.unjudged,
    check_first: policy.checkFirst,
    turns: policy.turns,
    hidden_characters: policy.hiddenCharacters,
    views: policy.views,
    prompt: describeDirection(policy.prompt),
    reply: describeDirection(policy.reply),
    code: {
      enabled: code.enabled,
      treatments: code.treatments,
      cwes: Object.fromEntries(code.cwes),
      rules: Object.fromEntries(code.rules),
      unavailable: code.unavailable,
      after_block: code.afterBlock,
      timeout_ms: code.timeoutMs,
    },
    stream: {
      mode: stream.mode,
      first_window: stream.firstWindow,
      first_wait_ms: stream.firstWaitMs,
      max_window: stream.maxWindow,
      growth: stream.growth,
      idle_ms: stream.idleMs,
      ping_ms: stream.pingMs,
    },
    long_texts: policy.longTexts,
    thorough: policy.thorough,
    judge_timeout_ms: policy.judgeTimeoutMs,
    judge_total_timeout_ms: policy.judgeTotalTimeoutMs,
  };
}

function describeDirection(direction: DirectionPolicy) {
  return {
    enabled: direction.enabled,
    threshold: direction.threshold,
    action: direction.action,
    unavailable: direction.unavailable,
    categories: Object.fromEntries(direction.categories),
  };
}
