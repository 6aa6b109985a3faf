/** The ways in which the results of a scan are written. */
import type { ScannedFile } from '../scan-file.js';
import { createJsonReport } from './scan-json.js';
import { createSarifReport } from './scan-sarif.js';
import { createTextReport } from './scan-text.js';

export const FORMATS = ['text', 'json', 'sarif'] as const;
export type ScanFormat = (typeof FORMATS)[number];

/** Takes one file after the other and gives what is to be written then, and at the end. */
export interface ScanReport {
  add(file: ScannedFile): string;
  end(): string;
}

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
