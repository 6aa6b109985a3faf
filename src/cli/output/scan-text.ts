/** Findings as compilers write errors: `file:line:column: …`, so that editors can follow them. */
import type { TreatedFinding } from '../../core/decision.js';
import type { ScanReport } from './scan-report.js';

const NAMES: Record<string, string> = { '-': 'standard input' };

export function createTextReport(): ScanReport {
  const counts = { files: 0, findings: 0, block: 0, warn: 0, ignore: 0, unscanned: 0 };
  return {
    add({ path, scanned, fault }) {
      const name = NAMES[path] ?? path;
      counts.files += 1;
      if (scanned === undefined || scanned.unavailable !== undefined) {
        counts.unscanned += 1;
        const why =
          scanned?.unavailable === undefined
            ? (fault ?? '')
            : `${scanned.unavailable.reason}: ${scanned.unavailable.detail}`;
        return `${name}: NOT SCANNED: ${why}\n`;
      }
      for (const { treatment } of scanned.findings) {
        counts.findings += 1;
        counts[treatment] += 1;
      }
      return (
        scanned.findings.map((found) => line(name, found)).join('') + languageNote(name, scanned.language)
      );
    },
    end() {
      const files = counts.files === 1 ? '1 file' : `${counts.files} files`;
      const missing = counts.unscanned === 0 ? '' : ` ${counts.unscanned} could not be scanned.`;
      if (counts.findings === 0) return `Nothing found in ${files}.${missing}\n`;
      const kinds = (['block', 'warn', 'ignore'] as const)
        .filter((kind) => counts[kind] > 0)
        .map((kind) => `${counts[kind]} ${kind}`);
      const findings = counts.findings === 1 ? '1 finding' : `${counts.findings} findings`;
      return `${findings} in ${files}: ${kinds.join(', ')}.${missing}\n`;
    },
  };
}

function line(name: string, { finding, treatment }: TreatedFinding): string {
  const { startLine, startColumn, severity, cwe, rule, message } = finding;
  return `${name}:${startLine}:${startColumn}: ${severity}: ${message} [${cwe} ${rule}, ${treatment}]\n`;
}

function languageNote(name: string, language: string): string {
  if (language === 'none') return `${name}: there is no code in it\n`;
  if (language === 'unknown')
    return `${name}: the language was not recognised, so only the rules for every language were applied; --language names it\n`;
  return '';
}
