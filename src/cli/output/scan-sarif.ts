/**
 * SARIF 2.1.0, what code hosts and editors read
 * (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
 */
import { isAbsolute, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Finding, Severity } from '../../core/assessment.js';
import { packageVersion } from '../package-version.js';
import type { ScannedFile } from '../scan-file.js';
import type { ScanReport } from './scan-report.js';

const LEVELS: Record<Severity, 'error' | 'warning' | 'note'> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

/** @param policy id of the policy; what it ignores is reported as suppressed */
export function createSarifReport(policy: string): ScanReport {
  const rules = new Map<string, { readonly index: number; readonly finding: Finding }>();
  const results: object[] = [];
  const troubles: object[] = [];

  function ruleIndex(finding: Finding): number {
    const index = rules.get(finding.rule)?.index ?? rules.size;
    if (index === rules.size) rules.set(finding.rule, { index, finding });
    return index;
  }

  function addResults({ path, scanned, fault }: ScannedFile): void {
    const artifactLocation = { uri: uriOf(path) };
    const why = scanned === undefined ? fault : scanned.unavailable?.detail;
    if (why !== undefined)
      troubles.push({
        level: 'error',
        message: { text: `${path} was not scanned: ${why}` },
        locations: [{ physicalLocation: { artifactLocation } }],
      });
    for (const { finding, treatment } of scanned?.findings ?? []) {
      const { startLine, startColumn, endLine, endColumn, language, cwe } = finding;
      results.push({
        ruleId: finding.rule,
        ruleIndex: ruleIndex(finding),
        level: LEVELS[finding.severity],
        message: { text: finding.message },
        locations: [
          {
            physicalLocation: { artifactLocation, region: { startLine, startColumn, endLine, endColumn } },
          },
        ],
        ...(treatment === 'ignore'
          ? { suppressions: [{ kind: 'external', justification: `The policy ${policy} ignores it.` }] }
          : {}),
        properties: { cwe, language, treatment },
      });
    }
  }

  return {
    add(file) {
      addResults(file);
      return '';
    },
    end: () =>
      JSON.stringify(
        {
          $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
          version: '2.1.0',
          runs: [
            {
              tool: {
                driver: {
                  name: 'Portcullis Code Shield',
                  version: packageVersion(),
                  rules: [...rules.values()].map(({ finding }) => describeRule(finding)),
                },
              },
              invocations: [
                {
                  executionSuccessful: troubles.length === 0,
                  ...(troubles.length === 0 ? {} : { toolExecutionNotifications: troubles }),
                },
              ],
              columnKind: 'utf16CodeUnits',
              results,
            },
          ],
        },
        undefined,
        2,
      ) + '\n',
  };
}

function describeRule({ rule, cwe, severity, message }: Finding): object {
  const number = /^CWE-(\d+)$/.exec(cwe)?.[1];
  return {
    id: rule,
    shortDescription: { text: message },
    defaultConfiguration: { level: LEVELS[severity] },
    ...(number === undefined ? {} : { helpUri: `https://cwe.mitre.org/data/definitions/${number}.html` }),
    properties: { tags: ['security', `external/cwe/${cwe.toLowerCase()}`] },
  };
}

/** Relative to the working directory where that is possible: what code hosts expect. */
function uriOf(path: string): string {
  if (path === '-') return 'stdin';
  const inside = isAbsolute(path) ? relative(process.cwd(), path) : path;
  if (isAbsolute(inside) || inside.startsWith('..')) return pathToFileURL(path).href;
  return inside
    .replace(/^\.[/\\]/, '')
    .split(sep)
    .map(encodeURIComponent)
    .join('/');
}
