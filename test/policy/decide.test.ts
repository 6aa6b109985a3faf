import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Assessment, Verdict } from '../../src/core/assessment.js';
import { heavier } from '../../src/core/decision.js';
import type { Action } from '../../src/core/decision.js';
import type { Policy } from '../../src/policy/policy.js';
import { decideUnjudged, lowestThreshold } from '../../src/policy/policy.js';
import { assessed, code, decided, finding, policyOf, scored, unavailable, unscanned } from './samples.js';

const standard = policyOf();

describe('scores', () => {
  test('a safe text is allowed', () => {
    expect(decided(standard, assessed([scored(0.1, [{ id: 'S1', score: 0.1 }])]))).toEqual({
      direction: 'prompt',
      action: 'allow',
      intended: 'allow',
      reason: 'safe',
      categories: [],
      findings: [],
      policy: 'test@1',
    });
  });

  test('a category at its threshold is blocked, with the refusal of the direction', () => {
    const policy = policyOf({
      refusal: { prompt: 'No: {categories} ({names}).', reply: 'Withheld: {names}.' },
    });
    const verdict = scored(0.9, [
      { id: 'S9', score: 0.8 },
      { id: 'S1', score: 0.5 },
      { id: 'S2', score: 0.49 },
    ]);
    expect(decided(policy, assessed([verdict]))).toMatchObject({
      action: 'block',
      reason: 'category',
      categories: [
        { id: 'S9', score: 0.8, action: 'block' },
        { id: 'S1', score: 0.5, action: 'block' },
      ],
      message: 'No: S9, S1 (Hate, Violent Crimes).',
    });
    expect(decided(policy, assessed([verdict], [], 'reply')).message).toBe('Withheld: Hate, Violent Crimes.');
  });

  test('an unsafe score without a category, or with a weak one, counts as uncategorized', () => {
    for (const categories of [[], [{ id: 'S1', score: 0.2 }]])
      expect(decided(standard, assessed([scored(0.9, categories)]))).toMatchObject({
        action: 'block',
        reason: 'category',
        categories: [{ id: 'uncategorized', score: 0.9 }],
      });
  });

  test('a category that the taxonomy lacks counts as uncategorized', () => {
    const policy = policyOf({ prompt: { categories: { uncategorized: { action: 'annotate' } } } });
    expect(decided(policy, assessed([scored(0.9, [{ id: 'S44', score: 0.9 }])]))).toMatchObject({
      action: 'annotate',
      categories: [{ id: 'uncategorized', score: 0.9, action: 'annotate' }],
    });
  });

  test('a category that explains the score is treated as the policy says for it', () => {
    const policy = policyOf({
      prompt: { categories: { S5: { action: 'allow' }, S6: { threshold: 0.95 } } },
    });
    const advice = assessed([scored(0.9, [{ id: 'S5', score: 0.9 }])]);
    expect(decided(policy, advice)).toMatchObject({
      action: 'allow',
      reason: 'category',
      categories: [{ id: 'S5', action: 'allow' }],
    });
    expect(decided(policy, assessed([scored(0.9, [{ id: 'S6', score: 0.9 }])]))).toMatchObject({
      action: 'allow',
      categories: [],
    });
    expect(decided(policy, assessed([scored(0.97, [{ id: 'S6', score: 0.96 }])])).action).toBe('block');
    const both = [
      { id: 'S5', score: 0.9 },
      { id: 'S1', score: 0.6 },
    ];
    expect(decided(policy, assessed([scored(0.9, both)])).action).toBe('block');
  });

  test('prompt and reply have their own thresholds and actions', () => {
    const policy = policyOf({ threshold: 0.8, reply: { threshold: 0.3, action: 'annotate' } });
    const verdict = scored(0.6, [{ id: 'S1', score: 0.6 }]);
    expect(decided(policy, assessed([verdict])).action).toBe('allow');
    expect(decided(policy, assessed([verdict], [], 'reply'))).toMatchObject({ action: 'annotate' });
    expect(decided(policy, assessed([verdict], [], 'reply')).message).toBeUndefined();
  });

  test('of several verdicts the heaviest action wins', () => {
    const verdicts = [scored(0.1), scored(0.9, [{ id: 'S3', score: 0.9 }]), scored(0.2)];
    expect(decided(standard, assessed(verdicts))).toMatchObject({ action: 'block', reason: 'category' });
  });

  test('a direction that is not judged is allowed, verdict or not', () => {
    const policy = policyOf({ prompt: { enabled: false } });
    for (const verdicts of [[], [scored(0.9)], [unavailable()]])
      expect(decided(policy, assessed(verdicts))).toMatchObject({ action: 'allow', reason: 'safe' });
    expect(decided(policy, assessed([scored(0.9)], [], 'reply')).action).toBe('block');
  });
});

