/** The report of `bench guard` as Markdown tables that a terminal shows well, too. */
import { formatSpread, formatTable } from '../../bench/statistics.js';
import type { GuardBenchReport, TargetRow } from '../../bench/guard/report.js';

export function guardBenchText(report: GuardBenchReport): string {
  const { machine, memory } = report;
  const head = [
    `Guard of shape ${report.shape} (${megabytes(report.model.bytes)}${report.model.generated ? ', random weights' : ''}), ${report.judge}, policy of ${report.prefix} tokens.`,
    `${machine.cpu}, ${machine.cpus} CPUs, ${report.threads} ${report.threads === 1 ? 'thread' : 'threads'}, Node ${machine.node}, ${report.rounds} ${report.rounds === 1 ? 'round' : 'rounds'}; load ${machine.load.before.toFixed(2)} before, ${machine.load.after.toFixed(2)} after.`,
    'Medians of the rounds, in parentheses the smallest and the largest.',
  ].join('\n');
  const checks = formatTable(
    ['one check', 'ms', 'tokens evaluated', 'cached'],
    report.checks.map(({ name, ms, evaluated, cached }) => [
      name,
      formatSpread(ms, ms.median < 100 ? 1 : 0),
      evaluated.toFixed(0),
      cached.toFixed(0),
    ]),
  );
  const embedded = formatTable(
    ['embedded guard', 'ms'],
    report.embedded.map(({ tokens, ms }) => [`${tokens} tokens`, formatSpread(ms, 1)]),
  );
  const loads = formatTable(
    ['many checks', 'checks/s', 'p50 ms', 'p95 ms', 'tokens evaluated each', 'reached the model'],
    report.loads.map(({ name, checksPerSecond, p50, p95, evaluated, escalated }) => [
      name,
      formatSpread(checksPerSecond, checksPerSecond.median < 10 ? 2 : 0),
      p50.toFixed(p50 < 100 ? 1 : 0),
      p95.toFixed(p95 < 100 ? 1 : 0),
      evaluated.toFixed(0),
      escalated === null ? '' : `${(escalated * 100).toFixed(0)} %`,
    ]),
  );
  const targets = formatTable(
    ['ratio', 'of', 'measured', 'target', ''],
    report.targets.map((row) => [
      row.name,
      row.of,
      formatSpread(row.value, row.digits),
      row.target === null ? '' : `${row.target.is} ${row.target.limit}`,
      outcome(row),
    ]),
  );
  const memoryText =
    memory === null
      ? 'This system does not tell how much memory a process has.'
      : `Memory of the model process: ${megabytes(memory.steady)} at the end, ${megabytes(memory.peak)} at its peak; the file has ${megabytes(memory.file)}, keys and values ${megabytes(memory.kv)} (${report.lanes} lanes of ${report.contextTokens} tokens).`;
  const parts = [head, checks, ...(report.embedded.length > 0 ? [embedded] : []), loads, targets, memoryText];
  return parts.join('\n\n') + '\n';
}

function outcome({ met, target }: TargetRow): string {
  if (target === null) return '';
  return met === null ? 'not told by this shape' : met ? 'met' : 'missed';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
