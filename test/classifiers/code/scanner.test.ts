/** Code Shield through its seam, with the real worker. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CodeAssessment } from '../../../src/core/assessment.js';
import { createCodeScanner, MAX_CODE_LENGTH } from '../../../src/classifiers/code/index.js';

const log: string[] = [];
const scanner = createCodeScanner({ log: (line) => log.push(line) });
const options = { timeoutMs: 20_000 };

beforeAll(() => scanner.ready());
afterAll(() => scanner.close());

/** Per block: language and the rules that found something, with their lines. */
function found(assessment: CodeAssessment): unknown {
  if (assessment.status !== 'scanned') return assessment.reason;
  return assessment.blocks.map(({ language, findings }) => [
    language,
    ...findings.map(({ rule, startLine }) => `${rule}:${startLine}`),
  ]);
}

async function scanText(text: string): Promise<unknown> {
  return found(await scanner.scanText(text, options));
}

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

  test.each([
    ['no code', 'Never call os.system(user_input): it runs a shell. Use a list instead.\n', []],
    ['an unclosed block', 'Here:\n```py\neval(x)', [['python', 'python-eval:1']]],
    ['a clean block', '```py\nprint(1)\n```\n', [['python']]],
    [
      'two blocks',
      '```py\neval(x)\n```\n```js\neval(x)\n```\n',
      [
        ['python', 'python-eval:1'],
        ['javascript', 'javascript-eval:1'],
      ],
    ],
    ['no tag', '```\nimport os\nos.system(cmd)\n```\n', [['python', 'python-os-system:2']]],
    ['a tag that says text', '```text\nimport os\nos.system(cmd)\n```\n', [['python', 'python-os-system:2']]],
    [
      'a step of a list',
      '1. Do:\n\n    ```python\n    import os\n    os.system(cmd)\n    ```\n',
      [['python', 'python-os-system:2']],
    ],
    ['a quote', '> ```python\n> import os\n> os.system(cmd)\n> ```\n', [['python', 'python-os-system:2']]],
    [
      'a session',
      '```python\n>>> import os\n>>> os.system(cmd)\n0\n```\n',
      [['python', 'python-os-system:2']],
    ],
    [
      'a session line that hides nothing',
      '```python\n>>> 1\nimport os\nos.system(cmd)\n```\n',
      [['python', 'python-os-system:3']],
    ],
    ['a comment and a string', '```c\n// gets(x)\nputs("gets(y)");\n```\n', [['c']]],
    [
      'C as C++',
      '```cpp\n#include <cstdio>\nint main() { char b[9]; gets(b); }\n```\n',
      [['cpp', 'c-gets:2']],
    ],
    [
      'TSX',
      '```tsx\nexport const A = (p: P) => <div dangerouslySetInnerHTML={{ __html: p.h }} />;\n```\n',
      [['typescript', 'javascript-inner-html:1']],
    ],
    [
      'a script in a page',
      '```html\n<p>eval(x)</p>\n<script>\neval(x)\n</script>\n```\n',
      [['html', 'javascript-eval:3']],
    ],
    ['a language without rules', '```cobol\nDISPLAY "HI".\n```\n', [['unknown']]],
  ])('%s', async (_, text, expected) => {
    expect(await scanText(text)).toEqual(expected);
  });

  test('an answer that is nothing but code', async () => {
    const text = 'import os\nimport sys\n\ndef main():\n    os.system(sys.argv[1])\n';
    expect(await scanText(text)).toEqual([['python', 'python-os-system:5']]);
  });

  test('a tag that lies does not hide the code', async () => {
    const code = 'import os\nimport sys\nfrom os import system\n\ndef main():\n    system(sys.argv[1])\n';
    for (const tag of ['java', 'json', 'rust'])
      expect(JSON.stringify(await scanText('```' + tag + '\n' + code + '```\n'))).toContain(
        'python-os-system',
      );
  });

  test('columns are those of the snippet as it stands in the text', async () => {
    const text = '- ```python\n  import os\n  os.system(cmd)\n  ```\n';
    const result = await scanner.scanText(text, options);
    expect(result).toMatchObject({
      blocks: [{ findings: [{ startLine: 2, startColumn: 3, endColumn: 17 }] }],
    });
  });
});

