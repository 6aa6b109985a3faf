/** What the scanner and its worker threads say to each other. */
import type { UnavailableReason } from '../../../core/assessment.js';
import type { ScannedCode } from '../scan/scan-code.js';

export interface WorkerSettings {
  readonly rulesDir: string;
}

export interface ScanJob {
  readonly id: number;
  readonly code: string;
  readonly language: string | undefined;
  readonly timeoutMs: number;
  /** More of the code will come: see `scanGrowing`. */
  readonly growing: boolean;
}

export type WorkerMessage =
  | { readonly type: 'ready' }
  /** The rules cannot be used; `message` names file, line and rule. */
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'result'; readonly id: number; readonly result: ScannedCode }
  | {
      readonly type: 'unavailable';
      readonly id: number;
      readonly reason: UnavailableReason;
      readonly detail: string;
    };
