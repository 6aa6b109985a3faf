/** The metrics themselves: names, labels, buckets. docs/metrics.md explains each one. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** 1 ms to 60 s: from a cached verdict of the embedded guard to an 8B model on a busy CPU. */
const ASSESSMENT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** 0.5 ms to 30 s: what Portcullis adds to a request. */
const OVERHEAD_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** 5 ms to 5 min: a model's own time, loading it included. */
const UPSTREAM_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** How the guard's own processes are doing, at the moment of a scrape. */
export interface GuardProcesses {
  readonly ready: number;
  /** Since the start. */
  readonly restarts: number;
}

/**
 * Makes the metrics in one registry.
 * @param queueDepth read at each scrape
 * @param processes read at each scrape
 */
export function createMetricSet(
  registry: Registry,
  queueDepth: () => number,
  processes: () => GuardProcesses,
) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'portcullis_requests_total',
      help: 'Requests that ended, by route and by the heaviest action taken (or error).',
      labelNames: ['route', 'decision'],
      registers,
    }),
    assessments: new Counter({
      name: 'portcullis_assessments_total',
      help: 'Answers of the guard, cached and shared ones included. A streamed reply takes several.',
      labelNames: ['judge', 'direction', 'verdict'],
      registers,
    }),
    categories: new Counter({
      name: 'portcullis_category_total',
      help: 'Hazard categories over their threshold, once for each request, direction and action.',
      labelNames: ['category', 'direction', 'action'],
      registers,
    }),
    findings: new Counter({
      name: 'portcullis_code_findings_total',
      help: 'Distinct Code Shield findings in each request.',
      labelNames: ['language', 'cwe', 'severity'],
      registers,
    }),
    assessmentSeconds: new Histogram({
      name: 'portcullis_assessment_seconds',
      help: 'Time the guard took for one answer; cached and shared answers are left out.',
      labelNames: ['judge', 'direction'],
      buckets: ASSESSMENT_SECONDS,
      registers,
    }),
    overheadSeconds: new Histogram({
      name: 'portcullis_overhead_seconds',
      help: 'Time of a request without the time in which only the upstream was being waited for.',
      labelNames: ['route'],
      buckets: OVERHEAD_SECONDS,
      registers,
    }),
    firstByteSeconds: new Histogram({
      name: 'portcullis_time_to_first_byte_seconds',
      help: "From a request's arrival to the first byte of the body that went to the client.",
      labelNames: ['route'],
      buckets: UPSTREAM_SECONDS,
      registers,
    }),
    queueDepth: new Gauge({
      name: 'portcullis_guard_queue_depth',
      help: 'Assessments waiting or running, over all judges.',
      registers,
      collect() {
        this.set(queueDepth());
      },
    }),
    guardProcesses: new Gauge({
      name: 'portcullis_guard_processes',
      help: 'Model processes that are ready, over all judges.',
      registers,
      collect() {
        this.set(processes().ready);
      },
    }),
    guardRestarts: new Counter({
      name: 'portcullis_guard_restarts_total',
      help: 'Times that a model process ended unexpectedly and was started again.',
      registers,
      collect() {
        this.reset();
        this.inc(processes().restarts);
      },
    }),
    guardTokens: new Counter({
      name: 'portcullis_guard_tokens_total',
      help: "Tokens of the guard's input: evaluated, or found in its cache.",
      labelNames: ['kind'],
      registers,
    }),
    cacheResults: new Counter({
      name: 'portcullis_cache_total',
      help: 'Questions to the guard: answered from the cache (hit), by the same check of another request (shared), or by a check of their own (miss).',
      labelNames: ['result'],
      registers,
    }),
    cascade: new Counter({
      name: 'portcullis_cascade_total',
      help: 'Checks by a quick and a thorough guard, by the one that decided.',
      labelNames: ['direction', 'decided_by'],
      registers,
    }),
    streamChars: new Counter({
      name: 'portcullis_stream_chars_total',
      help: 'Reply text through the gate, in UTF-16 units: received >= judged >= released, always; unheld is text that stream mode monitor let pass at once.',
      labelNames: ['state'],
      registers,
    }),
    gateViolations: new Counter({
      name: 'portcullis_gate_violations_total',
      help: 'Streams that were destroyed because text was about to leave before its verdict. Stays at 0.',
      registers,
    }),
    turnsReplaced: new Counter({
      name: 'portcullis_turns_replaced_total',
      help: 'Earlier turns of chats that were refused before and went upstream as a note instead of their text.',
      registers,
    }),
    charactersStripped: new Counter({
      name: 'portcullis_characters_stripped_total',
      help: 'Invisible characters that were taken out of prompts.',
      registers,
    }),
    abandoned: new Counter({
      name: 'portcullis_upstream_abandoned_total',
      help: 'Calls of the upstream whose answer was given up before its end, by the reason.',
      labelNames: ['upstream', 'reason'],
      registers,
    }),
    abandonedBytes: new Counter({
      name: 'portcullis_upstream_abandoned_bytes_total',
      help: 'Bytes of given up answers that had been read.',
      labelNames: ['upstream', 'reason'],
      registers,
    }),
    abandonedSeconds: new Counter({
      name: 'portcullis_upstream_abandoned_seconds_total',
      help: 'Time that the upstream worked on answers that were given up.',
      labelNames: ['upstream', 'reason'],
      registers,
    }),
    unavailable: new Counter({
      name: 'portcullis_unavailable_total',
      help: 'Answers that a judge (or the code scanner, as code-shield) could not give.',
      labelNames: ['judge', 'reason'],
      registers,
    }),
    upstreamSeconds: new Histogram({
      name: 'portcullis_upstream_seconds',
      help: "Until the upstream's response headers; code is the HTTP status or an error code.",
      labelNames: ['upstream', 'code'],
      buckets: UPSTREAM_SECONDS,
      registers,
    }),
  } as const;
}

export type MetricSet = ReturnType<typeof createMetricSet>;
