/** An evaluation as data: what --json prints and report.json holds. docs/evaluation.md names every field. */
import {
  compareLines,
  measureLines,
  type Comparison,
  type MeasureOptions,
  type Measures,
} from '../../evaluation/index.js';
import type { Policy } from '../../policy/policy.js';
import { packageVersion } from '../package-version.js';
import type { Dataset } from './dataset.js';
import type { GuardRun } from './judge-dataset.js';

export interface GuardResult extends Measures {
  readonly guard: string;
  readonly judge: string;
  readonly fingerprint: string;
  readonly taxonomy: string;
  readonly complete: boolean;
  readonly tokens: GuardRun['tokens'];
  readonly decidedBy: GuardRun['decidedBy'];
}

export interface EvalReport {
  readonly format: 'portcullis-eval';
  readonly version: 1;
  /** Of Portcullis. */
  readonly portcullis: string;
  /** ISO 8601. */
  readonly created: string;
  readonly dataset: {
    readonly name: string;
    readonly sha256: string;
    /** Lines in the file, and how many of them were to be judged. */
    readonly total: number;
    readonly lines: number;
    readonly taxonomy: string;
  };
  readonly policy: {
    readonly id: string;
    readonly taxonomy: string;
    /** One threshold for everything; undefined: the policy's own. */
    readonly threshold: number | undefined;
    readonly fallback: MeasureOptions['fallback'];
  };
  readonly resamples: number;
  readonly confidence: number;
  readonly seed: number;
  readonly concurrency: number;
  readonly guards: readonly GuardResult[];
  /** Each later guard against the first. */
  readonly comparisons: readonly ({ readonly first: string; readonly second: string } & Comparison)[];
}

export interface ReportOptions {
  readonly dataset: Dataset;
  readonly labelTaxonomy: string;
  readonly policy: Policy;
  readonly threshold: number | undefined;
  readonly fpr: number;
  readonly resamples: number;
  readonly confidence: number;
  readonly seed: number;
  readonly concurrency: number;
}

/** @param runs at least one; those without a single line are left out */
export function makeReport(runs: readonly GuardRun[], options: ReportOptions): EvalReport {
  const { dataset, policy, resamples, confidence, seed, concurrency } = options;
  const fallback = { User: policy.prompt.unavailable, Agent: policy.reply.unavailable };
  const measuring = { fallback, fpr: options.fpr, resamples, confidence, seed };
  const judged = runs.filter(({ lines }) => lines.length > 0);
  const [first, ...others] = judged;
  return {
    format: 'portcullis-eval',
    version: 1,
    portcullis: packageVersion(),
    created: new Date().toISOString(),
    dataset: {
      name: dataset.name,
      sha256: dataset.sha256,
      total: dataset.total,
      lines: dataset.lines,
      taxonomy: options.labelTaxonomy,
    },
    policy: { id: policy.id, taxonomy: policy.taxonomy, threshold: options.threshold, fallback },
    resamples,
    confidence,
    seed,
    concurrency,
    guards: judged.map((run) => ({
      guard: run.spec,
      judge: run.judge,
      fingerprint: run.fingerprint,
      taxonomy: run.taxonomy,
      complete: run.complete,
      ...measureLines(run.lines, measuring),
      tokens: run.tokens,
      decidedBy: run.decidedBy,
    })),
    comparisons:
      first === undefined
        ? []
        : others.map((other) => ({
            first: first.spec,
            second: other.spec,
            ...compareLines(first.lines, other.lines, measuring),
          })),
  };
}

/** What is not determined is null. */
export function reportJson(report: object): string {
  return JSON.stringify(report, (_, value: unknown) => value ?? null, 2) + '\n';
}