describe('no answer', () => {
  test('blocks by default and says why', () => {
    const decision = decided(standard, assessed([scored(0.1), unavailable('overloaded')]));
    expect(decision).toMatchObject({ action: 'block', reason: 'unavailable', unavailable: 'overloaded' });
    expect(decision.message).toContain('could not judge');
  });

  test('no verdict at all is no answer', () => {
    expect(decided(standard, assessed([]))).toMatchObject({
      action: 'block',
      reason: 'unavailable',
      unavailable: 'internal',
    });
  });

  test.each([NaN, -0.01, 1.01, Infinity, -Infinity])('the score %s is no answer', (score) => {
    const expected = { action: 'block', reason: 'unavailable', unavailable: 'internal' };
    expect(decided(standard, assessed([scored(score)]))).toMatchObject(expected);
    expect(decided(standard, assessed([scored(0.1, [{ id: 'S1', score }])]))).toMatchObject(expected);
  });

  test('a score that already blocks is the reason, not the missing answer', () => {
    const decision = decided(standard, assessed([unavailable(), scored(0.9)]));
    expect(decision).toMatchObject({ action: 'block', reason: 'category' });
    expect(decision.unavailable).toBeUndefined();
  });

  test('passes when the operator says so, and the decision still tells', () => {
    const policy = policyOf({ unavailable: 'allow' });
    expect(decided(policy, assessed([unavailable('timeout')]))).toMatchObject({
      action: 'allow',
      reason: 'unavailable',
      unavailable: 'timeout',
    });
    expect(decided(policy, assessed([unavailable(), scored(0.9)])).action).toBe('block');
    const neither = assessed([unavailable('overloaded')], [unscanned], 'reply');
    expect(decided(policy, neither).unavailable).toBe('overloaded');
    expect(decided(policy, assessed([scored(0.1)], [unscanned], 'reply')).action).toBe('allow');
  });

  test('may differ between prompts, replies and code', () => {
    const policy = policyOf({
      unavailable: 'allow',
      reply: { unavailable: 'block' },
      code: { unavailable: 'block' },
    });
    expect(decided(policy, assessed([unavailable()])).action).toBe('allow');
    expect(decided(policy, assessed([unavailable()], [], 'reply')).action).toBe('block');
    expect(decided(policy, assessed([scored(0)], [unscanned])).unavailable).toBe('timeout');
  });
});

describe('code', () => {
  const error = finding('py-exec', 'CWE-78', 'error');
  const warning = finding('py-md5', 'CWE-327', 'warning');
  const info = finding('py-rand', 'CWE-330', 'info');
  const reply = (policy: Policy, ...found: (typeof error)[]) =>
    decided(policy, assessed([scored(0.1)], [code(...found)], 'reply'));

  test('severities give treatments, treatments give actions', () => {
    expect(reply(standard, info)).toMatchObject({
      action: 'allow',
      reason: 'safe',
      findings: [{ finding: info, treatment: 'ignore' }],
    });
    expect(reply(standard, info, warning)).toMatchObject({ action: 'annotate', reason: 'code' });
    expect(reply(standard, warning, error, error)).toMatchObject({
      action: 'block',
      reason: 'code',
      message: 'The answer contained insecure code (py-exec) and was withheld.',
    });
  });

  test("a CWE's treatment goes over the severity's, a rule's over both", () => {
    const policy = policyOf({
      code: { cwes: { 'CWE-78': 'warn', 'CWE-330': 'block' }, rules: { 'py-rand': 'ignore' } },
    });
    expect(reply(policy, error, info)).toMatchObject({
      action: 'annotate',
      findings: [{ treatment: 'warn' }, { treatment: 'ignore' }],
    });
  });

  test('is left alone when the scan is off', () => {
    const policy = policyOf({ code: { enabled: false } });
    expect(reply(policy, error)).toMatchObject({ action: 'allow', findings: [] });
    expect(decided(policy, assessed([scored(0.1)], [unscanned], 'reply')).action).toBe('allow');
  });

  test('a category that blocks as well is the reason', () => {
    const decision = decided(standard, assessed([scored(0.9)], [code(error)], 'reply'));
    expect(decision).toMatchObject({ reason: 'category', message: standard.refusal.reply });
    expect(decision.findings).toHaveLength(1);
  });
});

