/** Lets one guard judge a data set. */
import { speakingIn } from '../../classifiers/guard/cascade/index.js';
import type { GuardEvent } from '../../core/events.js';
import { createEngine } from '../../engine/engine.js';
import { createVerdictCache } from '../../engine/verdict-cache.js';
import { createScoredLines, type ScoredLines } from '../../evaluation/index.js';
import type { Policy } from '../../policy/policy.js';
import type { Portcullis } from '../../server/compose.js';
import { judgeLast, type Judgement } from '../../server/guard-api/judge-messages.js';
import { mapInOrder } from '../input/in-order.js';
import { createProgress } from '../output/progress.js';
import type { Dataset, LabelledLine } from './dataset.js';

export interface GuardRun {
  /** The guard as it was asked for, credentials hidden. */
  readonly spec: string;
  /** `Judge.id`, `Judge.taxonomy` and `Judge.fingerprint`. */
  readonly judge: string;
  readonly taxonomy: string;
  readonly fingerprint: string;
  readonly lines: ScoredLines;
  readonly tokens: { readonly evaluated: number; readonly cached: number };
  /** Of a cascade: lines that each of its judges decided. */
  readonly decidedBy: { readonly quick: number; readonly thorough: number } | undefined;
  /** False when it was stopped before the last line. */
  readonly complete: boolean;
}

/** One line of scores.jsonl: no text. */
export interface ScoreRecord {
  readonly guard: string;
  /** 1-based, blank lines not counted. */
  readonly line: number;
  readonly id?: string | number;
  readonly label: 'safe' | 'unsafe';
  readonly verdict: 'safe' | 'unsafe' | 'unavailable';
  readonly score: number | null;
  readonly categories: readonly string[];
  readonly reason?: string;
  readonly decidedBy?: string;
  readonly ms: number;
}

export interface JudgeDatasetOptions {
  readonly spec: string;
  readonly dataset: Dataset;
  readonly policy: Policy;
  /** Lines in work at once. With more than one, a line's time includes waiting for the others. */
  readonly concurrency: number;
  /** Aborted: stop where it is. */
  readonly signal: AbortSignal;
  /** Told of every line, in order. */
  readonly onLine?: ((record: ScoreRecord) => void) | undefined;
  /** Its categories are translated to this taxonomy before the policy sees them; default: its own. */
  readonly inTaxonomy?: string | undefined;
}

interface Judged {
  readonly line: LabelledLine;
  readonly judgement: Judgement;
  readonly ms: number;
}

/** Every line is judged anew: remembered verdicts would take no time. */
export async function judgeDataset(
  portcullis: Portcullis,
  { spec, dataset, policy, concurrency, signal, onLine, inTaxonomy }: JudgeDatasetOptions,
): Promise<GuardRun> {
  const { judge, scanner, taxonomies } = portcullis;
  const tokens = { evaluated: 0, cached: 0 };
  const count = (event: GuardEvent): void => {
    // Of lines with the same text in work at once, one is judged.
    if (event.type !== 'verdict' || event.cached || event.shared) return;
    tokens.evaluated += event.verdict.cost.tokensEvaluated;
    tokens.cached += event.verdict.cost.tokensCached;
  };
  const cache = createVerdictCache({ maxBytes: 0, ttlMs: 1 });
  const asked = inTaxonomy === undefined ? judge : speakingIn(inTaxonomy, judge, taxonomies);
  const engine = createEngine({ judge: asked, scanner, cache, taxonomies, emit: count });
  const parts = { engine, policy, taxonomies, emit: () => undefined };

  const judgeLine = async (line: LabelledLine): Promise<Judged> => {
    const startedAt = performance.now();
    const judgement = await judgeLast(parts, line.messages, {
      requestId: `line-${line.ordinal + 1}`,
      signal,
    });
    return { line, judgement, ms: performance.now() - startedAt };
  };

  const lines = createScoredLines();
  const decidedBy = { quick: 0, thorough: 0 };
  const progress = createProgress({ stream: process.stderr, totalBytes: dataset.bytes });
  try {
    for await (const judged of mapInOrder(dataset.read(), concurrency, judgeLine)) {
      // What was in work when the signal came has no answer for that reason alone.
      if (signal.aborted) break;
      const record = toRecord(spec, judged);
      lines.add(toScored(judged));
      if (record.decidedBy !== undefined) decidedBy[record.decidedBy] += 1;
      onLine?.(record);
      progress.update(lines.length, judged.line.offset);
    }
  } finally {
    progress.stop();
  }
  return {
    spec,
    judge: judge.id,
    taxonomy: judge.taxonomy,
    fingerprint: judge.fingerprint,
    lines,
    tokens,
    decidedBy: decidedBy.quick + decidedBy.thorough > 0 ? decidedBy : undefined,
    complete: lines.length === dataset.lines,
  };
}

function toScored({ line, judgement, ms }: Judged): Parameters<ScoredLines['add']>[0] {
  const missing = judgement.verdict === 'unavailable';
  return {
    role: line.messages.at(-1)?.role ?? 'User',
    label: line.label,
    categories: line.categories,
    source: line.source,
    verdict: judgement.verdict,
    score: missing ? undefined : judgement.scored.score,
    named: judgement.verdict === 'unsafe' ? [...judgement.categories].sort() : [],
    reason: missing ? judgement.reason : undefined,
    ms,
  };
}

function toRecord(
  guard: string,
  { line, judgement, ms }: Judged,
): ScoreRecord & { readonly decidedBy?: 'quick' | 'thorough' } {
  const missing = judgement.verdict === 'unavailable';
  const decidedBy = missing ? undefined : judgement.scored.decidedBy;
  return {
    guard,
    line: line.ordinal + 1,
    ...(line.id === undefined ? {} : { id: line.id }),
    label: line.label,
    verdict: judgement.verdict,
    score: missing ? null : judgement.scored.score,
    categories: missing ? [] : judgement.categories,
    ...(missing ? { reason: judgement.reason } : {}),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    ms: Math.round(ms * 100) / 100,
  };
}
