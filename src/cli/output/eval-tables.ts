/** An evaluation's figures as tables. */
import type { Taxonomy } from '../../core/taxonomy.js';
import type { Estimate } from '../../evaluation/index.js';
import type { EvalReport, GuardResult } from '../eval/report.js';
import type { Table } from './tables.js';

/** @param taxonomy the policy's, for the categories' names */
export function evalTables(report: EvalReport, taxonomy: Taxonomy): Table[] {
  return [
    overallTable(report),
    ...(report.comparisons.length > 0 ? [comparisonTable(report)] : []),
    ...report.guards.flatMap((guard) => {
      const prefix = report.guards.length > 1 ? `${guard.guard}: ` : '';
      return [
        roleTable(guard, prefix),
        ...(guard.categories.length > 0 ? [categoryTable(guard, prefix, taxonomy)] : []),
        ...(guard.sources.length > 0 ? [sourceTable(guard, prefix)] : []),
      ];
    }),
  ];
}

/** One or two lines about what was done. */
export function evalHeading({ dataset, policy, confidence, resamples, seed }: EvalReport): string {
  const part =
    dataset.lines < dataset.total
      ? `a sample of ${dataset.lines} of ${dataset.total} lines`
      : `${dataset.total} lines`;
  const thresholds =
    policy.threshold === undefined ? 'at its own thresholds' : `at the threshold ${policy.threshold}`;
  return `${dataset.name}: ${part}. Policy ${policy.id} ${thresholds}. In brackets: ${percent(confidence)} intervals (${resamples} resamples, seed ${seed}).`;
}

function overallTable(report: EvalReport): Table {
  const { guards } = report;
  const row = (name: string, cell: (guard: GuardResult) => string): string[] => [name, ...guards.map(cell)];
  return {
    title: 'All lines',
    header: ['', ...guards.map(({ guard }) => guard)],
    rows: [
      row('lines', ({ overall }) => `${overall.lines} (${overall.unsafe} unsafe, ${overall.safe} safe)`),
      row('precision', ({ overall }) => estimate(overall.precision)),
      row('recall', ({ overall }) => estimate(overall.recall)),
      row('F1', ({ overall }) => estimate(overall.f1)),
      row('AUPRC', ({ overall }) => estimate(overall.auprc)),
      row('FPR', ({ overall }) => estimate(overall.fpr)),
      row('no verdict', ({ unavailable }) => String(unavailable.lines)),
      row('latency p50', ({ latency }) => milliseconds(latency.p50)),
      row('latency p95', ({ latency }) => milliseconds(latency.p95)),
      row('tokens evaluated', ({ tokens }) => String(tokens.evaluated)),
      row('tokens cached', ({ tokens }) => String(tokens.cached)),
      ...(guards.some(({ decidedBy }) => decidedBy !== undefined)
        ? [
            row('decided by the thorough judge', ({ decidedBy }) =>
              decidedBy === undefined
                ? '-'
                : percent(decidedBy.thorough / (decidedBy.quick + decidedBy.thorough)),
            ),
          ]
        : []),
      row(`threshold for FPR ${percent(guards[0]?.operatingPoint.fpr ?? 0)}`, ({ operatingPoint }) =>
        operatingPoint.threshold === undefined ? 'none' : String(operatingPoint.threshold),
      ),
      row('  recall there', ({ operatingPoint }) => estimate(operatingPoint.reached?.recall)),
      row('  FPR there', ({ operatingPoint }) => estimate(operatingPoint.reached?.fpr)),
    ],
    notes: guards.flatMap((guard) => remarks(guard, report)),
  };
}

