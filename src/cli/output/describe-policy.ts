/** `portcullis policy show`: a policy as a file with every setting written out. */
import { stringify } from 'yaml';
import type { Taxonomy } from '../../core/taxonomy.js';
import type { DirectionPolicy, Policy } from '../../policy/policy.js';

/** YAML that, read as a policy file, gives a policy that decides in the same way (the same hash). */
export function describePolicy(policy: Policy, taxonomy: Taxonomy): string {
  const { code, stream } = policy;
  const settings = {
    name: policy.name,
    version: policy.version,
    description: policy.description,
    mode: policy.mode,
    taxonomy: policy.taxonomy,
    on_block: policy.onBlock,
    refusal: policy.refusal,
    unjudged: policy.unjudged,
    prompt: describeDirection(policy.prompt),
    reply: describeDirection(policy.reply),
    code: {
      enabled: code.enabled,
      treatments: code.treatments,
      cwes: Object.fromEntries(code.cwes),
      rules: Object.fromEntries(code.rules),
      unavailable: code.unavailable,
      timeout_ms: code.timeoutMs,
    },
    stream: {
      first_window: stream.firstWindow,
      max_window: stream.maxWindow,
      growth: stream.growth,
      idle_ms: stream.idleMs,
    },
    long_texts: policy.longTexts,
    thorough: policy.thorough,
    judge_timeout_ms: policy.judgeTimeoutMs,
    judge_total_timeout_ms: policy.judgeTotalTimeoutMs,
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

function describeDirection(direction: DirectionPolicy) {
  return {
    enabled: direction.enabled,
    threshold: direction.threshold,
    action: direction.action,
    unavailable: direction.unavailable,
    categories: Object.fromEntries(direction.categories),
  };
}
