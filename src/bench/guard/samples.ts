/** What the rounds of a benchmark measured, by name. */
import { spread, type Spread } from '../statistics.js';

export interface Sample {
  /** Milliseconds, or what the name says. */
  readonly value: number;
  readonly evaluated?: number | undefined;
  readonly cached?: number | undefined;
}

export interface Samples {
  add(name: string, sample: Sample): void;
  has(name: string): boolean;
  /** In the order of the rounds. */
  of(name: string): readonly Sample[];
  values(name: string): Spread;
  /** Medians; undefined where no tokens were counted. */
  tokens(name: string): { readonly evaluated: number; readonly cached: number } | undefined;
  /** Each round by itself: what slows the machine down for a while slows down both sides. */
  ratio(above: string, below: string): Spread;
  /** The same of the evaluated tokens. */
  tokenRatio(above: string, below: string): Spread;
}

export function createSamples(): Samples {
  const all = new Map<string, Sample[]>();
  const of = (name: string): readonly Sample[] => all.get(name) ?? [];
  const ratioOf = (above: string, below: string, read: (sample: Sample) => number): Spread => {
    const lower = of(below);
    return spread(
      of(above).flatMap((sample, round) => {
        const other = lower[round];
        return other === undefined ? [] : [read(sample) / read(other)];
      }),
    );
  };
  return {
    add(name, sample) {
      all.set(name, [...of(name), sample]);
    },
    has: (name) => all.has(name),
    of,
    values: (name) => spread(of(name).map(({ value }) => value)),
    tokens(name) {
      const counted = of(name).filter(({ evaluated }) => evaluated !== undefined);
      if (counted.length === 0) return undefined;
      return {
        evaluated: spread(counted.map(({ evaluated = 0 }) => evaluated)).median,
        cached: spread(counted.map(({ cached = 0 }) => cached)).median,
      };
    },
    ratio: (above, below) => ratioOf(above, below, ({ value }) => value),
    tokenRatio: (above, below) => ratioOf(above, below, ({ evaluated = NaN }) => evaluated),
  };
}