function remarks(guard: GuardResult, { dataset, policy, concurrency }: EvalReport): string[] {
  const { unavailable, overall } = guard;
  const who = `${guard.guard}: `;
  const notes: string[] = [];
  if (!guard.complete) notes.push(`${who}stopped after ${overall.lines} of ${dataset.lines} lines.`);
  if (unavailable.withFallback !== undefined) {
    const reasons = Object.entries(unavailable.reasons).map(([reason, count]) => `${reason} ${count}`);
    const { User, Agent } = policy.fallback;
    const fallback = User === Agent ? User : `${User} for prompts, ${Agent} for replies`;
    const { recall, fpr, f1 } = unavailable.withFallback;
    notes.push(
      `${who}no verdict on ${unavailable.lines} lines, ${unavailable.unsafe} of them unsafe (${reasons.join(', ')}). They count as wrong above. With the policy's fallback (${fallback}) recall would be ${figure(recall.value)}, FPR ${figure(fpr.value)}, F1 ${figure(f1.value)}.`,
    );
  }
  if (concurrency > 1)
    notes.push(
      `${who}${concurrency} lines were in work at once; a line's time includes waiting for the others.`,
    );
  return notes;
}

function comparisonTable({ comparisons }: EvalReport): Table {
  return {
    title: `Compared with ${comparisons[0]?.first ?? ''}, on the same lines`,
    header: ['', 'F1 difference', 'verdicts differ', 'only it is right', 'only the other is right'],
    rows: comparisons.map((one) => [
      one.second,
      estimate(one.f1Difference, signed),
      `${one.disagreements} of ${one.lines}`,
      String(one.onlySecondRight),
      String(one.onlyFirstRight),
    ]),
    notes: ['An interval of the F1 difference that holds 0 shows no difference.'],
  };
}

function roleTable({ roles }: GuardResult, prefix: string): Table {
  return {
    title: `${prefix}by role`,
    header: ['', 'lines', 'unsafe', 'precision', 'recall', 'F1', 'AUPRC', 'FPR'],
    rows: roles.map((role) => [
      role.role,
      String(role.lines),
      String(role.unsafe),
      ...[role.precision, role.recall, role.f1, role.auprc, role.fpr].map((value) => estimate(value)),
    ]),
    notes: [],
  };
}

function categoryTable({ categories, naming }: GuardResult, prefix: string, taxonomy: Taxonomy): Table {
  const names = new Map(taxonomy.categories.map(({ id, name }) => [id, name]));
  return {
    title: `${prefix}by category of the label`,
    header: ['', 'unsafe lines', 'recall', 'named when found', 'named rightly'],
    rows: categories.map((one) => [
      `${one.id} ${names.get(one.id) ?? ''}`.trimEnd(),
      String(one.lines),
      estimate(one.recall),
      estimate(one.named),
      one.timesNamed === 0 ? '-' : `${estimate(one.namedRightly)} of ${one.timesNamed}`,
    ]),
    notes: [
      `Of ${naming.lines} lines with a category that were found, ${estimate(naming.any)} were given one of their categories, ${estimate(naming.exact)} exactly theirs.`,
    ],
  };
}

function sourceTable({ sources }: GuardResult, prefix: string): Table {
  return {
    title: `${prefix}by source`,
    header: ['', 'lines', 'unsafe', 'recall', 'FPR', 'no verdict'],
    rows: sources.map((one) => [
      one.source ?? '(none)',
      String(one.lines),
      String(one.unsafe),
      estimate(one.recall),
      estimate(one.fpr),
      String(one.unavailable),
    ]),
    notes: [],
  };
}

/** `0.912 [0.893, 0.930]`. */
export function estimate(
  { value, low, high }: Estimate = { value: undefined, low: undefined, high: undefined },
  show: (value: number | undefined) => string = figure,
): string {
  if (value === undefined) return '-';
  return low === undefined || high === undefined
    ? show(value)
    : `${show(value)} [${show(low)}, ${show(high)}]`;
}

function figure(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(3);
}

function signed(value: number | undefined): string {
  return value !== undefined && value > 0 ? `+${figure(value)}` : figure(value);
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** 0.01 -> `1%`. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
