/** Counts what a test run came to. */

/**
 * Tests that passed, and everything that failed: tests, test files that could not be run, and checks
 * beside vitest. A vitest that failed without naming a test or file counts as one failure.
 *
 * @param report the parsed output of vitest's JSON reporter; undefined when there is none
 * @param stages `{ name, ok }` of each stage that ran
 */
export function countTests(report, stages) {
  const files = report?.testResults ?? [];
  const statuses = files.flatMap((file) => file.assertionResults.map((test) => test.status));
  const passed = statuses.filter((status) => status === 'passed').length;
  const failedTests = statuses.filter((status) => status === 'failed').length;
  const failedFiles = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failedStages = stages.filter(({ name, ok }) => !ok && name !== 'vitest').length;
  const vitestFailed = stages.some(({ name, ok }) => !ok && name === 'vitest');
  const unnamed = vitestFailed && failedTests + failedFiles === 0 ? 1 : 0;
  return { passed, failed: failedTests + failedFiles + failedStages + unnamed };
}
