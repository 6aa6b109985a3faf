/** Models in words: the lines of `models list`, `models inspect` and the end of `models pull`. */
import {
  formatBytes,
  type ListedModel,
  type PulledModel,
} from '../../classifiers/guard/model-files/index.js';
import type { ModelFacts } from '../model-facts.js';

/** What the file is, one fact a line, indented. */
export function describeFacts(facts: ModelFacts): string {
  const rows: [string, string | undefined][] = [
    ['file', facts.path],
    ['size', facts.bytes === undefined ? undefined : formatBytes(facts.bytes)],
    ['model', facts.name],
    ['family', facts.family],
    ['categories', facts.categories.length === 0 ? undefined : facts.categories.join(' ')],
    ['taxonomy', facts.taxonomy],
    ['parameters', facts.parameters === undefined ? undefined : inBillions(facts.parameters)],
    ['weights', facts.quantization],
    ['context', facts.contextTokens === undefined ? undefined : `${facts.contextTokens} tokens`],
    ['guard', facts.problem === undefined ? 'usable' : `NOT usable: ${facts.problem}`],
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name.padEnd(11)} ${value ?? ''}\n`)
    .join('');
}

function inBillions(count: number): string {
  return count >= 1e8 ? `${(count / 1e9).toPrecision(2)} billion` : `${(count / 1e6).toPrecision(2)} million`;
}

export function describeListed(model: ListedModel, facts: ModelFacts | undefined): string {
  const { spec, complete, bytes, totalBytes, at } = model;
  const when = at === undefined ? [] : [at.toISOString().slice(0, 10)];
  if (!complete) {
    const share =
      totalBytes === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
    const resume = spec.startsWith('hf:') ? `; resume it: portcullis models pull ${spec}` : '';
    return `${spec}\n  INCOMPLETE: ${share}${resume}\n`;
  }
  const kind =
    facts === undefined
      ? []
      : facts.problem === undefined
        ? [
            facts.family ?? 'family not recognised',
            ...(facts.quantization === undefined ? [] : [facts.quantization]),
          ]
        : ['NOT usable as a guard'];
  return `${spec}\n  ${[formatBytes(bytes), ...kind, ...when].join(' · ')}\n`;
}

/** What is there after a pull, and how it is used. */
export function describePulled(spec: string, { files, downloaded }: PulledModel, facts: ModelFacts): string {
  const sums = files.map(({ sha256, verified, path }) => {
    const name = files.length === 1 ? 'sha256' : path;
    return `  ${name.padEnd(11)} ${sha256 ?? 'unknown'}${
      verified
        ? ' (checked against the hub)'
        : sha256 === undefined || downloaded
          ? ' (the hub names none; only the size was checked)'
          : ' (not read again; --verify does)'
    }\n`;
  });
  const use =
    facts.problem === undefined
      ? `Use it: portcullis serve --guard ${spec}\n`
      : 'It cannot be the guard; "portcullis models inspect" says the same. docs/models.md lists those that can.\n';
  return `${spec} ${downloaded ? 'was downloaded' : 'is here already'}.\n${describeFacts(facts)}${sums.join('')}${use}`;
}
