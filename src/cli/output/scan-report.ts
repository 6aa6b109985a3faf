import type { ScannedFile } from '../scan-file.js';

/** Takes one file after the other and gives what is to be written then, and at the end. */
export interface ScanReport {
  add(file: ScannedFile): string;
  end(): string;
}
