/** One JSON array with an object a file: the lines of `scan --jsonl`, with the file's name. */
import type { ScanReport } from './scan-report.js';

export function createJsonReport(): ScanReport {
  let first = true;
  return {
    add({ path, scanned, fault }) {
      const entry =
        scanned === undefined
          ? {
              file: path,
              language: 'unknown',
              treatment: 'block',
              findings: [],
              reason: 'invalid_input',
              error: fault,
              ms: 0,
            }
          : {
              file: path,
              language: scanned.language,
              treatment: scanned.treatment,
              findings: scanned.findings.map(({ finding, treatment }) => ({ ...finding, treatment })),
              ...(scanned.unavailable === undefined ? {} : { reason: scanned.unavailable.reason }),
              ms: scanned.ms,
            };
      const lead = first ? '[\n' : ',\n';
      first = false;
      return lead + JSON.stringify(entry, undefined, 2).replaceAll(/^/gm, '  ');
    },
    end: () => (first ? '[]\n' : '\n]\n'),
  };
}
