/** What was measured, as tables and as JSON. */
import { formatSpread, formatTable, spread, type Spread } from '../statistics.js';
import type { Arm, Cell, Measured } from './measure.js';

/** One cell of the comparison: the arms' results in the order of the arms, one for each round. */
export interface Comparison {
  readonly cell: Cell;
  readonly arms: readonly Arm[];
  readonly results: readonly (readonly Measured[])[];
}

type Value = (result: Measured) => number;

/** A ratio that Portcullis sets itself as a target, in one cell. */
export interface Target {
  readonly what: string;
  readonly cell: string;
  readonly measured: Spread;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly met: boolean;
}

export function cellName({ mode, connections }: Cell): string {
  return `${mode}, ${connections}`;
}

/** Round by round, what `value` of one arm is of the same of another. */
function quotients(comparison: Comparison, arm: string, base: string, value: Value): Spread | undefined {
  const of = (name: string): readonly Measured[] | undefined =>
    comparison.results[comparison.arms.findIndex((each) => each.name === name)];
  const [above, below] = [of(arm), of(base)];
  if (above === undefined || below === undefined) return undefined;
  return spread(
    above.map((result, round) => {
      const other = below[round];
      return other === undefined ? NaN : value(result) / value(other);
    }),
  );
}

function differences(comparison: Comparison, arm: string, base: string, value: Value): Spread | undefined {
  const of = (name: string): readonly Measured[] | undefined =>
    comparison.results[comparison.arms.findIndex((each) => each.name === name)];
  const [above, below] = [of(arm), of(base)];
  if (above === undefined || below === undefined) return undefined;
  return spread(above.map((result, round) => value(result) - (below[round] ? value(below[round]) : NaN)));
}

const PER_SECOND: Value = (result) => result.perSecond;
const FIRST_TEXT: Value = (result) => result.firstText.p50;

/** @param bases name of an arm -> the least share of its requests per second that `judges off` should reach */
export function throughputTargets(
  comparisons: readonly Comparison[],
  bases: Readonly<Record<string, number | undefined>>,
): { readonly ratios: string[][]; readonly targets: Target[] } {
  const targets: Target[] = [];
  const ratios = comparisons.map((comparison) => {
    const cell = cellName(comparison.cell);
    const columns = Object.entries(bases).map(([base, atLeast]) => {
      const measured = quotients(comparison, 'judges off', base, PER_SECOND);
      if (measured === undefined) return '';
      if (atLeast !== undefined)
        targets.push({
          what: `judges off over ${base}, requests/s`,
          cell,
          measured,
          atLeast,
          met: measured.median >= atLeast,
        });
      return formatSpread(measured, 2);
    });
    return [cell, ...columns];
  });
  return { ratios, targets };
}

/** What the guard adds to the first of the model's words, against the same upstream called directly. */
export function firstTextTargets(
  comparisons: readonly Comparison[],
  arms: readonly string[],
  atMost: number,
): Target[] {
  return comparisons.flatMap((comparison) =>
    arms.flatMap((arm) => {
      const measured = differences(comparison, arm, 'direct', FIRST_TEXT);
      if (measured === undefined) return [];
      const what = `${arm}: added time to the first text, ms`;
      return [{ what, cell: cellName(comparison.cell), measured, atMost, met: measured.median < atMost }];
    }),
  );
}

export function targetTable(targets: readonly Target[]): string {
  return formatTable(
    ['target', 'replies, connections', 'measured', 'wanted', ''],
    targets.map(({ what, cell, measured, atLeast, atMost, met }) => [
      what,
      cell,
      formatSpread(measured, 2),
      atLeast === undefined ? `less than ${atMost ?? NaN}` : `at least ${atLeast}`,
      met ? 'met' : 'missed',
    ]),
  );
}

/** Every arm of every cell: requests per second, milliseconds, processor time. */
export function absoluteTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.flatMap(({ cell, arms, results }) =>
    arms.map((arm, place) => {
      const own = results[place] ?? [];
      const over = (value: Value, digits: number): string => formatSpread(spread(own.map(value)), digits);
      return [
        `${cellName(cell)}: ${arm.name}`,
        over(PER_SECOND, 0),
        over((r) => r.firstByte.p50, 2),
        over(FIRST_TEXT, 2),
        over((r) => r.whole.p50, 2),
        over((r) => r.whole.p99, 2),
        over((r) => r.cpu, 2),
        over((r) => r.clientShare, 2),
      ];
    }),
  );
  const times = ['first byte p50', 'first text p50', 'whole p50', 'whole p99'].map((name) => `${name} ms`);
  return formatTable(
    ['replies, connections', 'requests/s', ...times, 'its CPU ms a request', 'client, cores'],
    rows,
  );
}
