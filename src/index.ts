/** What `import … from 'portcullis'` gives. Everything else may change without notice. */
export { createGuard } from './server/create-guard.js';
export type { CallOptions, Guard, GuardOptions, ScanCallOptions } from './server/create-guard.js';
export type { ChatMessage, GuardAssessment } from './server/assess-messages.js';
export type { ExpressOptions, FormatName, GuardMiddleware } from './server/middleware/index.js';
export type { ScannedSource } from './server/guard-api/index.js';
export { GuardError } from './core/errors.js';
export type { ErrorCode } from './core/errors.js';
export type {
  CategoryScore,
  Direction,
  Finding,
  Severity,
  Treatment,
  UnavailableReason,
  Verdict,
} from './core/assessment.js';
export type { Action, CategoryHit, DecisionReason, TreatedFinding } from './core/decision.js';
