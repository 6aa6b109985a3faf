/** Listeners on the engine's events. Nothing but the composition root calls them. */
export { createMetrics, CODE_SCANNER, type Metrics, type MetricsOptions } from './metrics.js';
export type { CountRow, LatencySummary, MetricsSnapshot } from './snapshot.js';
export { createLog, LOG_LEVELS, type Log, type LogLevel, type LogOptions } from './log.js';
export { logSink } from './log-sink.js';
export { createRecent, type Recent, type RecentDecision, type RecentOptions } from './recent.js';
export type { TalliedCategory } from './request-tally.js';
