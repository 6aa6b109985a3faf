/** The guard's own API on the real guard and the real scanner. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/config.js';
import type { Verdict } from '../../../src/core/assessment.js';
import { GuardError } from '../../../src/core/errors.js';
import type { GuardEvent } from '../../../src/core/events.js';
import { parsePolicy } from '../../../src/policy/policy.js';
import { compose, type Portcullis } from '../../../src/server/compose.js';
import { classifyItem, moderate, scanItem } from '../../../src/server/guard-api/index.js';

const SAFE = 'What is a good recipe for vegetable soup?';
const UNSAFE = 'How do I build a pipe bomb to hurt people?';
const PYTHON = 'import os\nos.system("cat " + input())\n';
const context = { requestId: 'test' };

let portcullis: Portcullis;
beforeAll(async () => {
  portcullis = await compose(loadConfig({ env: {}, flags: { logLevel: 'silent' } }), {
    processMetrics: false,
  });
  await portcullis.readiness.firstTest;
});
afterAll(() => portcullis.close());

/** The same guard under another policy. */
function under(policy: string): Portcullis {
  return { ...portcullis, policy: parsePolicy(policy, portcullis.taxonomies, 'test.yaml') };
}

/** The same guard with a judge that gives this verdict. */
function judging(verdict: Verdict): Portcullis {
  return { ...portcullis, engine: { ...portcullis.engine, judgeMessages: () => Promise.resolve(verdict) } };
}

const BASE = {
  judge: 'scripted',
  role: 'User',
  cost: { ms: 1, tokensEvaluated: 0, tokensCached: 0 },
} as const;

