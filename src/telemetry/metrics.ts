/** Counts the events for Prometheus (`/metrics`) and for the dashboard. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { CodeAssessment, Direction, UnavailableReason, Verdict } from '../core/assessment.js';
import type { Decision } from '../core/decision.js';
import type { EventSink, GuardEvent } from '../core/events.js';
import { boundedLabel, fixedLabel, originLabel } from './label-values.js';
import { createMetricSet, type GuardProcesses, type MetricSet } from './metric-set.js';
import { createPerRequest } from './per-request.js';
import { takeSnapshot, type MetricsSnapshot } from './snapshot.js';

/** What the code scanner is called in `portcullis_unavailable_total`. */
export const CODE_SCANNER = 'code-shield';

const DIRECTIONS: readonly Direction[] = ['prompt', 'reply'];
const VERDICTS: readonly Verdict['verdict'][] = ['safe', 'unsafe', 'unavailable'];
const CACHE_RESULTS = ['hit', 'miss', 'shared'] as const;
const CHAR_STATES = ['received', 'judged', 'released', 'unheld'] as const;
const OUTCOMES = ['allow', 'annotate', 'redact', 'block', 'error'] as const;
const REASONS: readonly UnavailableReason[] = [
  'not_ready',
  'timeout',
  'overloaded',
  'guard_restarted',
  'load_failed',
  'off_format',
  'context_overflow',
  'aborted',
  'internal',
];

/** A request with more distinct hits than this is counted without telling repeats apart. */
const MAX_REMEMBERED = 1000;

export interface MetricsOptions {
  /** The routes the server has, as its events name them. Any other is counted as `other`. */
  readonly routes: readonly string[];
  /** Judges in use: their series then exist, at 0, before the first request. */
  readonly judges?: readonly string[];
  /** One depth for each judge, read at each scrape. */
  readonly queueDepths?: () => readonly number[];
  /** Of each judge that has processes of its own, read at each scrape. */
  readonly guardProcesses?: () => readonly GuardProcesses[];
  /** Also export `process_*` and `nodejs_*`. Default true; a host application may have its own. */
  readonly processMetrics?: boolean;
}

export interface Metrics {
  readonly sink: EventSink;
  /** The exposition text for a scrape. */
  text(): Promise<string>;
  /** The Content-Type that belongs to `text()`. */
  readonly contentType: string;
  snapshot(): Promise<MetricsSnapshot>;
}

/** Each instance has a registry of its own: nothing is shared between two guards in one process. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const queueDepth = () => (options.queueDepths?.() ?? []).reduce((sum, depth) => sum + depth, 0);
  const processes = (): GuardProcesses => {
    const all = options.guardProcesses?.() ?? [];
    return {
      ready: all.reduce((sum, one) => sum + one.ready, 0),
      restarts: all.reduce((sum, one) => sum + one.restarts, 0),
    };
  };
  const metrics = createMetricSet(registry, queueDepth, processes);
  if (options.processMetrics !== false) collectDefaultMetrics({ register: registry });

  const routeLabel = fixedLabel(options.routes);
  for (const route of options.routes) {
    for (const decision of OUTCOMES) metrics.requests.inc({ route, decision }, 0);
  }
  for (const state of CHAR_STATES) metrics.streamChars.inc({ state }, 0);
  for (const kind of ['evaluated', 'cached']) metrics.guardTokens.inc({ kind }, 0);
  for (const result of CACHE_RESULTS) metrics.cacheResults.inc({ result }, 0);
  for (const reason of REASONS) metrics.unavailable.inc({ judge: CODE_SCANNER, reason }, 0);

  const judgeLabel = createJudgeLabel(metrics);
  for (const judge of options.judges ?? []) judgeLabel(judge);
  const upstreamLabel = originLabel(16);
  const countHits = createHitCounter(metrics);

  const sink = (event: GuardEvent): void => {
    switch (event.type) {
      case 'verdict':
        countVerdict(metrics, event, judgeLabel(event.verdict.judge));
        return;
      case 'code-scanned':
        if (event.code.status === 'unavailable') {
          metrics.unavailable.inc({ judge: CODE_SCANNER, reason: event.code.reason });
        } else countHits.findings(event.requestId, event.code);
        return;
      case 'decision':
        countHits.categories(event.requestId, event.decision);
        return;
      case 'stream-chars':
        for (const state of CHAR_STATES)
          if (event[state] !== 0) metrics.streamChars.inc({ state }, event[state]);
        return;
      case 'gate-violated':
        metrics.gateViolations.inc();
        return;
      case 'turns-replaced':
        metrics.turnsReplaced.inc(event.count);
        return;
      case 'characters-stripped':
        metrics.charactersStripped.inc(event.count);
        return;
      case 'upstream-abandoned': {
        const labels = { upstream: upstreamLabel(event.upstream), reason: event.reason };
        metrics.abandoned.inc(labels);
        metrics.abandonedBytes.inc(labels, event.bytes);
        metrics.abandonedSeconds.inc(labels, event.ms / 1000);
        return;
      }
      case 'upstream':
        metrics.upstreamSeconds.observe(
          { upstream: upstreamLabel(event.upstream), code: event.code },
          event.ms / 1000,
        );
        return;
      case 'first-byte':
        metrics.firstByteSeconds.observe({ route: routeLabel(event.route) }, event.ms / 1000);
        return;
      case 'request': {
        const route = routeLabel(event.route);
        metrics.requests.inc({ route, decision: event.outcome });
        metrics.overheadSeconds.observe({ route }, event.overheadMs / 1000);
        countHits.forget(event.requestId);
        return;
      }
    }
  };

  return {
    sink,
    text: () => registry.metrics(),
    contentType: registry.contentType,
    snapshot: () => takeSnapshot(metrics, queueDepth()),
  };
}

/** Bounds the judge label and, on a judge's first sight, makes its series at 0 so that rates see the first event. */
function createJudgeLabel(metrics: MetricSet): (judge: string) => string {
  const bounded = boundedLabel(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 16);
  const made = new Set<string>();
  return (value) => {
    const judge = bounded(value);
    if (!made.has(judge)) {
      made.add(judge);
      for (const direction of DIRECTIONS) {
        for (const verdict of VERDICTS) metrics.assessments.inc({ judge, direction, verdict }, 0);
      }
      for (const reason of REASONS) metrics.unavailable.inc({ judge, reason }, 0);
    }
    return judge;
  };
}