describe('parts that cannot be judged', () => {
  const conversation = {
    turns: [],
    unjudged: [{ kind: 'image', path: 'messages[0].content[1]' }] as const,
  };

  test('block by default, and the message names them', () => {
    const decision = decideUnjudged(conversation.unjudged, 'prompt', standard);
    expect(decision).toMatchObject({ action: 'block', intended: 'block', reason: 'unjudged_part' });
    expect(decision?.message).toContain('an image (messages[0].content[1])');
  });

  test('pass where the policy says so, in monitor mode, and where prompts are not judged', () => {
    expect(decideUnjudged(conversation.unjudged, 'prompt', policyOf({ unjudged: 'allow' }))).toMatchObject({
      action: 'allow',
    });
    const watched = decideUnjudged(conversation.unjudged, 'prompt', policyOf({ mode: 'monitor' }));
    expect(watched).toMatchObject({ action: 'allow', intended: 'block' });
    expect(watched?.message).toBeUndefined();
    expect(
      decideUnjudged(conversation.unjudged, 'prompt', policyOf({ prompt: { enabled: false } })),
    ).toBeUndefined();
    expect(decideUnjudged([], 'prompt', standard)).toBeUndefined();
  });

  test('a thousand of them make no endless message', () => {
    const unjudged = Array.from({ length: 1000 }, (_, i) => ({
      kind: 'audio' as const,
      path: `messages[${i}]`,
    }));
    expect(decideUnjudged(unjudged, 'prompt', standard)?.message).toContain('and 997 more');
  });
});

test('the lowest threshold is that of the most sensitive category', () => {
  const policy = policyOf({ prompt: { categories: { S4: { threshold: 0.1 } } }, reply: { threshold: 0.7 } });
  expect(lowestThreshold(policy.prompt)).toBe(0.1);
  expect(lowestThreshold(policy.reply)).toBe(0.7);
});