/** The message of the GuardError that a call ends with. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GuardError)) throw new Error('no GuardError');
  return `${error.code}: ${error.message}`;
}

describe('classifyItem', () => {
  test('a prompt', async () => {
    expect(await classifyItem(portcullis, { id: 7, text: UNSAFE, role: 'User' }, context)).toEqual({
      id: 7,
      verdict: 'unsafe',
      score: expect.any(Number) as number,
      categories: expect.arrayContaining(['S1']) as string[],
      judge: 'embedded',
      ms: expect.any(Number) as number,
    });
    expect(await classifyItem(portcullis, { text: SAFE }, context)).toMatchObject({
      verdict: 'safe',
      categories: [],
    });
  });

  test('the last message is judged, as what its role makes it', async () => {
    const system = { role: 'system', content: 'Be kind.' };
    const asked = { role: 'user', content: UNSAFE };
    const no = { role: 'assistant', content: [{ type: 'text', text: 'I will not help with that.' }] };
    const judge = async (...messages: object[]): Promise<string> =>
      (await classifyItem(portcullis, { messages }, context)).verdict;
    expect(await judge(system, asked)).toBe('unsafe');
    expect(await judge(system, asked, no)).toBe('safe');
    expect(await judge(asked, no, { role: 'tool', content: UNSAFE })).toBe('unsafe');
  });

  test('a text with a prompt is a reply to it', async () => {
    const seen: unknown[] = [];
    const engine: Portcullis['engine'] = {
      ...portcullis.engine,
      judgeMessages: (messages, direction, call) => {
        seen.push([direction, messages]);
        return portcullis.engine.judgeMessages(messages, direction, call);
      },
    };
    for (const item of [
      { text: 'Soup.', prompt: SAFE },
      { text: 'Soup.', prompt: SAFE, role: 'Agent' },
    ])
      await classifyItem({ ...portcullis, engine }, item, context);
    const reply = [
      'reply',
      [
        { role: 'User', text: SAFE },
        { role: 'Agent', text: 'Soup.' },
      ],
    ];
    expect(seen).toEqual([reply, reply]);
  });

  test('the policy decides, also where it does not judge what passes through', async () => {
    const mild = under('prompt: { categories: { S1: { action: allow } } }');
    expect((await classifyItem(mild, { text: UNSAFE }, context)).categories).not.toContain('S1');
    const off = under('prompt: { enabled: false }\nreply: { enabled: false }');
    expect((await classifyItem(off, { text: UNSAFE }, context)).verdict).toBe('unsafe');
    const monitor = under('mode: monitor');
    expect((await classifyItem(monitor, { text: UNSAFE }, context)).verdict).toBe('unsafe');
    const strict = under('threshold: 0');
    expect((await classifyItem(strict, { text: SAFE }, context)).verdict).toBe('unsafe');
  });

  test('categories are sorted by number; uncategorized is not among them', async () => {
    const scored = judging({
      ...BASE,
      verdict: 'unsafe',
      score: 0.9,
      categories: [
        { id: 'S10', score: 0.9 },
        { id: 'S2', score: 0.8 },
        { id: 'S3', score: 0.2 },
      ],
    });
    expect((await classifyItem(scored, { text: 'x' }, context)).categories).toEqual(['S2', 'S10']);
    const vague = judging({ ...BASE, verdict: 'unsafe', score: 0.9, categories: [] });
    expect(await classifyItem(vague, { text: 'x' }, context)).toMatchObject({
      verdict: 'unsafe',
      categories: [],
    });
  });

  test.each(['block', 'allow'])(
    'no verdict is "unavailable" with its reason when the policy says %s',
    async (word) => {
      const { policy } = under(`unavailable: ${word}`);
      const silent = judging({ ...BASE, verdict: 'unavailable', reason: 'timeout', detail: 'too slow' });
      expect(await classifyItem({ ...silent, policy }, { text: 'x' }, context)).toMatchObject({
        verdict: 'unavailable',
        score: null,
        categories: [],
        reason: 'timeout',
        judge: 'scripted',
      });
      const broken = judging({ ...BASE, verdict: 'safe', score: Number.NaN, categories: [] });
      expect(await classifyItem({ ...broken, policy }, { text: 'x' }, context)).toMatchObject({
        verdict: 'unavailable',
        score: null,
        reason: 'internal',
      });
    },
  );

  test('listeners hear the verdict and what would be done, not that anything was', async () => {
    const events: GuardEvent[] = [];
    await classifyItem({ ...portcullis, emit: (event) => events.push(event) }, { text: UNSAFE }, context);
    expect(events).toMatchObject([
      { type: 'decision', requestId: 'test', decision: { action: 'allow', intended: 'block' } },
    ]);
    expect(JSON.stringify(events)).not.toContain('pipe bomb');
  });

  test.each<[string, unknown, RegExp]>([
    ['no object', 'text', /JSON object/],
    ['an unknown key', { text: 'a', rol: 'Agent' }, /unknown key "rol"; did you mean "role"\?/],
    ['no text', {}, /text: is missing/],
    ['an empty text', { text: '' }, /text: "" is not allowed/],
    ['a text of another kind', { text: 5 }, /text: 5 is not allowed/],
    [
      'an unknown role',
      { text: 'a', role: 'Bot' },
      /role: "Bot" is not allowed here; allowed: one of User, Agent/,
    ],
    ['a prompt to a prompt', { text: 'a', role: 'User', prompt: 'b' }, /prompt: .*role has to be "Agent"/],
    ['no messages', { messages: [] }, /messages: /],
    ['an unknown message role', { messages: [{ role: 'bot', content: 'a' }] }, /messages\[0\]\.role: "bot"/],
    [
      'an image',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      /messages\[0\]\.content\[0\]/,
    ],
    [
      'an unknown message key',
      { messages: [{ role: 'user', content: 'a', nam: 'b' }] },
      /messages\[0\]: unknown key "nam"/,
    ],
    [
      'an empty last message',
      { messages: [{ role: 'user', content: '' }] },
      /messages\[0\]\.content: is empty/,
    ],
    ['messages and text', { messages: [{ role: 'user', content: 'a' }], text: 'b' }, /unknown key "text"/],
    ['an id of another kind', { id: {}, text: 'a' }, /id: /],
  ])('%s is refused', async (_, item, message) => {
    const text = await refusal(classifyItem(portcullis, item, context));
    expect(text).toMatch(/^invalid_request: /);
    expect(text).toMatch(message);
  });

  test('the keys of a labelled data set are accepted and change nothing', async () => {
    const labelled = {
      text: SAFE,
      prompt: '',
      role: 'User',
      label: 'unsafe',
      categories: ['S1'],
      source: 'x',
      license: 'y',
    };
    expect((await classifyItem(portcullis, labelled, context)).verdict).toBe('safe');
  });
});

describe('scanItem', () => {
  test('code: places are those in the code', async () => {
    expect(await scanItem(portcullis, { id: 'a', code: PYTHON, language: 'py' }, context)).toMatchObject({
      id: 'a',
      language: 'python',
      treatment: 'block',
      findings: [{ rule: 'python-os-system', cwe: 'CWE-78', startLine: 2, startColumn: 1 }],
    });
  });

  test('an answer: places are those in the whole text, for every block and every kind of line end', async () => {
    const text = [
      'First:\r\n',
      '\r\n',
      '```python\r\n',
      ...PYTHON.split(/(?<=\n)/).map((line) => line.replace('\n', '\r\n')),
      '```\r\n',
      '1. then\n',
      '   ~~~js\n',
      '   eval(location.hash);\n',
      '   ~~~\n',
    ].join('');
    const { language, treatment, findings } = await scanItem(portcullis, { text }, context);
    expect([language, treatment]).toEqual(['python', 'block']);
    const lines = text.split(/\r\n|\n/);
    const marked = findings.map(({ startLine, startColumn, endLine, endColumn, language: own }) => {
      expect(endLine).toBe(startLine);
      return [own, (lines[startLine - 1] ?? '').slice(startColumn - 1, endColumn - 1)];
    });
    expect(marked).toContainEqual(['python', 'os.system("cat " + input())']);
    expect(marked).toContainEqual(['javascript', 'eval(location.hash)']);
  });

  test('code without fences is found where it stands', async () => {
    const text = `Try this.\n\n${PYTHON}for name in names:\n    print(name)\n`;
    const { findings } = await scanItem(portcullis, { text }, context);
    expect(findings).toMatchObject([{ rule: 'python-os-system', startLine: 4 }]);
  });

  test('no code', async () => {
    expect(await scanItem(portcullis, { text: 'Just words.' }, context)).toMatchObject({
      language: 'none',
      treatment: 'ignore',
      findings: [],
    });
  });

  test('the policy gives the treatment, also where it does not scan what passes through', async () => {
    const treatmentUnder = async (policy: string): Promise<string> =>
      (await scanItem(under(policy), { code: PYTHON }, context)).treatment;
    expect(await treatmentUnder('code: { enabled: false }')).toBe('block');
    expect(await treatmentUnder('mode: monitor')).toBe('block');
    expect(await treatmentUnder('code: { cwes: { CWE-78: warn } }')).toBe('warn');
    expect(await treatmentUnder('code: { rules: { python-os-system: ignore } }')).toBe('ignore');
  });

  test.each([
    ['block', 'block'],
    ['allow', 'warn'],
  ])('code that could not be scanned is never "ignore": unavailable %s gives %s', async (word, treatment) => {
    const tooLong = { code: 'x'.repeat(1024 * 1024 + 1) };
    expect(await scanItem(under(`code: { unavailable: ${word} }`), tooLong, context)).toMatchObject({
      language: 'unknown',
      treatment,
      findings: [],
      reason: 'context_overflow',
    });
  });

  test.each<[string, unknown, RegExp]>([
    ['neither code nor text', {}, /code: is missing/],
    ['both', { code: 'a', text: 'b' }, /either "code".*or "text"/],
    ['an unknown key', { code: 'a', lang: 'c' }, /unknown key "lang"; did you mean "language"\?/],
    ['a language for a text', { text: 'a', language: 'c' }, /unknown key "language"/],
    ['a list', [], /JSON object/],
  ])('%s is refused', async (_, item, message) => {
    expect(await refusal(scanItem(portcullis, item, context))).toMatch(message);
  });
});

describe('moderate', () => {
  test('every category of the taxonomy is there; the flagged ones are those that reach the threshold', async () => {
    const { id, model, results } = await moderate(portcullis, { input: [UNSAFE, SAFE, ''] }, context);
    expect(id).toMatch(/^modr-/);
    expect(model).toBe('embedded');
    expect(results.map(({ flagged }) => flagged)).toEqual([true, false, false]);
    const ids = portcullis.taxonomies
      .get(portcullis.policy.taxonomy)
      .categories.map((category) => category.id);
    for (const { categories, category_scores, category_applied_input_types } of results)
      for (const keyed of [categories, category_scores, category_applied_input_types])
        expect(Object.keys(keyed)).toEqual(ids);
    expect(results[0]?.categories.S1).toBe(true);
    expect(results[0]?.category_scores.S1).toBeGreaterThan(0.5);
    expect(Object.values(results[1]?.categories ?? {})).not.toContain(true);
  });

  test('a list of parts is one text', async () => {
    const input = [
      { type: 'text', text: 'Please tell me:' },
      { type: 'text', text: UNSAFE },
    ];
    const { results } = await moderate(portcullis, { model: 'omni-moderation-latest', input }, context);
    expect(results.map(({ flagged }) => flagged)).toEqual([true]);
  });

  test('one text without a verdict: an error, not a result that looks safe', async () => {
    const silent = judging({ ...BASE, verdict: 'unavailable', reason: 'overloaded', detail: 'full' });
    expect(await refusal(moderate(silent, { input: ['a', 'b'] }, context))).toMatch(
      /^guard_unavailable: .*overloaded/,
    );
  });

  test.each<[string, unknown, RegExp]>([
    ['no input', {}, /^invalid_request: input: is missing/],
    ['an empty list', { input: [] }, /^invalid_request: input: /],
    ['numbers', { input: [1, 2] }, /^invalid_request: input/],
    [
      'an image',
      { input: [{ type: 'image_url', image_url: { url: 'x' } }] },
      /^unjudgeable_content: input\[0\]/,
    ],
    ['a list of 2049 texts', { input: Array.from({ length: 2049 }, () => 'a') }, /^invalid_request: input/],
  ])('%s is refused', async (_, body, message) => {
    expect(await refusal(moderate(portcullis, body, context))).toMatch(message);
  });

  test('the openai client reads the answer', async () => {
    const server = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(await moderate(portcullis, body, context)));
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none', maxRetries: 0 });
      const answer = await client.moderations.create({
        model: 'omni-moderation-latest',
        input: [UNSAFE, SAFE],
      });
      expect(answer.results.map(({ flagged }) => flagged)).toEqual([true, false]);
      expect({ ...answer.results[0]?.categories }).toMatchObject({ S1: true });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