function countVerdict(
  metrics: MetricSet,
  event: Extract<GuardEvent, { type: 'verdict' }>,
  judge: string,
): void {
  const { verdict, direction, cached, shared } = event;
  metrics.assessments.inc({ judge, direction, verdict: verdict.verdict });
  if (verdict.verdict === 'unavailable') metrics.unavailable.inc({ judge, reason: verdict.reason });
  const result = cached ? 'hit' : shared ? 'shared' : 'miss';
  metrics.cacheResults.inc({ result });
  // Such a verdict still carries what it cost when it was new; counting that again would be a lie.
  if (result !== 'miss') return;
  countCascade(metrics, direction, verdict);
  metrics.assessmentSeconds.observe({ judge, direction }, verdict.cost.ms / 1000);
  metrics.guardTokens.inc({ kind: 'evaluated' }, verdict.cost.tokensEvaluated);
  metrics.guardTokens.inc({ kind: 'cached' }, verdict.cost.tokensCached);
}

/** The series are there from the first answer of a cascade on; without one there are none. */
function countCascade(metrics: MetricSet, direction: Direction, verdict: Verdict): void {
  if (verdict.verdict === 'unavailable' || verdict.decidedBy === undefined) return;
  for (const decided_by of ['quick', 'thorough'] as const)
    metrics.cascade.inc({ direction, decided_by }, decided_by === verdict.decidedBy ? 1 : 0);
}

/**
 * A reply is decided on window by window, and a block of code may be scanned again when more text has
 * come: without remembering what a request already showed, one hit would be counted many times.
 */
function createHitCounter(metrics: MetricSet) {
  const requests = createPerRequest(() => new Set<string>());
  const categoryLabel = boundedLabel(/^[A-Za-z][A-Za-z0-9_.-]{0,31}$/, 64);
  const languageLabel = boundedLabel(/^[a-z][a-z0-9+#_.-]{0,31}$/, 64);
  const cweLabel = boundedLabel(/^CWE-\d{1,5}$/, 200);

  const firstSight = (requestId: string, parts: readonly (string | number)[]): boolean => {
    const seen = requests.get(requestId);
    const key = JSON.stringify(parts);
    if (seen.has(key)) return false;
    if (seen.size < MAX_REMEMBERED) seen.add(key);
    return true;
  };

  return {
    categories(requestId: string, { direction, categories }: Decision): void {
      for (const { id, action } of categories) {
        if (!firstSight(requestId, ['category', direction, id, action])) continue;
        metrics.categories.inc({ category: categoryLabel(id), direction, action });
      }
    },
    findings(requestId: string, code: Extract<CodeAssessment, { status: 'scanned' }>): void {
      for (const { start, findings } of code.blocks) {
        for (const { rule, cwe, severity, language, startLine, startColumn } of findings) {
          if (!firstSight(requestId, ['finding', start, language, rule, startLine, startColumn])) continue;
          metrics.findings.inc({ language: languageLabel(language), cwe: cweLabel(cwe), severity });
        }
      }
    },
    forget(requestId: string): void {
      requests.take(requestId);
    },
  };
}