describe('scanToolArguments', () => {
  async function scanArguments(tool: string, args: unknown): Promise<unknown> {
    const json = typeof args === 'string' ? args : JSON.stringify(args);
    return found(await scanner.scanToolArguments(tool, json, options));
  }

  test.each([
    [
      'a code argument',
      'run',
      { language: 'python', code: 'import os\nos.system(cmd)' },
      [['python', 'python-os-system:2']],
    ],
    ['the tool names the language', 'run_python', { code: 'eval(x)' }, [['python', 'python-eval:1']]],
    ['the key names the language', 'run', { python: 'eval(x)' }, [['python', 'python-eval:1']]],
    [
      'code that nobody calls code',
      'note',
      { body: 'import os\nimport sys\nos.system(sys.argv[1])' },
      [['python', 'python-os-system:3']],
    ],
    ['fences in a string', 'write', { text: 'See\n```py\neval(x)\n```\n' }, [['python', 'python-eval:1']]],
    [
      'arrays and nesting',
      'run',
      { steps: [{ script: 'import os\nos.system(a)' }] },
      [['python', 'python-os-system:2']],
    ],
    [
      'JSON in a string',
      'run',
      { payload: JSON.stringify({ python: 'eval(x)' }) },
      [['python', 'python-eval:1']],
    ],
    ['plain values', 'search', { query: 'cats', limit: 3, ok: true }, [['unknown']]],
    ['prose', 'mail', { body: 'Please call me tomorrow, I would like to talk about eval(x).' }, []],
    ['an empty object', 'f', {}, []],
  ])('%s', async (_, tool, args, expected) => {
    expect(await scanArguments(tool, args)).toEqual(expected);
  });

  test('offsets lead to the string in the JSON text', async () => {
    const json = '{ "a": "é\\n\\"", "code" : "import os\\nos.system(\\"ls \\" + d)" }';
    const result = await scanner.scanToolArguments('run', json, options);
    if (result.status !== 'scanned') throw new Error(result.reason);
    expect(result.blocks.map(({ start, end }) => json.slice(start, end))).toEqual([
      'import os\\nos.system(\\"ls \\" + d)',
    ]);
    expect(result.blocks[0]?.findings[0]?.rule).toBe('python-os-system');
  });

  test('malformed JSON is scanned as text', async () => {
    expect(await scanArguments('run_python', '{"code": eval(x)')).toEqual([['python', 'python-eval:1']]);
  });
});

describe('limits', () => {
  test('too much code', async () => {
    const code = 'x = 1\n'.repeat(MAX_CODE_LENGTH / 6 + 1);
    expect(await scanner.scanCode(code, 'python', options)).toMatchObject({
      status: 'unavailable',
      reason: 'context_overflow',
    });
    expect(await scanText('```py\n' + code)).toBe('context_overflow');
  });

  test('a scan that is cancelled before or while it runs', async () => {
    const gone = AbortSignal.abort();
    expect(await scanner.scanCode('a', 'python', { ...options, signal: gone })).toMatchObject({
      reason: 'aborted',
    });
    const controller = new AbortController();
    const running = scanner.scanCode('b = 1\n'.repeat(20_000), 'python', {
      ...options,
      signal: controller.signal,
    });
    controller.abort();
    expect(await running).toMatchObject({ status: 'unavailable', reason: 'aborted' });
  });

  test('a scan over its deadline is unavailable, its worker is replaced, and the next scan works', async () => {
    const own = createCodeScanner({ log: (line) => log.push(line) });
    await own.ready();
    const slow = Array.from({ length: 60_000 }, (_, index) => `a${index} = b(c, d)`).join('\n');
    expect(await own.scanCode(slow, 'python', { timeoutMs: 1 })).toMatchObject({
      status: 'unavailable',
      reason: 'timeout',
    });
    expect(await own.scanCode('eval(x)', 'python', options)).toMatchObject({
      status: 'scanned',
      findings: [{ rule: 'python-eval' }],
    });
    expect(log.join('\n')).toContain('its worker was replaced');
    await own.close();
  });

  test('a scan that waits in line is under its own deadline', async () => {
    const slow = scanner.scanCode('x = y(z)\n'.repeat(20_000), 'python', options);
    expect(await scanner.scanCode('eval(w)', 'python', { timeoutMs: 1 })).toMatchObject({
      reason: 'timeout',
    });
    expect((await slow).status).toBe('scanned');
  });

  test('the same code is scanned once, whatever asks for it', async () => {
    const code = 'import os\n' + 'y = z(1)\n'.repeat(20_000) + 'os.system(q)\n';
    const first = await scanner.scanCode(code, 'python', options);
    // The scan itself takes far longer than this deadline: only a remembered answer meets it.
    const second = await scanner.scanCode(code, 'python', { timeoutMs: 1 });
    expect(second.status).toBe('scanned');
    expect({ ...second, ms: 0 }).toEqual({ ...first, ms: 0 });
  });

  test('after close() nothing is called clean', async () => {
    const own = createCodeScanner();
    const pending = own.scanCode('eval(x)', 'python', options);
    await own.close();
    expect(await pending).toMatchObject({ status: 'unavailable' });
    expect(await own.scanCode('x', 'python', options)).toMatchObject({ reason: 'not_ready' });
  });

  test.each([
    ['ten thousand dashes', '-'.repeat(10_000)],
    ['open brackets', '('.repeat(100_000)],
    ['a long chain of calls', 'a' + '.b(1)'.repeat(20_000)],
    ['a deep sum', 'os.system(' + '"a" + '.repeat(20_000) + 'b)'],
    ['many keyword arguments', 'subprocess.run(c, ' + 'shell=True, '.repeat(10_000) + ')'],
    ['shell calls in one line', 'os.a() '.repeat(20_000) + ';'],
    ['zero bytes and lone surrogates', '\u0000\ud800'.repeat(10_000)],
  ])('%s end in time', async (_, code) => {
    for (const language of ['python', 'javascript', 'c', undefined])
      expect((await scanner.scanCode(code, language, { timeoutMs: 10_000 })).status).toBe('scanned');
  });
});
