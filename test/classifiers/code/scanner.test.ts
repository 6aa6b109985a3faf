/** Code Shield through its seam, with the real worker. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCodeScanner } from '../../../src/classifiers/code/index.js';

const scanner = createCodeScanner();
const options = { timeoutMs: 20_000 };

beforeAll(() => scanner.ready());
afterAll(() => scanner.close());

describe('scanText', () => {
  test('finds a command injection in a fenced block, with its place', async () => {
    const text = 'Run this:\n\n```python\nimport os\nos.system(user_input)\n```\nDone.\n';
    const result = await scanner.scanText(text, options);
    expect(result).toMatchObject({
      status: 'scanned',
      blocks: [
        {
          start: 11,
          end: 57,
          language: 'python',
          findings: [
            {
              rule: 'python-os-system',
              cwe: 'CWE-78',
              severity: 'error',
              startLine: 2,
              startColumn: 1,
              endLine: 2,
              endColumn: 22,
              language: 'python',
            },
          ],
        },
      ],
    });
  });
});
