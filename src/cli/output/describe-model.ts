/** Models in words: the lines of `models list`, `models inspect` and the end of `models pull`. */
import type { GuardFileReport } from '../../classifiers/guard/inspect-model.js';
import {
  formatBytes,
  type ListedModel,
  type PulledModel,
} from '../../classifiers/guard/model-files/index.js';

/** What the file is, one fact a line, indented. */
export function describeReport(report: GuardFileReport): string {
  const { path, fileBytes, name, family, memory, contextTokens, vocabulary, problems, notes } = report;
  const rows: [string, string | undefined][] = [
    ['file', path],
    ['size', fileBytes === undefined ? undefined : formatBytes(fileBytes)],
    ['name', name === undefined ? undefined : printable(name)],
    ['shape', shape(report)],
    ['weights', weights(report)],
    ['context', contextTokens === undefined ? undefined : `${contextTokens} tokens`],
    [
      'vocabulary',
      vocabulary === undefined ? undefined : `${vocabulary.size} tokens, ${printable(vocabulary.kind)}`,
    ],
    ['family', family === undefined ? undefined : `${family.id}, because ${family.why}`],
    [
      'categories',
      family === undefined || family.categories.length === 0
        ? undefined
        : `${family.categories.join(' ')} (${family.taxonomy})`,
    ],
    ['answers', family === undefined ? undefined : `"${family.words.safe}" or "${family.words.unsafe}"`],
    [
      'memory',
      memory === undefined
        ? undefined
        : `about ${formatBytes(memory.total)}: ${formatBytes(memory.weights)} of weights, ${formatBytes(memory.kv)} for ${memory.lanes} lanes of ${memory.contextTokens} tokens`,
    ],
    ['guard', problems.length === 0 ? 'usable' : `NOT usable: ${problems.join('\n              ')}`],
    ...notes.map((note): [string, string] => ['note', note]),
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `  ${key.padEnd(11)} ${value ?? ''}\n`)
    .join('');
}

function shape({ architecture, parameters, layers }: GuardFileReport): string | undefined {
  const parts = [
    ...(architecture === undefined ? [] : [printable(architecture)]),
    ...(parameters === undefined ? [] : [`${count(parameters)} parameters`]),
    ...(layers === undefined ? [] : [`${layers} layers`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

function count(parameters: number): string {
  return parameters >= 1e9
    ? `${(parameters / 1e9).toFixed(1)} billion`
    : `${(parameters / 1e6).toPrecision(2)} million`;
}

/** Types with their shares of the parameters: `Q4_K 89%, Q6_K 11%`. */
function weights({ quantization }: GuardFileReport): string | undefined {
  const total = quantization.reduce((sum, { parameters }) => sum + parameters, 0);
  if (total === 0) return undefined;
  const shown = quantization.filter(({ parameters }) => parameters / total >= 0.005);
  return shown.map(({ type, parameters }) => `${type} ${Math.round((100 * parameters) / total)}%`).join(', ');
}

/** Words of a file for a terminal: without control characters. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '').slice(0, 200);
}

export function describeListed(model: ListedModel, report: GuardFileReport | undefined): string {
  const { spec, complete, bytes, totalBytes, at } = model;
  if (!complete) {
    const share =
      totalBytes === undefined ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
    const resume = spec.startsWith('hf:') ? `; resume it: portcullis models pull ${spec}` : '';
    return `${spec}\n  INCOMPLETE: ${share}${resume}\n`;
  }
  const kind = report?.verdict === 'usable' ? (report.family?.id ?? 'guard') : 'NOT usable as a guard';
  const type = report?.quantization[0]?.type;
  const facts = [
    formatBytes(bytes),
    kind,
    ...(type === undefined ? [] : [type]),
    ...(at === undefined ? [] : [at.toISOString().slice(0, 10)]),
  ];
  return `${spec}\n  ${facts.join(' · ')}\n`;
}

/** What is there after a pull, and how it is used. */
export function describePulled(spec: string, pulled: PulledModel, report: GuardFileReport): string {
  const { files, downloaded } = pulled;
  const sums = files.map(({ sha256, verified, path }) => {
    const name = files.length === 1 ? 'sha256' : path;
    const how = verified
      ? 'checked against the hub'
      : downloaded
        ? 'the hub names none, so only the size was checked'
        : 'not read again; --verify does';
    return `  ${name.padEnd(11)} ${sha256 ?? 'unknown'} (${how})\n`;
  });
  const use =
    report.verdict === 'usable'
      ? `Use it: portcullis serve --guard ${spec}\n`
      : 'It cannot be the guard. docs/models.md says which models can.\n';
  return `${spec} ${downloaded ? 'was downloaded' : 'is here already'}.\n${describeReport(report)}${sums.join('')}${use}`;
}