describe('properties', () => {
  const ids = [...Array.from({ length: 12 }, (_, i) => `S${i + 1}`), 'uncategorized'];
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  const action = fc.constantFrom<Action>('allow', 'annotate', 'block');
  const category = fc.record({ threshold: probability, action }, { requiredKeys: [] });
  const knownIds = ids.filter((id) => id !== 'S12');
  const side = fc.record(
    {
      threshold: probability,
      action,
      unavailable: fc.constantFrom('allow', 'block'),
      categories: fc.dictionary(fc.constantFrom(...knownIds), category),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const treatment = fc.constantFrom('ignore', 'warn', 'block');
  const settings = fc.record(
    {
      prompt: side,
      reply: side,
      code: fc.record({ treatments: fc.record({ error: treatment, warning: treatment, info: treatment }) }),
      unavailable: fc.constantFrom('allow', 'block'),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const scores = fc.uniqueArray(fc.record({ id: fc.constantFrom(...ids), score: probability }), {
    selector: ({ id }) => id,
    maxLength: 4,
  });
  const verdict: fc.Arbitrary<Verdict> = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(probability, scores).map(([score, list]) => scored(score, list)) },
    { weight: 1, arbitrary: fc.constant(unavailable()) },
  );
  const found = fc.constantFrom<'error' | 'warning' | 'info'>('error', 'warning', 'info');
  const codes = fc.array(
    fc.oneof(
      found.map((severity) => code(finding('r', 'CWE-1', severity))),
      fc.constant(unscanned),
    ),
    { maxLength: 2 },
  );
  const assessment: fc.Arbitrary<Assessment> = fc
    .tuple(fc.array(verdict, { maxLength: 3 }), codes, fc.constantFrom<'prompt' | 'reply'>('prompt', 'reply'))
    .map(([verdicts, list, direction]) => assessed(verdicts, list, direction));

  const notLighter = (after: Action, before: Action) => expect(heavier(after, before)).toBe(after);
  const lift = (score: number, by: number) => score + (1 - score) * by;

  test('a higher overall score never gives a lighter action, whatever the policy', () => {
    fc.assert(
      fc.property(settings, probability, scores, probability, (file, score, list, by) => {
        const policy = policyOf(file);
        const before = decided(policy, assessed([scored(score, list)])).action;
        notLighter(decided(policy, assessed([scored(lift(score, by), list)])).action, before);
      }),
    );
  });

  test('nor does a higher category score, where no category is treated more mildly than uncategorized', () => {
    fc.assert(
      fc.property(settings, probability, scores, probability, fc.nat(), (file, score, list, by, pick) => {
        const policy = policyOf(file);
        const { categories } = policy.prompt;
        const general = categories.get('uncategorized');
        fc.pre(general !== undefined && list.length > 0);
        fc.pre(
          [...categories.values()].every(
            (one) => one.threshold <= general.threshold && heavier(one.action, general.action) === one.action,
          ),
        );
        const raised = list.map((one, index) =>
          index === pick % list.length ? { ...one, score: lift(one.score, by) } : one,
        );
        const before = decided(policy, assessed([scored(score, list)])).action;
        notLighter(decided(policy, assessed([scored(score, raised)])).action, before);
      }),
      { numRuns: 300 },
    );
  });

  test('one more verdict never gives a lighter action', () => {
    fc.assert(
      fc.property(settings, assessment, verdict, (file, given, more) => {
        fc.pre(given.verdicts.length > 0);
        const policy = policyOf(file);
        const longer = { ...given, verdicts: [...given.verdicts, more] };
        notLighter(decided(policy, longer).action, decided(policy, given).action);
      }),
    );
  });

  test('monitor never blocks or changes anything, and intends what enforce does', () => {
    fc.assert(
      fc.property(settings, assessment, (file, given) => {
        const enforced = decided(policyOf(file), given);
        const watched = decided(policyOf({ ...file, mode: 'monitor' }), given);
        expect(watched.action).toBe('allow');
        expect(watched.message).toBeUndefined();
        expect({ ...watched, action: enforced.action, message: enforced.message }).toEqual({
          message: undefined,
          ...enforced,
        });
        expect(enforced.intended).toBe(enforced.action);
        expect(enforced.message === undefined).toBe(enforced.action !== 'block');
      }),
    );
  });

  test('under the default policy, nothing that lacks an answer passes', () => {
    fc.assert(
      fc.property(assessment, fc.constantFrom(unavailable(), scored(NaN), scored(2)), (given, broken) => {
        const verdicts = [...given.verdicts, broken];
        expect(decided(standard, { ...given, verdicts }).action).toBe('block');
        expect(decided(standard, { ...given, verdicts: [] }).action).toBe('block');
        expect(decided(standard, { ...given, code: [...given.code, unscanned] }).action).toBe('block');
      }),
    );
  });
});

test('parts that no judge can read are treated by their kind; the heaviest treatment counts', () => {
  const policy = policyOf({ unjudged: { image: 'report', audio: 'allow' } });
  const image = { kind: 'image', path: 'messages[0].content[1]' } as const;
  const audio = { kind: 'audio', path: 'messages[0].content[2]' } as const;
  const file = { kind: 'file', path: 'messages[0].content[3]' } as const;
  const of = (...parts: Parameters<typeof decideUnjudged>[0]) => decideUnjudged(parts, 'prompt', policy);
  expect(of(audio)).toMatchObject({ action: 'allow', intended: 'allow', reason: 'unjudged_part' });
  const reported = of(audio, image);
  expect(reported).toMatchObject({ action: 'annotate', intended: 'annotate', reason: 'unjudged_part' });
  expect(reported).not.toHaveProperty('message');
  expect(of(image, file)).toMatchObject({ action: 'block' });
  expect(of(image, file)?.message).toBe(
    'This request contains a file (messages[0].content[3]), which the guard cannot judge. Send text only.',
  );
  const watching = policyOf({ mode: 'monitor', unjudged: 'report' });
  expect(decideUnjudged([image], 'reply', watching)).toMatchObject({ action: 'allow', intended: 'annotate' });
  expect(decideUnjudged([image], 'reply', policyOf())?.message).toBe(
    'The reply contained an image (messages[0].content[1]), which the guard cannot judge; it was withheld.',
  );
});

test('a refusal for code can name the weaknesses, each once', () => {
  const policy = policyOf({ refusal: { code: 'No: {cwes} ({rules}).' } });
  const found = code(finding('a', 'CWE-78', 'error'), finding('b', 'CWE-78', 'error'));
  expect(decided(policy, assessed([scored(0.1)], [found], 'reply')).message).toBe('No: CWE-78 (a, b).');
});
