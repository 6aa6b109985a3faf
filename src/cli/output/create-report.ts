/** The ways in which the results of a scan are written. */
import { createJsonReport } from './scan-json.js';
import { createSarifReport } from './scan-sarif.js';
import { createTextReport } from './scan-text.js';
import type { ScanReport } from './scan-report.js';

export const FORMATS = ['text', 'json', 'sarif'] as const;
export type ScanFormat = (typeof FORMATS)[number];

/** @param policy id of the policy that gave the treatments */
export function createScanReport(format: ScanFormat, policy: string): ScanReport {
  switch (format) {
    case 'text':
      return createTextReport();
    case 'json':
      return createJsonReport();
    case 'sarif':
      return createSarifReport(policy);
  }
}
